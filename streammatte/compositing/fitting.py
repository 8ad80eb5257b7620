"""Pictures brought to the size of a frame."""

from __future__ import annotations

from typing import Literal, TypeAlias, get_args

import cv2
import numpy as np

from streammatte.compositing.frames import Rgb
from streammatte.errors import one_of

__all__ = ["FitMode", "fitted"]

FitMode: TypeAlias = Literal["cover", "contain", "stretch"]
"""Fill the frame and cut off what reaches beyond it, show all and leave black bars, or show all and distort it."""


def fitted(rgb: Rgb, size: tuple[int, int], fit: FitMode = "cover") -> Rgb:
    """Return `rgb` at `size` (w, h), its centre in the centre; `rgb` itself where it has the size already.

    Raises
    ------
    UsageError
        If `fit` is none of them.
    """
    one_of("fit", fit, get_args(FitMode))
    width, height = size
    if rgb.shape[:2] == (height, width):
        return rgb
    ratios = width / rgb.shape[1], height / rgb.shape[0]
    scale = max(ratios) if fit == "cover" else min(ratios)
    scaled = max(1, round(rgb.shape[1] * scale)), max(1, round(rgb.shape[0] * scale))
    scaled = size if fit == "stretch" else scaled
    resized = cv2.resize(rgb, scaled, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    left, top = (width - scaled[0]) // 2, (height - scaled[1]) // 2  # below 0: so much is cut off
    visible = resized[max(0, -top) : max(0, -top) + height, max(0, -left) : max(0, -left) + width]
    result = np.zeros((height, width, 3), np.uint8)
    top, left = max(0, top), max(0, left)
    result[top : top + visible.shape[0], left : left + visible.shape[1]] = visible
    return result
