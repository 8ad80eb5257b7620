"""A softer edge."""

from __future__ import annotations

from math import log2

import cv2
import numpy as np
import numpy.typing as npt

from streammatte import Layers, Rgb
from streammatte_filters.limits import within
from streammatte_filters.shade import coarse_alpha

__all__ = ["Feather"]

_FINE_PX = 2.0
"""Deviation down to which alpha is reduced before it is blurred."""

_HEIGHT = 180
"""Pixels of height in which the person's colours are carried past the edge."""

_OWN = 1 / 4
"""Alpha from which a pixel shows the person's own colour well enough."""


class Feather:
    """Makes the person's edge softer, as wide on either side of it; put it after the background.

    Alpha is blurred by a Gaussian. So that no rim of the old background shows outside the edge, the person's colours
    near it, a mean weighted by alpha, stand there.

    Parameters
    ----------
    px : float
        Deviation of the Gaussian, in pixels of a picture 720 high: 0 (none) to 50.
    """

    def __init__(self, px: float = 2.0) -> None:
        self._px = within("px", px, 50)

    def __call__(self, layers: Layers) -> Layers:
        """Return the layers with a softer alpha, and a foreground that reaches as far."""
        if self._px == 0:
            return layers
        width, height = layers.frame.size
        deviation_px = self._px * height / 720
        reduction = 2 ** max(0, int(log2(deviation_px / _FINE_PX)))
        fine = layers.alpha if reduction == 1 else layers.alpha_at((width // reduction, height // reduction))
        alpha = cv2.GaussianBlur(fine, (0, 0), deviation_px / reduction, borderType=cv2.BORDER_REPLICATE)
        if reduction > 1:
            alpha = cv2.resize(alpha, (width, height), interpolation=cv2.INTER_LINEAR)
        softer = layers.with_alpha(np.minimum(alpha, np.float32(1)))
        if layers.keeps_background:
            return softer
        return softer.with_foreground(_carried_out(layers, softer.levels, max(2.0, deviation_px * _HEIGHT / height)))


def _carried_out(layers: Layers, seen: npt.NDArray[np.uint8], deviation_px: float) -> Rgb:
    """The foreground with the person's colours carried past the edge as far as it is `seen`, (H, W) uint8.

    They are carried by a Gaussian of `deviation_px` pixels of the small picture.
    """
    weight = np.clip(2 * coarse_alpha(layers, _HEIGHT) - 1, 0, 1)  # (h, w)
    colours = cv2.resize(layers.foreground, (weight.shape[1], weight.shape[0]), interpolation=cv2.INTER_AREA)
    summed, weights = (
        cv2.GaussianBlur(each, (0, 0), deviation_px, borderType=cv2.BORDER_REPLICATE)
        for each in (colours * weight[..., None], weight)
    )
    near = np.rint(summed / (weights + np.float32(1e-3))[..., None]).astype(np.uint8)
    around = cv2.resize(near, layers.frame.size, interpolation=cv2.INTER_LINEAR).reshape(-1, 3)
    at = np.flatnonzero((layers.levels < 255 * _OWN) & (seen > 0))  # (N,) the few pixels where they are needed
    own = layers.levels.reshape(-1, 1)[at] / np.float32(255 * _OWN)  # (N, 1)
    result = layers.foreground.copy()
    pixels = result.reshape(-1, 3)
    pixels[at] = np.rint(own * pixels[at] + (1 - own) * around[at])
    return result
