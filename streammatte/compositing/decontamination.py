"""The foreground's own colour where alpha is soft, so that nothing of the old background shines through."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from streammatte.compositing.band import Band, Bands, Sampler
from streammatte.compositing.frames import Alpha, Frame, Rgb, check_alpha, check_rgb
from streammatte.compositing.planes import Plane, Planes, reduced
from streammatte.compositing.refine import Matte, WholeMatte

__all__ = ["Estimate", "estimate_foreground", "own_colours", "spread", "spread_size"]

_Floats = npt.NDArray[np.float32]
_Levels = npt.NDArray[np.uint8]

_SHORT_SIDE = 180
"""Pixels of the short side at which colours are spread."""

_REACHES = (4, 2)
"""Radii in pixels of half that size: from the tips of the hair to the solid body, then closer."""

_LAST_REACH = 1
"""Radius of the last pass, at that size itself."""

_TINY = np.float32(1e-6)
"""A weight that leaves the plain mean where nothing near has any."""


class Estimate:
    """The estimated foreground of a frame, found where and when somebody asks for it.

    Parameters
    ----------
    frame : Frame
        Whose colours are mixed.
    alpha : Matte
        By which they are.
    """

    def __init__(self, frame: Frame, alpha: Matte) -> None:
        self.frame = frame
        self.alpha = alpha

    @cached_property
    def rgb(self) -> Rgb:
        """(H, W, 3) uint8; made of the planes where the frame came as such."""
        if self.planes is not None:
            return self.planes.rgb
        return estimate_foreground(self.frame.rgb, self.alpha.alpha)

    @cached_property
    def planes(self) -> Planes | None:
        """The same as planes, found in them; None where the frame came in R,G,B."""
        planes = self.frame.planes
        if planes is None:
            return None
        if self.alpha.twin is not None:
            y, u, v = self.alpha.twin.own
        else:
            y, u, v = map(_put, (planes.y, planes.u, planes.v), self.alpha.bands.of_planes, self.soft)
        return replace(planes, y=y, u=u, v=v)

    @cached_property
    def soft(self) -> tuple[_Floats, _Floats, _Floats]:
        """What planes hold where alpha is soft in them, as `own_colours` tells it."""
        assert self.frame.planes is not None
        return own_colours(self.frame.planes, self.alpha.bands)


def estimate_foreground(rgb: Rgb, alpha: Alpha) -> Rgb:
    """Estimate the foreground's own colour where alpha is soft, so that nothing of the old background shines through.

    Blur fusion (Forte 2021): colours of foreground and background are spread from where they are certain, at reduced
    size; each soft pixel then gets the colour near the spread one that explains it best.

    Parameters
    ----------
    rgb : ndarray
        (H, W, 3) uint8.
    alpha : ndarray
        (H, W) float32 in [0, 1].

    Returns
    -------
    ndarray
        (H, W, 3) uint8; `rgb` outside the soft band.

    Raises
    ------
    ShapeError
        If they are of other types, or of two sizes.
    """
    frame = Frame(check_rgb(rgb))
    band = WholeMatte(check_alpha(alpha, frame.size), frame).band
    if not band.at.size:
        return rgb
    foregrounds, backgrounds = spread(cv2.split(reduced(rgb, spread_size(band.size))), band.levels)
    colours = cv2.split(rgb)
    own = _own(colours, band, foregrounds, backgrounds)
    return np.asarray(cv2.merge([*map(_put, colours, (band,) * 3, own)]), np.uint8)


def own_colours(planes: Planes, bands: Bands) -> tuple[_Floats, _Floats, _Floats]:
    """Estimate the foreground's own colours as `estimate_foreground` does, in planes, where alpha is soft.

    Parameters
    ----------
    planes : Planes
        Whose colours are mixed.
    bands : Bands
        Of the alpha of their size.

    Returns
    -------
    tuple of ndarray
        Of Y, U and V: (N,) float32, whole numbers, at the places of the band.
    """
    near, far = spread(planes.all_at(spread_size(planes.size)), bands.luma.levels, planes.peak)
    (y,) = _own([planes.y], bands.luma, near[:1], far[:1], planes.peak)
    u, v = _own([planes.u, planes.v], bands.chroma, near[1:], far[1:], planes.peak)
    return y, u, v


def spread_size(size: tuple[int, int]) -> tuple[int, int]:
    """The (w, h), both even, at which the colours of a picture of `size` (w, h) are spread."""
    scale = min(1, _SHORT_SIDE / min(size)) / 2
    return 2 * max(1, round(size[0] * scale)), 2 * max(1, round(size[1] * scale))


def _own(
    planes: Sequence[Plane],
    band: Band,
    foregrounds: _Floats,
    backgrounds: _Floats,
    peak: int = 255,
) -> list[_Floats]:
    """The foreground's own values of planes (H, W) in the band, by what was spread of both layers (n, h, w)."""
    sample = Sampler(band.at, band.size, foregrounds.shape[:0:-1])
    found = []
    for plane, foreground, background in zip(planes, foregrounds, backgrounds, strict=True):
        mixed = plane.reshape(-1).take(band.at).astype(np.float32)
        own = _fuse(mixed, band.alpha, sample(foreground), sample(background), peak)
        found.append(np.rint(own, out=own))
    return found


def _put(plane: Plane, band: Band, values: _Floats) -> Plane:
    """A plane with other values in the band."""
    result = plane.copy()
    result.reshape(-1)[band.at] = values
    return result


def spread(colours: Sequence[npt.NDArray[Any]], levels: _Levels, peak: int = 255) -> tuple[_Floats, _Floats]:
    """Spread the colours of foreground and background everywhere.

    Parameters
    ----------
    colours : sequence of ndarray
        Three planes (h, w), both sides even: the picture, reduced; of whatever colours, as all is linear in them.
    levels : ndarray
        (H, W) uint8: alpha in steps of 1/255.
    peak : int
        The largest value of a colour.

    Returns
    -------
    tuple of ndarray
        Foreground and background, (3, h, w) float32 each.
    """
    foreground = np.stack([plane.astype(np.float32) for plane in colours])
    background = foreground.copy()
    alpha = np.float32(1 / 255) * reduced(levels, foreground.shape[:0:-1])
    x, y, wide, high = cv2.boundingRect(cv2.inRange(alpha, 1 / 255, 254 / 255))
    reach = 2 * sum(_REACHES) + _LAST_REACH
    box = np.s_[..., _even(y - reach) : _even(y + high + reach + 1), _even(x - reach) : _even(x + wide + reach + 1)]
    foreground[box], background[box] = _spread_halved(foreground[box], alpha[box], peak)
    return foreground, background


def _even(number: int) -> int:
    return max(0, number) // 2 * 2


def _spread_halved(mixed: _Floats, alpha: _Floats, peak: int) -> tuple[_Floats, _Floats]:
    """Spread colours (3, h, w) by alpha (h, w), both sides even."""
    clear = 1 - alpha
    solid, clear = alpha * alpha + _TINY, clear * clear + _TINY  # half transparent pixels are trusted less
    solid_half, clear_half = _halved(solid), _halved(clear)
    foreground = _mean(_halved(mixed * solid), solid_half, _REACHES[0])
    background = _mean(_halved(mixed * clear), clear_half, _REACHES[0])
    # What is spread is smooth: so the mean of `_fuse` over four pixels is its factors' means, by alpha, times that.
    share = solid * alpha
    both = share * alpha
    fused = _halved(solid - both) * foreground
    fused -= _halved(share - both) * background
    fused += _halved(mixed * share)
    foreground = _mean(fused, solid_half, _REACHES[1])
    background *= clear_half
    background = _mean(background, clear_half, _REACHES[1])
    foreground, background = _resized(foreground, alpha.shape), _resized(background, alpha.shape)
    closer = _fuse(mixed, alpha, foreground, background, peak)
    closer *= solid
    return _mean(closer, solid, _LAST_REACH), background


def _fuse(mixed: _Floats, alpha: _Floats, foreground: _Floats, background: _Floats, peak: int) -> _Floats:
    """Equation 7 of blur fusion: the spread `foreground`, corrected by what it leaves unexplained of `mixed`."""
    unexplained = mixed - background
    unexplained -= alpha * (foreground - background)
    unexplained *= alpha
    unexplained += foreground
    return np.asarray(np.clip(unexplained, 0, peak, out=unexplained), np.float32)


def _mean(total: _Floats, weight: _Floats, reach: int) -> _Floats:
    """The mean, within `reach` pixels, of colours (3, h, w) that come times their `weight` (h, w)."""
    window = 2 * reach + 1, 2 * reach + 1
    result = np.empty_like(total)
    for plane, into in zip(total, result, strict=True):
        cv2.blur(plane, window, dst=into)
    result /= cv2.blur(weight, window)
    return result


def _halved(values: _Floats) -> _Floats:
    """The means of four pixels each; in the middle of four, this is what the linear method gives, and in less time."""
    return _resized(values, (values.shape[-2] // 2, values.shape[-1] // 2))


def _resized(values: _Floats, shape: tuple[int, ...]) -> _Floats:
    """Bring planes (..., h, w) to another shape (h, w)."""
    result = np.empty((*values.shape[:-2], *shape), np.float32)
    for plane, into in zip(values.reshape(-1, *values.shape[-2:]), result.reshape(-1, *shape), strict=True):
        cv2.resize(plane, shape[::-1], dst=into)
    return result
