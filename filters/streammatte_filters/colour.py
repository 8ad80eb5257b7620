"""One colour as the background."""

from __future__ import annotations

import re

import numpy as np

from streammatte import Backdrop, FilterError, Layers

__all__ = ["ColourBackground"]

_NAMES = {
    "aqua": "#00ffff",
    "black": "#000000",
    "blue": "#0000ff",
    "fuchsia": "#ff00ff",
    "gray": "#808080",
    "green": "#008000",
    "grey": "#808080",
    "lime": "#00ff00",
    "maroon": "#800000",
    "navy": "#000080",
    "olive": "#808000",
    "orange": "#ffa500",
    "purple": "#800080",
    "red": "#ff0000",
    "silver": "#c0c0c0",
    "teal": "#008080",
    "white": "#ffffff",
    "yellow": "#ffff00",
}
"""The basic colours of CSS."""


class ColourBackground:
    """Puts one colour behind the person.

    Parameters
    ----------
    value : str
        ``#rrggbb``, ``#rgb`` or a basic colour of CSS, such as ``lime``.
    """

    def __init__(self, value: str) -> None:
        self._colour = _parsed(value)
        self._background: Backdrop | None = None

    def __call__(self, layers: Layers) -> Layers:
        """Return the layers with the colour as their background."""
        if self._background is None or self._background.size != layers.frame.size:
            self._background = Backdrop(np.full((1, 1, 3), self._colour, np.uint8), layers.frame.size)
        return layers.with_background(self._background)


def _parsed(value: str) -> tuple[int, ...]:
    text = _NAMES.get(value.lower(), value)
    if re.fullmatch("#[0-9a-fA-F]{3}", text):
        text = "#" + "".join(2 * digit for digit in text[1:])
    if not re.fullmatch("#[0-9a-fA-F]{6}", text):
        raise FilterError(f"{value!r} is no colour; expected #rrggbb, #rgb or one of {', '.join(_NAMES)}")
    return tuple(bytes.fromhex(text[1:]))
