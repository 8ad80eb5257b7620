"""An icon beside the clock, where the desktop has a place for it and `pystray` is installed."""

from __future__ import annotations

import sys
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from streammatte.app.app import App

__all__ = ["tray"]

_SIZE = 64
_BLUE = "#2563eb"


@contextmanager
def tray(app: App) -> Iterator[None]:
    """Show the icon meanwhile; where there cannot be one, nothing is shown."""
    icon = _icon(app)
    if icon is not None:
        icon.run_detached()
    try:
        yield
    finally:
        if icon is not None:
            icon.stop()


def _icon(app: App) -> Any:
    """The icon with its menu, or None; a click on it opens the page where the desktop has no menus for icons."""
    if sys.platform == "darwin":  # its menu bar wants the main thread, which Ctrl-C wants too
        return None
    try:
        from pystray import Icon, Menu, MenuItem

        items = (
            MenuItem("Open the page", lambda: webbrowser.open(app.invitation()), default=True),
            MenuItem("Next background", lambda: _next_background(app)),
            MenuItem("On", lambda: app.turn(True)),
            MenuItem("Off", lambda: app.turn(False)),
            MenuItem("Quit", lambda: app.quit()),
        )
        return Icon("streammatte", _picture(), "streammatte", Menu(*items))
    except Exception:  # pystray is not installed, or finds no desktop, which each of its backends tells in its own way
        return None


def _next_background(app: App) -> None:
    session = app.session
    if session is not None:
        session.controls.step_background(1)


def _picture() -> Any:
    """The page's icon: somebody in white on blue."""
    from PIL import Image, ImageDraw

    picture = Image.new("RGBA", (_SIZE, _SIZE))
    draw = ImageDraw.Draw(picture)
    draw.rounded_rectangle((0, 0, _SIZE - 1, _SIZE - 1), 16, _BLUE)
    draw.ellipse((21, 15, 43, 37), "white")
    draw.pieslice((11, 42, 53, 86), 180, 360, "white")
    return picture
