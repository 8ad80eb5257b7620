"""The foreground's own colour where alpha is soft, so that nothing of the old background shines through."""

from __future__ import annotations

from functools import cached_property

import cv2
import numpy as np
import numpy.typing as npt

from streammatte.band import Sampler, soft
from streammatte.frames import Alpha, Frame, Rgb
from streammatte.planes import reduced
from streammatte.refine import Matte, levels_of

__all__ = ["Estimate", "estimate_foreground"]

_Floats = npt.NDArray[np.float32]
_Levels = npt.NDArray[np.uint8]

_SHORT_SIDE = 180
"""Pixels of the short side at which colours are spread."""

_REACHES = (8, 3, 1)
"""Radii in those pixels, one pass each: from the tips of the hair to the solid body, then ever closer."""


class Estimate:
    """The estimated foreground of a frame, found where and when somebody asks for it.

    Parameters
    ----------
    frame : Frame
        Whose colours are mixed.
    alpha : ndarray or Matte
        By which they are, at the frame's size.
    """

    def __init__(self, frame: Frame, alpha: Alpha | Matte) -> None:
        self.frame = frame
        self.alpha = alpha

    @cached_property
    def rgb(self) -> Rgb:
        """(H, W, 3) uint8."""
        alpha = self.alpha.alpha if isinstance(self.alpha, Matte) else self.alpha
        return estimate_foreground(self.frame.rgb, alpha)


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
    """
    levels = levels_of(alpha)
    result, size = rgb.copy(), (rgb.shape[1], rgb.shape[0])
    at = soft(levels)
    if at.size:
        small = spread_size(size)
        foregrounds, backgrounds = spread(reduced(rgb, small), levels)
        sample, soft_alpha = Sampler(at, size, small), alpha.reshape(-1).take(at)
        pixels = np.take(rgb.reshape(-1, 3), at, axis=0)  # (N, 3)
        for channel, (foreground, background) in enumerate(zip(foregrounds, backgrounds, strict=True)):
            own = own_colours(pixels[:, channel], soft_alpha, sample(foreground), sample(background))
            pixels[:, channel] = np.rint(own)
        result.reshape(-1, 3)[at] = pixels
    return result


def spread_size(size: tuple[int, int]) -> tuple[int, int]:
    """The (w, h) at which the colours of a picture of `size` (w, h) are spread."""
    scale = min(1, _SHORT_SIDE / min(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def spread(colours: _Levels, levels: _Levels) -> tuple[list[_Floats], list[_Floats]]:
    """Spread the colours of foreground and background everywhere.

    Parameters
    ----------
    colours : ndarray
        (h, w, C) uint8: the picture, reduced; in whatever colours, as all is linear in them.
    levels : ndarray
        (H, W) uint8: alpha in steps of 1/255.

    Returns
    -------
    tuple of list of ndarray
        Foreground and background, C planes (h, w) float32 each.
    """
    height, width, channels = colours.shape
    alpha = np.float32(1 / 255) * reduced(levels, (width, height))
    foreground = colours.astype(np.float32)
    background = foreground.copy()
    x, y, wide, high = cv2.boundingRect(cv2.inRange(alpha, 1 / 255, 254 / 255))
    reach = sum(_REACHES)
    box = np.s_[max(0, y - reach) : y + high + reach, max(0, x - reach) : x + wide + reach]
    near, far = _spread(foreground[box], alpha[box], channels)
    foreground[box], background[box] = near, far
    planes = [[np.asarray(plane, np.float32) for plane in cv2.split(each)] for each in (foreground, background)]
    return planes[0], planes[1]


def own_colours(pixels: _Levels, alpha: _Floats, foreground: _Floats, background: _Floats) -> _Floats:
    """Return the foreground's own values of one colour, (N,) float32 from 0 to 255.

    Parameters
    ----------
    pixels : ndarray
        (N,) uint8: the mixed values.
    alpha : ndarray
        (N,) float32 in [0, 1].
    foreground, background : ndarray
        (N,) float32: what was spread of both to these pixels.
    """
    return _fuse(pixels.astype(np.float32), alpha, foreground, background)


def _spread(mixed: _Floats, alpha: _Floats, channels: int) -> tuple[_Floats, _Floats]:
    solid, clear = alpha * alpha, (1 - alpha) * (1 - alpha)  # half transparent pixels are trusted less
    share = _merged(alpha, channels)
    foreground = background = mixed
    for reach in _REACHES:
        foreground = _weighted_mean(_fuse(mixed, share, foreground, background), solid, reach)
        background = _weighted_mean(background, clear, reach)
    return foreground, background


def _fuse(mixed: _Floats, alpha: _Floats, foreground: _Floats, background: _Floats) -> _Floats:
    """Equation 7 of blur fusion: the spread `foreground`, corrected by what it leaves unexplained of `mixed`."""
    unexplained = mixed - background
    unexplained -= alpha * (foreground - background)
    unexplained *= alpha
    unexplained += foreground
    return np.asarray(np.clip(unexplained, 0, 255, out=unexplained), np.float32)


def _weighted_mean(colours: _Floats, weight: _Floats, reach: int) -> _Floats:
    """Mean of `colours` (h, w, C) within `reach` pixels; the plain mean where nothing near has `weight` (h, w)."""
    window, channels = (2 * reach + 1, 2 * reach + 1), colours.shape[2]
    weight = weight + np.float32(1e-6)
    total = cv2.blur(colours * _merged(weight, channels), window).reshape(colours.shape)
    return np.asarray(total / _merged(cv2.blur(weight, window), channels), np.float32)


def _merged(values: _Floats, channels: int) -> _Floats:
    """The same value for each of some channels; much faster than broadcasting."""
    return np.asarray(cv2.merge([values] * channels), np.float32)
