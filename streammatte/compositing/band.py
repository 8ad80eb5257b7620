"""The soft band: the few pixels of a frame where something has to be computed, by their places in it."""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["Band", "Bands", "Places", "Sampler", "places"]

Places = npt.NDArray[np.intp]
"""(N,) places in a picture (H, W) laid out flat."""

_ROW = 1024
"""OpenCV samples pictures, not lists: places are laid out in rows of so many."""


def places(mask: npt.NDArray[np.uint8]) -> Places:
    """Return where a mask (H, W) uint8 is not 0."""
    return np.flatnonzero(mask.view(np.bool_))


class Band:
    """Where an alpha is soft, neither 0 nor 255.

    Parameters
    ----------
    levels : ndarray
        (H, W) uint8: alpha in steps of 1/255.
    at : ndarray, optional
        (N,) the places where it is, if somebody knows them; they are looked for otherwise.
    """

    def __init__(self, levels: npt.NDArray[np.uint8], at: Places | None = None) -> None:
        self.levels = levels
        self.at = places(np.asarray(cv2.inRange(levels, 1, 254), np.uint8)) if at is None else at

    @cached_property
    def alpha(self) -> npt.NDArray[np.float32]:
        """(N,) float32 in [0, 1]: alpha there."""
        return np.asarray(np.float32(1 / 255) * self.levels.reshape(-1).take(self.at), np.float32)

    @property
    def size(self) -> tuple[int, int]:
        """(W, H) of the picture."""
        return self.levels.shape[1], self.levels.shape[0]


class Bands(NamedTuple):
    """Where alpha is soft in luma (H, W) and in chroma at its own size."""

    luma: Band
    chroma: Band

    @property
    def of_planes(self) -> tuple[Band, Band, Band]:
        """Of Y, U and V."""
        return self.luma, self.chroma, self.chroma

    @classmethod
    def of(cls, luma: Band, size: tuple[int, int]) -> Bands:
        """Of luma's band, chroma's too, of `size` (w, h)."""
        return cls(luma, Band(np.asarray(cv2.resize(luma.levels, size, interpolation=cv2.INTER_AREA), np.uint8)))


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
