"""Porter and Duff's `over`, equation 1 of the paper: I = alpha F + (1 - alpha) B."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from streammatte.band import Band, Bands
from streammatte.frames import Alpha, Rgb
from streammatte.planes import Plane, Planes

__all__ = ["over", "over_planes", "premultiply"]


def over(foreground: Rgb, alpha: Alpha, background: Rgb) -> Rgb:
    """Lay `foreground` over `background`.

    Parameters
    ----------
    foreground, background : ndarray
        (H, W, 3) uint8, straight colours.
    alpha : ndarray
        (H, W) float32 in [0, 1].

    Returns
    -------
    ndarray
        (H, W, 3) uint8, rounded to nearest. Where both pictures are one and the same array, that array.
    """
    if foreground is background:
        return foreground
    result = cv2.blendLinear(foreground, background, alpha, np.float32(1) - alpha)
    return np.asarray(result, np.uint8)


def premultiply(foreground: Rgb, alpha: Alpha) -> Rgb:
    """Lay `foreground` over black: each colour times alpha.

    Parameters
    ----------
    foreground : ndarray
        (H, W, 3) uint8, straight colours.
    alpha : ndarray
        (H, W) float32 in [0, 1].

    Returns
    -------
    ndarray
        (H, W, 3) uint8, premultiplied, rounded to nearest.
    """
    result = cv2.multiply(foreground, cv2.merge([alpha, alpha, alpha]), dtype=cv2.CV_8U)
    return np.asarray(result, np.uint8)


def over_planes(front: Planes, bands: Bands, back: tuple[Plane, Plane, Plane]) -> Planes:
    """Lay planes over others.

    Outside the soft band this is copying; in it, colours are blended as `over` does.

    Parameters
    ----------
    front : Planes
        The foreground.
    bands : Bands
        Of the alpha of their size.
    back : tuple of ndarray
        Y, U and V of the background, of the same sizes and in the same colours.

    Returns
    -------
    Planes
        In the colours of `front`, rounded to nearest.
    """
    return replace(
        front,
        y=_over(front.y, bands.luma, back[0]),
        u=_over(front.u, bands.chroma, back[1]),
        v=_over(front.v, bands.chroma, back[2]),
    )


def _over(front: Plane, band: Band, back: Plane) -> Plane:
    """Lay one plane (H, W) over another."""
    result = back.copy()
    cv2.copyTo(front, band.levels, result)
    mixed = front.reshape(-1).take(band.at).astype(np.float32)
    behind = back.reshape(-1).take(band.at)
    mixed -= behind
    mixed *= band.alpha
    mixed += behind
    result.reshape(-1)[band.at] = np.rint(mixed, out=mixed)
    return result
