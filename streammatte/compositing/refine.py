"""A small alpha made large along the picture's edges."""

from __future__ import annotations

from functools import cached_property

import cv2
import numpy as np
import numpy.typing as npt

from streammatte.compositing.band import Band, Bands, Places, Sampler, places
from streammatte.compositing.crop import Crop
from streammatte.compositing.frames import Alpha, Frame, Rgb
from streammatte.compositing.planes import Plane, TwinMatte, reduced

__all__ = ["EDGE_VARIANCE", "SNAP", "Matte", "WholeMatte", "upsample_alpha"]

_Levels = npt.NDArray[np.uint8]

EDGE_VARIANCE = 1e-3
"""Epsilon of the guided filter: variance of luminance (0 to 1) below which a window of 3x3 pixels counts as flat."""

SNAP = 1 / 4096
"""A sixteenth of an 8-bit step: what rounding may leave of 0 and 1."""


class Matte:
    """The alpha of a frame, found at a smaller size and brought to the frame's where somebody asks for it.

    Parameters
    ----------
    small : ndarray
        (h, w) float32 in [0, 1].
    frame : Frame
        Of the same aspect.
    """

    def __init__(self, small: Alpha, frame: Frame) -> None:
        self.small = small
        self._frame = frame

    def cropped(self, crop: Crop, frame: Frame) -> Matte:
        """The alpha of a part of the frame, brought to the size of `frame`, which shows that part."""
        height, width = self.small.shape
        return Matte(crop(self.small, (max(1, round(crop.share * width)), max(1, round(crop.share * height)))), frame)

    @cached_property
    def alpha(self) -> Alpha:
        """(H, W) float32 in [0, 1]."""
        at, values = self._refined
        result = np.asarray(cv2.resize(self.small, self._frame.size), np.float32)
        result.reshape(-1)[at] = values
        return result

    @cached_property
    def levels(self) -> _Levels:
        """(H, W) uint8: alpha in steps of 1/255."""
        return self.band.levels if self.twin is None else self.twin.levels

    @cached_property
    def twin(self) -> TwinMatte | None:
        """The same on a device, if the frame's planes are there."""
        planes = self._frame.planes
        return None if planes is None or planes.twin is None else planes.twin.matte(self.small)

    @cached_property
    def band(self) -> Band:
        """Where it is soft, in steps of 1/255."""
        at, values = self._refined
        levels = np.asarray(cv2.resize(_levels_of(self.small), self._frame.size), np.uint8)
        found = np.rint(255 * values).astype(np.uint8)
        levels.reshape(-1)[at] = found
        return Band(levels, at[np.flatnonzero((found > 0) & (found < 255))])

    @cached_property
    def bands(self) -> Bands:
        """Where it is soft in the frame's planes of luma and chroma."""
        planes = self._frame.planes
        assert planes is not None
        return Bands.of(self.band, planes.chroma_size(planes.size))

    @cached_property
    def _refined(self) -> tuple[Places, npt.NDArray[np.float32]]:
        planes, size = self._frame.planes, (self.small.shape[1], self.small.shape[0])
        if planes is not None:
            return _refined(self.small, planes.y, planes.luma_at(size), planes.luma_scale)
        luma = np.asarray(cv2.cvtColor(self._frame.rgb, cv2.COLOR_RGB2GRAY), np.uint8)
        return _refined(self.small, luma, reduced(luma, size), 1 / 255)


class WholeMatte(Matte):
    """An alpha that has the frame's size, as filters make it; it stays on the CPU.

    Parameters
    ----------
    alpha : ndarray
        (H, W) float32 in [0, 1].
    frame : Frame
    """

    def cropped(self, crop: Crop, frame: Frame) -> Matte:
        return WholeMatte(crop(self.small), frame)

    @cached_property
    def alpha(self) -> Alpha:
        return self.small

    @cached_property
    def levels(self) -> _Levels:
        return _levels_of(self.small)

    @cached_property
    def twin(self) -> None:
        return None

    @cached_property
    def band(self) -> Band:
        return Band(self.levels)


def _levels_of(alpha: npt.NDArray[np.float32]) -> _Levels:
    """Return an alpha in steps of 1/255, uint8."""
    return np.asarray(cv2.convertScaleAbs(alpha, alpha=255), np.uint8)


def upsample_alpha(alpha: Alpha, rgb: Rgb) -> Alpha:
    """Bring an alpha to the size of its picture, along the picture's edges.

    As in the fast guided filter (He and Sun 2015), alpha is taken to be linear in luminance within each small window,
    ``alpha = a I + b``; `a` is found at the size of `alpha` (equation 5 of the guided filter) and used on the large
    picture. Unlike there, `b` is not averaged but gives each pixel its own alpha: nothing is smoothed, and only the
    detail that the small alpha had lost is added. The averages would blur hair, to more error than bilinear enlarging.

    Parameters
    ----------
    alpha : ndarray
        (h, w) float32 in [0, 1].
    rgb : ndarray
        (H, W, 3) uint8, of the same aspect.

    Returns
    -------
    ndarray
        (H, W) float32 in [0, 1]; exactly 0 or 1 where all of the small alpha nearby is. `alpha` itself where it has
        the size already, its averages where it is larger.
    """
    size = rgb.shape[1], rgb.shape[0]
    if (alpha.shape[1], alpha.shape[0]) == size:
        return alpha
    if alpha.shape[0] > rgb.shape[0]:
        return np.asarray(cv2.resize(alpha, size, interpolation=cv2.INTER_AREA), np.float32)
    return Matte(alpha, Frame(rgb)).alpha


def _refined(alpha: Alpha, luma: Plane, small_luma: Plane, luma_scale: float) -> tuple[Places, npt.NDArray[np.float32]]:
    """Find alpha where the small one (h, w) is not 0 or 1 all around: the places in luma (H, W), and (N,) float32."""
    size, small = (luma.shape[1], luma.shape[0]), (alpha.shape[1], alpha.shape[0])
    levels, window = _levels_of(alpha), np.ones((3, 3), np.uint8)
    near = cv2.inRange(cv2.dilate(levels, window), 1, 255) & cv2.inRange(cv2.erode(levels, window), 0, 254)
    at = places(np.asarray(cv2.resize(near, size, interpolation=cv2.INTER_LINEAR), np.uint8))
    guide = small_luma.astype(np.float32)
    # Stretched a little about 1/2, and clipped in the end: so rounding leaves no 0.9999 in the solid parts.
    offset = np.float32(1 + 2 * SNAP) * alpha - np.float32(SNAP)
    mean_guide = _mean(guide)
    slope = _mean(guide * offset)  # per level of luma
    slope -= mean_guide * _mean(offset)
    variance = _mean(guide * guide)
    variance -= mean_guide * mean_guide
    variance += np.float32(EDGE_VARIANCE / luma_scale**2)
    slope /= variance
    guide *= slope
    offset -= guide
    sample = Sampler(at, size, small)
    found = sample(slope, cv2.INTER_CUBIC)
    found *= luma.reshape(-1).take(at)
    found += sample(offset, cv2.INTER_CUBIC)
    return at, np.clip(found, 0, 1, out=found)


def _mean(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    return np.asarray(cv2.blur(values, (3, 3)), np.float32)
