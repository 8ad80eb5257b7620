"""The person's shadow on the background."""

from __future__ import annotations

import cv2
import numpy as np

from streammatte import Layers
from streammatte_filters.limits import within
from streammatte_filters.shade import coarse_alpha

__all__ = ["Shadow"]

_HEIGHT = 180
"""Pixels of height in which the shadow is made."""


class Shadow:
    """Lets the person cast a soft shadow on the background; put it after the background.

    The shadow is alpha, moved and blurred by a Gaussian: ``B * (1 - strength / 100 * blur(moved alpha))``.

    Parameters
    ----------
    strength : float
        0 (none) to 100 (black).
    distance : float
        How far the shadow falls to the right and down, in pixels of a picture 720 high: 0 to 200.
    softness : float
        Deviation of the blur, in pixels of a picture 720 high: 0 to 100.
    """

    def __init__(self, strength: float = 45.0, distance: float = 24.0, softness: float = 20.0) -> None:
        self._strength = within("strength", strength)
        self._distance = within("distance", distance, 200)
        self._softness = within("softness", softness)

    def __call__(self, layers: Layers) -> Layers:
        """Return the layers with the shadow on their background."""
        if self._strength == 0:
            return layers
        alpha = coarse_alpha(layers, _HEIGHT)  # (h, w)
        scale = _HEIGHT / 720
        move = np.array([[1, 0, self._distance * scale], [0, 1, self._distance * scale]])
        shadow = cv2.warpAffine(alpha, move, alpha.shape[::-1], borderMode=cv2.BORDER_REPLICATE)
        soft = cv2.GaussianBlur(shadow, (0, 0), max(0.1, self._softness * scale), borderType=cv2.BORDER_REPLICATE)
        return layers.shaded(np.asarray(1 - self._strength / 100 * soft, np.float32))
