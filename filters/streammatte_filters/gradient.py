"""A run of colours as the background."""

from __future__ import annotations

from math import cos, radians, sin

import numpy as np

from streammatte import Backdrop, FilterError, Layers, Rgb
from streammatte_filters.css import parsed

__all__ = ["GradientBackground"]


class GradientBackground:
    """Puts colours that run into one another behind the person.

    Parameters
    ----------
    colours : str
        Two or more with dashes between: ``navy-skyblue-#ffffff``.
    angle : float
        Degrees, as in CSS: they run upwards at 0, to the right at 90, downwards at 180.
    """

    def __init__(self, colours: str, angle: float = 180.0) -> None:
        self._colours = np.array([parsed(each) for each in colours.split("-")], np.float64)
        if len(self._colours) < 2:
            raise FilterError(f"{colours!r} is one colour; expected two or more with dashes between: navy-skyblue")
        self._angle = radians(angle)
        self._background: Backdrop | None = None

    def __call__(self, layers: Layers) -> Layers:
        """Return the layers with the colours as their background."""
        if self._background is None or self._background.size != layers.frame.size:
            self._background = Backdrop(self._drawn(layers.frame.size))
        return layers.with_background(self._background)

    def _drawn(self, size: tuple[int, int]) -> Rgb:
        width, height = size
        right, up = sin(self._angle), cos(self._angle)
        x = (np.arange(width) + 0.5 - width / 2)[None, :]
        y = (np.arange(height) + 0.5 - height / 2)[:, None]
        reach = abs(width * right) + abs(height * up)  # from one outermost corner to the other
        place = ((x * right - y * up) / reach + 0.5) * (len(self._colours) - 1)  # (H, W), in colours from the first
        known = np.arange(len(self._colours))
        channels = [np.interp(place, known, self._colours[:, channel]) for channel in range(3)]
        return np.rint(np.stack(channels, axis=2)).astype(np.uint8)
