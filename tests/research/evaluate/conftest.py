from __future__ import annotations

from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from streammatte.compositing.frames import Alpha, Rgb

DARK, BRIGHT = 30, 220


def write(path: Path, image: NDArray[np.uint8]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), image)


def rectangle(left: int, right: int) -> NDArray[np.uint8]:
    """A matte, 64x48, opaque in some columns."""
    matte = np.zeros((48, 64), np.uint8)
    matte[:, left:right] = 255
    return matte


def picture(matte: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.repeat(np.where(matte > 127, BRIGHT, DARK).astype(np.uint8)[..., None], 3, axis=2)


@pytest.fixture
def bright():
    """A matter that takes for foreground what is bright."""

    def matte(rgb: Rgb) -> Alpha:
        return (rgb.mean(axis=2) > 127).astype(np.float32)

    return matte


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """A validation pack of bright rectangles, of which `bright` finds all but where a comment says otherwise."""
    val = tmp_path / "val"
    for name, found, true in (
        ("a", (8, 40), (8, 40)),
        ("b", (8, 40), (8, 40)),
        ("c", (8, 40), (24, 40)),  # a wrong reference: an IoU of 1/2
    ):
        write(val / "portraits" / "photo" / f"{name}.png", picture(rectangle(*found)))
        write(val / "portraits" / "alpha" / f"{name}.png", rectangle(*true))
    for scene in "ab":
        for i in range(14):
            matte = rectangle(8 + i, 40 + i)
            write(val / "dancer" / scene / "photo" / f"{i:04d}.png", picture(matte))
            write(val / "dancer" / scene / "alpha" / f"{i:04d}.png", matte)
            write(val / "dancer" / scene / "foreground" / f"{i:04d}.png", picture(np.full_like(matte, 255)))
    for i in range(2):
        write(val / "clips" / "talk" / f"{i:05d}.png", rectangle(8 + i, 40 + i))
    write(val / "rooms" / "dark.png", picture(rectangle(0, 0)))
    write(val / "rooms" / "lamp.png", picture(rectangle(48, 64)))  # a quarter is taken for a person
    (tmp_path / "clips").mkdir()
    with av.open(str(tmp_path / "clips" / "talk.mkv"), "w") as container:
        stream = container.add_stream("ffv1", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "bgr0"
        for i in range(3):
            rgb = picture(rectangle(8 + i, 40 + i))
            container.mux(stream.encode(av.VideoFrame.from_ndarray(rgb, format="rgb24").reformat(format="bgr0")))
        container.mux(stream.encode(None))
    return tmp_path
