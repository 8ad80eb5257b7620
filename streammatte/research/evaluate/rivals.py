"""The classical matters of the paper's Table 1, as pymatting has them. They need a trimap."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import TypeAlias

import cv2
import numpy as np

from streammatte.compositing.frames import Alpha, Rgb
from streammatte.errors import MissingExtraError, UsageError
from streammatte.research.evaluate.pictures import read_alpha

__all__ = ["RIVALS", "Rival", "Trimap", "open_rivals", "random_trimap", "read_trimap"]

Trimap: TypeAlias = np.ndarray[tuple[int, int], np.dtype[np.uint8]]
"""(H, W) uint8 of three values: 0 background, 255 foreground, 128 unknown."""

Rival: TypeAlias = Callable[[Rgb, Trimap], Alpha]
"""Maps a picture (H, W, 3) and its trimap (H, W) to alpha (H, W)."""

RIVALS = {
    "closed-form": "estimate_alpha_cf",
    "knn": "estimate_alpha_knn",
    "learning-based": "estimate_alpha_lbdm",
    "large-kernel": "estimate_alpha_lkm",
    "random-walk": "estimate_alpha_rw",
    "shared": "estimate_alpha_sm",
}
"""Names, and what pymatting calls them."""

_NOISE = 0.05  # true mattes that come from video are seldom quite 0 or 1


def open_rivals(names: Sequence[str]) -> dict[str, Rival]:
    """Return matters by name, ready to run.

    Raises
    ------
    UsageError
        If a name is none of `RIVALS`.
    MissingExtraError
        If pymatting is not installed.
    """
    unknown = [name for name in names if name not in RIVALS]
    if unknown:
        raise UsageError(f"there is no rival {unknown[0]!r}; expected one of {', '.join(RIVALS)}")
    try:
        pymatting = importlib.import_module("pymatting")
    except ImportError as error:
        raise MissingExtraError(
            "the rivals need the package pymatting, which is not installed",
            remedy="run: pip install 'streammatte[train]'",
        ) from error
    rivals = {name: _rival(name, getattr(pymatting, RIVALS[name])) for name in names}
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    trimap = random_trimap(np.tri(64, dtype=np.float32), seed=0, most_px=3)
    for rival in rivals.values():
        rival(noise, trimap)  # the first run compiles, which is no part of a method's time
    return rivals


def _rival(name: str, estimate: Callable[..., np.ndarray[tuple[int, int], np.dtype[np.float64]]]) -> Rival:
    def find(rgb: Rgb, trimap: Trimap) -> Alpha:
        known = [value for value in (0, 255) if (trimap == value).any()]
        if len(known) < 2:  # pymatting refuses these; with one side known, that side everywhere solves the equations
            return np.full(trimap.shape, known[0] / 255 if known else 0.5, np.float32)
        try:
            with redirect_stdout(StringIO()):  # pymatting prints what it thinks of its matrices
                alpha = estimate(rgb / 255.0, trimap / 255.0)
        except ValueError as error:
            raise UsageError(
                f"the rival {name} found no alpha for a picture ({error})", remedy="leave it out"
            ) from error
        return np.clip(alpha, 0, 1).astype(np.float32)

    return find


def random_trimap(alpha: Alpha, seed: int, most_px: int = 25) -> Trimap:
    """Make a trimap by widening the soft part and the outline of a true alpha by a random number of pixels.

    Parameters
    ----------
    alpha : ndarray
        (H, W) float32 in [0, 1].
    seed : int
        The same seed widens by the same.
    most_px : int
        The widening is one of 1 to `most_px` pixels, each as likely.
    """
    reach = int(np.random.default_rng(seed).integers(1, most_px, endpoint=True))
    disk = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    trimap = np.full(alpha.shape, 128, np.uint8)
    for value, side in ((255, alpha >= 1 - _NOISE), (0, alpha <= _NOISE)):
        trimap[cv2.erode(side.astype(np.uint8), disk) > 0] = value
    return trimap


def read_trimap(path: Path, side: int) -> Trimap:
    """Read a trimap and bring it to (side, side).

    Raises
    ------
    MediaError
        If it cannot be read.
    """
    values = cv2.resize(read_alpha(path), (side, side), interpolation=cv2.INTER_NEAREST)
    trimap = np.full(values.shape, 128, np.uint8)
    trimap[values < 0.1] = 0
    trimap[values > 0.9] = 255
    return trimap
