"""One colour as the background."""

from __future__ import annotations

import numpy as np

from streammatte import Backdrop, Layers
from streammatte_filters.css import parsed

__all__ = ["ColourBackground"]


class ColourBackground:
    """Puts one colour behind the person.

    Parameters
    ----------
    value : str
        ``#rrggbb``, ``#rgb`` or a colour's name in CSS, such as ``lime``.
    """

    def __init__(self, value: str) -> None:
        self._colour = parsed(value)
        self._background: Backdrop | None = None

    def __call__(self, layers: Layers) -> Layers:
        """Return the layers with the colour as their background."""
        if self._background is None or self._background.size != layers.frame.size:
            self._background = Backdrop(np.full((1, 1, 3), self._colour, np.uint8), layers.frame.size)
        return layers.with_background(self._background)
