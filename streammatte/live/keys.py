"""What a key does to a running session, in a terminal, the preview window or the control page."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from streammatte.live.controls import LiveControls

__all__ = ["KEYS"]

_BLUR_STEP = 10.0

KEYS: dict[str, tuple[str, Callable[[LiveControls], None]]] = {
    "n": ("next background", lambda controls: controls.step_background(1)),
    "p": ("previous background", lambda controls: controls.step_background(-1)),
    "]": ("blur the background more", lambda controls: controls.blur_by(_BLUR_STEP)),
    "[": ("blur it less", lambda controls: controls.blur_by(-_BLUR_STEP)),
    "o": ("matting off / on", lambda controls: controls.toggle("on")),
    "m": ("mirror", lambda controls: controls.toggle("mirror")),
    "a": ("show alpha", lambda controls: controls.toggle("show_alpha")),
    "f": ("freeze", lambda controls: controls.toggle("frozen")),
    "c": ("cover with a card / uncover", lambda controls: controls.toggle("covered")),
    "q": ("quit", lambda controls: controls.quit()),
}
"""Each key's help and its call."""
