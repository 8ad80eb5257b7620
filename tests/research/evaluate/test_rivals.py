from __future__ import annotations

import sys

import numpy as np
import pytest

from streammatte.errors import MissingExtraError, UsageError
from streammatte.research.evaluate.rivals import RIVALS, open_rivals, random_trimap


def test_a_trimap_widens_an_edge_by_at_most_25_pixels() -> None:
    alpha = np.zeros((8, 200), np.float32)
    alpha[:, 100:] = 1
    widths = set()
    for seed in range(40):
        trimap = random_trimap(alpha, seed)
        (unknown,) = np.nonzero(trimap[4] == 128)
        assert (unknown[0] + unknown[-1]) / 2 == 99.5  # as far to either side
        widths.add(len(unknown))
        assert (trimap[:, : unknown[0]] == 0).all()
        assert (trimap[:, unknown[-1] + 1 :] == 255).all()
        np.testing.assert_array_equal(trimap, random_trimap(alpha, seed))
    assert min(widths) >= 2
    assert 30 < max(widths) <= 50


def test_soft_pixels_are_unknown_and_noise_is_not() -> None:
    alpha = np.full((60, 60), 0.02, np.float32)
    alpha[30, 30] = 0.5
    trimap = random_trimap(alpha, seed=0, most_px=3)
    assert trimap[30, 30] == 128
    assert set(np.unique(trimap)) == {0, 128}
    assert (trimap == 128).sum() < 50


def test_closed_form_finds_a_soft_edge() -> None:
    pytest.importorskip("pymatting")
    x = np.arange(64, dtype=np.float32)
    alpha = np.tile(np.clip((x - 28) / 8, 0, 1), (64, 1))
    rgb = np.rint(alpha[..., None] * (220, 40, 40) + (1 - alpha[..., None]) * np.array((30, 60, 200))).astype(np.uint8)
    matter = open_rivals(["closed-form"])["closed-form"]
    trimap = random_trimap(alpha, seed=0, most_px=3)
    assert np.abs(matter(rgb, trimap) - alpha).max() < 0.02
    assert (matter(rgb, np.where(trimap == 255, np.uint8(128), trimap)) == 0).all()  # no foreground is known


def test_what_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="no rival 'magic'; expected one of closed-form, knn"):
        open_rivals(["closed-form", "magic"])
    monkeypatch.setitem(sys.modules, "pymatting", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'streammatte\[train\]'"):
        open_rivals(list(RIVALS))
