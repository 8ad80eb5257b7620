"""Brings the pictures of a video to the size of the first."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
from av import VideoFrame

from streammatte.compositing.frames import Rgb
from streammatte.compositing.planes import Planes
from streammatte.io.video_colour import Colour, ToPlanes, ToRgb

__all__ = ["Canvas"]

_NOTICED = 0.01
"""Change of a picture's shape from which on it would be seen to be stretched."""


class Canvas:
    """Converts decoded pictures; one of another shape than the first, as in a broadcast, gets black bars.

    Parameters
    ----------
    colour : Colour
    size : tuple of int
        (w, h) of the first picture, as stored.
    aspect : float
        Width of its pixels over their height.
    """

    def __init__(self, colour: Colour, size: tuple[int, int], aspect: float) -> None:
        self._colour = colour
        self._size = size
        self._shape = size[0] * aspect / size[1]
        self._to_rgb = ToRgb(colour, size)
        self._to_planes = ToPlanes(colour)
        self._with_bars = 0

    def __call__(self, frame: VideoFrame, aspect: float) -> Rgb | Planes:
        """Return the picture of a frame, whose pixels are `aspect` as wide as high, at the size of the first."""
        width, height = self._size
        change = frame.width * aspect / frame.height / self._shape
        if abs(change - 1) > _NOTICED:
            self._with_bars += 1
            width, height = max(1, round(width * min(1, change))), max(1, round(height * min(1, 1 / change)))
        elif (frame.width, frame.height) == self._size and (planes := self._to_planes(frame)) is not None:
            return planes
        if self._to_rgb.size != (width, height):
            self._to_rgb = ToRgb(self._colour, (width, height))
        beside, above = self._size[0] - width, self._size[1] - height
        rgb = self._to_rgb(frame)
        if not beside and not above:
            return rgb
        sides = above // 2, above - above // 2, beside // 2, beside - beside // 2
        return np.asarray(cv2.copyMakeBorder(rgb, *sides, cv2.BORDER_CONSTANT, value=(0, 0, 0)), np.uint8)

    def told(self) -> Iterator[str]:
        """Say what was changed so far."""
        if self._with_bars:
            yield f"pictures that are of another shape than the first, and get black bars: {self._with_bars}"
