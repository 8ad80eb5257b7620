"""What is shown where there is no picture to show."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

from streammatte.compositing.frames import Frame
from streammatte.compositing.layers import Layers

__all__ = ["card"]


@lru_cache(maxsize=1)
def card(size: tuple[int, int]) -> Layers:
    """Return the name on grey, of a size (w, h)."""
    width, height = size
    rgb = np.full((height, width, 3), 40, np.uint8)
    scale = height / 360
    (wide, high), _ = cv2.getTextSize("streammatte", cv2.FONT_HERSHEY_SIMPLEX, scale, 2)
    at = (width - wide) // 2, (height + high) // 2
    cv2.putText(rgb, "streammatte", at, cv2.FONT_HERSHEY_SIMPLEX, scale, (200, 200, 200), 2, cv2.LINE_AA)
    return Layers.opaque(Frame(rgb))
