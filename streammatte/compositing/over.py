"""Porter and Duff's `over`, equation 1 of the paper: I = alpha F + (1 - alpha) B."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import numpy.typing as npt

from streammatte.compositing.band import Band, Bands
from streammatte.compositing.frames import Alpha, Rgb, check_alpha, check_rgb
from streammatte.compositing.planes import Plane, Planes

__all__ = ["over", "over_planes", "premultiply"]

_Floats = npt.NDArray[np.float32]


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

    Raises
    ------
    ShapeError
        If they are of other types, or of two sizes.
    """
    height, width = check_rgb(foreground, "foreground").shape[:2]
    check_alpha(alpha, (width, height))
    check_rgb(background, "background", (width, height))
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


def over_planes(
    front: Planes, bands: Bands, back: tuple[Plane, Plane, Plane], soft: tuple[_Floats, _Floats, _Floats] | None = None
) -> Planes:
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
    soft : tuple of ndarray, optional
        Of Y, U and V: (N,) float32 that stand for the foreground's values in the band.

    Returns
    -------
    Planes
        In the colours of `front`, rounded to nearest.
    """
    y, u, v = map(_over, (front.y, front.u, front.v), bands.of_planes, back, soft or (None,) * 3)
    return replace(front, y=y, u=u, v=v)


def _over(front: Plane, band: Band, back: Plane, soft: _Floats | None) -> Plane:
    """Lay one plane (H, W) over another."""
    result = back.copy()
    cv2.copyTo(front, band.levels, result)
    behind = back.reshape(-1).take(band.at)
    fore = front.reshape(-1).take(band.at).astype(np.float32) if soft is None else soft
    mixed = fore - behind
    mixed *= band.alpha
    mixed += behind
    result.reshape(-1)[band.at] = np.rint(mixed, out=mixed)
    return result
