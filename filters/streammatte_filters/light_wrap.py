"""The new background's light on the person's edge."""

from __future__ import annotations

import cv2
import numpy as np

from streammatte import Layers
from streammatte_filters.limits import within
from streammatte_filters.shade import coarse_alpha

__all__ = ["LightWrap"]

_HEIGHT = 180
"""Pixels of height in which the light is made."""


class LightWrap:
    """Lets the light of a new background fall around the person's edge; put it after the background.

    The light is the background where it is seen, blurred by a Gaussian: ``W = strength / 100 * blur((1 - alpha) * B)``.
    It is screened onto the person: ``1 - (1 - F) * (1 - W)``. The old background lends nothing: before another has
    taken its place, nothing changes.

    Parameters
    ----------
    strength : float
        0 (none) to 100.
    width : float
        Deviation of the blur, in pixels of a picture 720 high: 0 to 100.
    """

    def __init__(self, strength: float = 60.0, width: float = 12.0) -> None:
        self._strength = within("strength", strength)
        self._width = within("width", width)

    def __call__(self, layers: Layers) -> Layers:
        """Return the layers with light on their foreground."""
        if layers.keeps_background or self._strength == 0:
            return layers
        seen = 1 - coarse_alpha(layers, _HEIGHT)  # (h, w)
        background = layers.background_at((seen.shape[1], seen.shape[0]))  # (h, w, 3)
        if background is None:
            return layers
        weight = self._strength / 100 * seen
        light = cv2.GaussianBlur(
            cv2.multiply(background, cv2.merge([weight, weight, weight]), dtype=cv2.CV_32F),
            (0, 0),
            max(0.1, self._width * _HEIGHT / 720),
            borderType=cv2.BORDER_REPLICATE,
        )
        dark = cv2.resize(np.asarray(255 - np.rint(light), np.uint8), layers.frame.size, interpolation=cv2.INTER_LINEAR)
        result = cv2.bitwise_not(cv2.multiply(cv2.bitwise_not(layers.foreground), dark, scale=1 / 255))
        return layers.with_foreground(np.asarray(result, np.uint8))
