"""Porter and Duff's `over`, equation 1 of the paper: I = alpha F + (1 - alpha) B."""

from __future__ import annotations

import cv2
import numpy as np

from streammatte.frames import Alpha, Rgb

__all__ = ["over", "premultiply"]


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
