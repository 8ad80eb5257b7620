"""A smaller outline."""

from __future__ import annotations

import cv2
import numpy as np

from streammatte import Alpha, Layers
from streammatte_filters.limits import within

__all__ = ["Shrink"]


class Shrink:
    """Moves the person's edge inwards, where a rim of the old background is left on it.

    Each pixel takes the least alpha in a disc around it (erosion); between whole pixels, what lies between. Hair that
    is finer than the disc goes.

    Parameters
    ----------
    px : float
        Radius of the disc, in pixels of a picture 720 high: 0 (none) to 10.
    """

    def __init__(self, px: float = 1.5) -> None:
        self._px = within("px", px, 10)

    def __call__(self, layers: Layers) -> Layers:
        """Return the layers with a smaller alpha."""
        if self._px == 0:
            return layers
        radius_px, part = divmod(self._px * layers.frame.size[1] / 720, 1)
        less = _eroded(layers.alpha, int(radius_px))
        if part:
            least = _eroded(layers.alpha, int(radius_px) + 1)
            less = np.asarray(cv2.addWeighted(less, 1 - part, least, part, 0), np.float32)
        return layers.with_alpha(less)


def _eroded(alpha: Alpha, radius_px: int) -> Alpha:
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius_px + 1, 2 * radius_px + 1))
    return np.asarray(cv2.erode(alpha, disc), np.float32)
