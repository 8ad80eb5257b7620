"""More or less light on the background, from a small picture of it."""

from __future__ import annotations

import cv2
import numpy as np

from streammatte import Alpha, Layers

__all__ = ["coarse_alpha", "shaded"]


def coarse_alpha(layers: Layers, height: int) -> Alpha:
    """Return alpha (h, w) at a height in pixels, in the frame's proportions."""
    width = max(1, round(height * layers.frame.size[0] / layers.frame.size[1]))
    return layers.alpha_at((width, height))


def shaded(layers: Layers, light: Alpha) -> Layers:
    """The same layers with each pixel of the background times `light`, (h, w) in [0, 1] of any size."""
    if layers.background is None:
        return layers
    steps = cv2.resize(np.asarray(np.rint(light * 255), np.uint8), layers.frame.size, interpolation=cv2.INTER_LINEAR)
    darker = cv2.multiply(layers.background, cv2.merge([steps, steps, steps]), scale=1 / 255)
    return layers.with_background(np.asarray(darker, np.uint8))
