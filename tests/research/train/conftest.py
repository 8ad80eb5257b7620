from __future__ import annotations

import io
import tarfile
from pathlib import Path

import cv2
import numpy as np
import pytest


def _webp(image: np.ndarray) -> bytes:
    ok, data = cv2.imencode(".webp", image, [cv2.IMWRITE_WEBP_QUALITY, 101])
    assert ok
    return data.tobytes()


def _pack(path: Path, files: dict[str, np.ndarray]) -> None:
    with tarfile.open(path, "w") as tar:
        for name, image in files.items():
            data = _webp(image)
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))


@pytest.fixture(scope="session")
def packs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Packs of the real ones' layout: orange discs as people, cut off at the bottom, and blue or green rooms."""
    folder = tmp_path_factory.mktemp("packs")
    y, x = np.mgrid[:96, :72]
    disc = np.clip(28.5 - np.hypot(x - 36, y - 70), 0, 1)
    alpha = np.rint(disc * 255).astype(np.uint8)
    for pack, names in {
        "portraits": ("a_one", "a_two"),
        "street": ("s_one",),
        "clips": ("c_talk_00001", "c_talk_00002"),
    }.items():
        files = {}
        for i, name in enumerate(names):
            background = np.full((96, 72, 3), (60 + 20 * i, 60, 60), np.uint8)  # B, G, R
            photo = background + disc[..., None] * (np.array((0, 128, 255)) - background)
            files[f"photo/{name}.webp"] = np.rint(photo).astype(np.uint8)
            files[f"alpha/{name}.webp"] = alpha
        _pack(folder / f"{pack}.tar", files)
    rng = np.random.default_rng(0)
    for pack in ("rooms", "scenes"):
        names = [f"{pack}_{i}" for i in range(2)] + ["18f_gallery-41"]  # the last is left out: it shows a man
        files = {f"photo/{name}.webp": rng.integers(0, 120, (64, 96, 3), np.uint8) for name in names}
        _pack(folder / f"{pack}.tar", files)
    return folder
