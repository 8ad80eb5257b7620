"""Refinements at the frame's size: a small alpha made large along the picture's edges, the foreground's own colour."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from streammatte.frames import Alpha, Rgb

__all__ = ["estimate_foreground", "upsample_alpha"]

_Floats = npt.NDArray[np.float32]

_EDGE_VARIANCE = 1e-3
"""Epsilon of the guided filter: variance of luminance (0 to 1) below which a window of 3x3 pixels counts as flat."""

_SNAP = 1 / 4096
"""A sixteenth of an 8-bit step: what rounding may leave of 0 and 1."""

_SHORT_SIDE = 180
"""Pixels of the short side at which colours are spread."""

_REACHES = (8, 3, 1)
"""Radii in those pixels, one pass each: from the tips of the hair to the solid body, then ever closer."""


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
    small = alpha.shape[1], alpha.shape[0]
    if small == size:
        return alpha
    if small[1] > size[1]:
        return np.asarray(cv2.resize(alpha, size, interpolation=cv2.INTER_AREA), np.float32)
    luma = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)  # (H, W) uint8
    guide = np.float32(1 / 255) * cv2.resize(luma, small, interpolation=cv2.INTER_AREA)  # (h, w)
    mean_guide, mean_alpha = _mean(guide), _mean(alpha)
    covariance = _mean(guide * alpha) - mean_guide * mean_alpha
    variance = _mean(guide * guide) - mean_guide * mean_guide
    slope = covariance / (variance + _EDGE_VARIANCE)
    offset = alpha - slope * guide
    # Stretched a little about 1/2, then clipped: so rounding leaves no 0.9999 in the solid parts.
    stretch = np.float32(1 + 2 * _SNAP)
    result = cv2.resize(slope * (stretch / 255), size, interpolation=cv2.INTER_CUBIC)  # (H, W), per level of luma
    result *= luma.astype(np.float32)
    result += cv2.resize(offset * stretch - np.float32(_SNAP), size, interpolation=cv2.INTER_CUBIC)
    return np.asarray(np.clip(result, 0, 1, out=result), np.float32)


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
    height, width = alpha.shape
    band = np.flatnonzero(cv2.inRange(alpha, 0.5 / 255, 254.5 / 255).view(bool))
    result = rgb.copy()
    if not band.size:
        return result
    scale = min(1, _SHORT_SIDE / min(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    spread = _spread(
        cv2.resize(rgb, size, interpolation=cv2.INTER_AREA).astype(np.float32),
        _three(cv2.resize(alpha, size, interpolation=cv2.INTER_AREA)),
    )
    large = (cv2.resize(np.rint(colours).astype(np.uint8), (width, height)) for colours in spread)
    pixels, foreground, background = (
        np.take(colours.reshape(-1, 3), band, axis=0).astype(np.float32)  # (N, 3)
        for colours in (rgb, *large)
    )
    fused = _fuse(pixels, _three(alpha.reshape(-1).take(band)), foreground, background)
    result.reshape(-1, 3)[band] = np.rint(fused).astype(np.uint8)
    return result


def _spread(rgb: _Floats, alpha: _Floats) -> tuple[_Floats, _Floats]:
    """Spread the colours of foreground and background everywhere; all arrays are (h, w, 3)."""
    foreground = background = rgb
    for reach in _REACHES:
        foreground = _weighted_mean(_fuse(rgb, alpha, foreground, background), alpha, reach)
        background = _weighted_mean(background, 1 - alpha, reach)
    return foreground, background


def _fuse(rgb: _Floats, alpha: _Floats, foreground: _Floats, background: _Floats) -> _Floats:
    """Equation 7 of blur fusion: the spread `foreground`, corrected by what it leaves unexplained of `rgb`."""
    unexplained = rgb - background - alpha * (foreground - background)
    return np.asarray(np.clip(foreground + alpha * unexplained, 0, 255), np.float32)


def _weighted_mean(colours: _Floats, weight: _Floats, reach: int) -> _Floats:
    """Mean of `colours` within `reach` pixels; the plain mean where nothing near has weight."""
    window = 2 * reach + 1, 2 * reach + 1
    # The square trusts solid pixels more: a half transparent one is half of the other layer.
    weight = weight * weight + np.float32(1e-6)
    return np.asarray(cv2.blur(colours * weight, window) / cv2.blur(weight, window), np.float32)


def _three(values: _Floats) -> _Floats:
    """The same value for each of three colours; much faster here than broadcasting."""
    return np.repeat(values[..., None], 3, axis=-1)


def _mean(values: _Floats) -> _Floats:
    return np.asarray(cv2.blur(values, (3, 3)), np.float32)
