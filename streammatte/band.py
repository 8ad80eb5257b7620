"""The soft band: the few pixels of a frame where something has to be computed, by their places in it."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["Places", "places", "sampled", "soft"]

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


def sampled(
    values: npt.NDArray[np.float32], at: Places, size: tuple[int, int], method: int = cv2.INTER_LINEAR
) -> npt.NDArray[np.float32]:
    """Return what a small picture would show at those places if it were enlarged.

    Parameters
    ----------
    values : ndarray
        (h, w) or (h, w, C) float32.
    at : ndarray
        (N,) places in a picture of `size` (W, H).
    size : tuple of int
        (W, H).
    method : int
        OpenCV's interpolation.

    Returns
    -------
    ndarray
        (N,) or (N, C) float32.
    """
    if not at.size:
        return np.empty((0, *values.shape[2:]), np.float32)
    (width, height), rows = size, -(-len(at) // _ROW)
    y, x = np.divmod(np.resize(at.astype(np.int32), rows * _ROW).reshape(rows, _ROW), width)
    scale_x, scale_y = values.shape[1] / width, values.shape[0] / height
    map_x = x.astype(np.float32) * np.float32(scale_x) + np.float32(scale_x / 2 - 0.5)
    map_y = y.astype(np.float32) * np.float32(scale_y) + np.float32(scale_y / 2 - 0.5)
    found: Any = cv2.remap(values, map_x, map_y, method, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(found.reshape(-1, *values.shape[2:])[: len(at)], np.float32)
