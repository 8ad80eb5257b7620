"""The soft band: the few pixels of a frame where something has to be computed, by their places in it."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["Places", "Sampler", "places", "soft"]

Places = npt.NDArray[np.intp]
"""(N,) places in a picture (H, W) laid out flat."""

_ROW = 1024
"""OpenCV samples pictures, not lists: places are laid out in rows of so many."""


def places(mask: npt.NDArray[np.uint8]) -> Places:
    """Return where a mask (H, W) uint8 is not 0."""
    return np.flatnonzero(mask.view(np.bool_))


def soft(levels: npt.NDArray[np.uint8]) -> Places:
    """Return where an alpha (H, W) uint8 is neither 0 nor 255."""
    return places(np.asarray(cv2.inRange(levels, 1, 254), np.uint8))


class Sampler:
    """Tells what small planes would show at some places if they were enlarged.

    Parameters
    ----------
    at : ndarray
        (N,) places in a picture of `size`.
    size : tuple of int
        (W, H) of that picture.
    small : tuple of int
        (w, h) of the small planes.
    """

    def __init__(self, at: Places, size: tuple[int, int], small: tuple[int, int]) -> None:
        self._count, rows = len(at), -(-len(at) // _ROW)
        y, x = np.divmod(np.resize(at.astype(np.int32), rows * _ROW).reshape(rows, _ROW), size[0])
        scale_x, scale_y = small[0] / size[0], small[1] / size[1]
        self._x = x.astype(np.float32) * np.float32(scale_x) + np.float32(scale_x / 2 - 0.5)
        self._y = y.astype(np.float32) * np.float32(scale_y) + np.float32(scale_y / 2 - 0.5)

    def __call__(self, plane: npt.NDArray[np.float32], method: int = cv2.INTER_LINEAR) -> npt.NDArray[np.float32]:
        """Sample a plane (h, w) float32 by one of OpenCV's interpolations; (N,) float32."""
        if not self._count:
            return np.empty(0, np.float32)
        found = cv2.remap(plane, self._x, self._y, method, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(found, np.float32).reshape(-1)[: self._count]
