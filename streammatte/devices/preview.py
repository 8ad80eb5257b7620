"""Shows the result in a window."""

from __future__ import annotations

import os
import socket
import sys
from contextlib import suppress

import cv2

from streammatte.compositing.layers import Layers
from streammatte.errors import DeviceError
from streammatte.stages import Sink

__all__ = ["PreviewSink"]

_Q, _ESCAPE = ord("q"), 27


class PreviewSink(Sink):
    """The composite in a window, until the user closes it or presses q or Escape.

    Make it, write to it and close it in the program's main thread: macOS asks for that.

    Parameters
    ----------
    title : str
        The window's title, of which there must not be two.

    Attributes
    ----------
    pressed : str
        The keys pressed since the write before.
    closed_by_user : bool
        Whether the user is done. Nothing is shown any more then; whoever writes should stop.

    Raises
    ------
    DeviceError
        If there is no display, or OpenCV was built without windows.
    """

    def __init__(self, title: str = "streammatte") -> None:
        if sys.platform == "linux" and not _display_answers():  # else Qt would end the whole process
            raise DeviceError(
                f"no window can be shown: the display {os.environ.get('DISPLAY', '')!r} does not answer",
                remedy="run this in a desktop session, or write to a file or a virtual camera instead",
            )
        os.environ.setdefault("QT_LOGGING_RULES", "default.warning=false")  # OpenCV's Qt lacks fonts, and says so
        self._title = title
        self._sized = False
        self.pressed = ""
        self.closed_by_user = False
        try:
            cv2.namedWindow(title, cv2.WINDOW_NORMAL | cv2.WINDOW_KEEPRATIO | cv2.WINDOW_GUI_NORMAL)
        except cv2.error as error:
            raise DeviceError(
                "no window can be shown: this OpenCV has none",
                remedy="run 'pip uninstall opencv-python-headless' and 'pip install --force-reinstall opencv-python'",
            ) from error

    def write(self, layers: Layers) -> None:
        """Show the composite and look what the user did."""
        if self.closed_by_user:
            return
        frame = layers.composite
        if not self._sized:
            cv2.resizeWindow(self._title, *frame.size)
            self._sized = True
        cv2.imshow(self._title, cv2.cvtColor(frame.rgb, cv2.COLOR_RGB2BGR))
        key = cv2.waitKey(1) & 0xFF
        self.pressed = chr(key) if 32 <= key < 127 else ""
        visible = cv2.getWindowProperty(self._title, cv2.WND_PROP_VISIBLE) >= 1
        self.closed_by_user = key in (_Q, _ESCAPE) or not visible

    def close(self) -> None:
        """Close the window."""
        with suppress(cv2.error):  # the user may have done it
            cv2.destroyWindow(self._title)

    def abort(self) -> None:
        """Close the window."""
        self.close()


def _display_answers() -> bool:
    """Whether an X server, or Xwayland, listens where DISPLAY says."""
    host, colon, number = os.environ.get("DISPLAY", "").rpartition(":")
    if host not in ("", "unix"):
        return True  # on another machine, as with 'ssh -X'
    path = f"/tmp/.X11-unix/X{number.partition('.')[0]}"
    for address in (f"\0{path}", path):
        with socket.socket(socket.AF_UNIX) as server:
            if colon and server.connect_ex(address) == 0:
                return True
    return False
