"""Light on the person, and less of it far from them."""

from __future__ import annotations

import cv2
import numpy as np

from streammatte import Layers
from streammatte_filters.limits import within
from streammatte_filters.shade import coarse_alpha

__all__ = ["Spotlight"]

_HEIGHT = 45
"""Pixels of height in which the light is made."""

_WIDE = 0.2
"""Deviation of the light's edge, in heights of the frame."""


class Spotlight:
    """Darkens the background far from the person, as a lamp on them would; put it after the background.

    The light is alpha under a wide Gaussian, relative to its brightest place:
    ``B * (1 - strength / 100 * (1 - light))``. Where nobody is, all of the background is dark. Before the
    room itself or its blur, `decontaminate` takes a bright rim away.

    Parameters
    ----------
    strength : float
        0 (none) to 100 (black in the corners).
    """

    def __init__(self, strength: float = 75.0) -> None:
        self._strength = within("strength", strength)

    def __call__(self, layers: Layers) -> Layers:
        """Return the layers with their background darkened."""
        if self._strength == 0:
            return layers
        alpha = coarse_alpha(layers, _HEIGHT)
        near = cv2.GaussianBlur(alpha, (0, 0), _WIDE * _HEIGHT, borderType=cv2.BORDER_REPLICATE)
        light = near / max(float(near.max()), 0.1)
        return layers.shaded(np.asarray(1 - self._strength / 100 * (1 - light), np.float32))
