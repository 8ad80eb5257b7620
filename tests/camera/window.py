"""A window on an X server without a screen, as Xvfb is: what it shows, and keys pressed in it (xdotool)."""

from __future__ import annotations

import subprocess
from types import TracebackType

import av
import numpy as np


class Window:
    """The window called streammatte, on a display of its own."""

    def __init__(self) -> None:
        command = ["Xvfb", "-displayfd", "1", "-screen", "0", "1280x800x24"]
        self._server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        assert self._server.stdout is not None
        self.display = f":{self._server.stdout.readline().strip()}"

    def __enter__(self) -> Window:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.kill()
        self._server.wait()

    def corner(self) -> tuple[int, int, int]:
        """The colour near the upper right corner of the window, where there is a window; black elsewhere."""
        with av.open(self.display, "r", format="x11grab", options={"video_size": "1280x800"}) as screen:
            picture = next(screen.decode(video=0)).to_ndarray(format="rgb24")
        window = self._xdotool("search", "--name", "^streammatte$").split()
        if not window:
            return 0, 0, 0
        geometry = self._xdotool("getwindowgeometry", "--shell", window[-1]).split()
        x, y, width, height = (
            int(dict(each.split("=") for each in geometry)[key]) for key in ("X", "Y", "WIDTH", "HEIGHT")
        )
        part = picture[y : y + height, x : x + width][height // 3 : height // 3 + 20, -60:-40]
        r, g, b = np.median(part.reshape(-1, 3), axis=0).astype(int).tolist() if part.size else (0, 0, 0)
        return r, g, b

    def press(self, key: str) -> None:
        """Press a key in it."""
        self._xdotool("search", "--name", "^streammatte$", "windowfocus", "key", key)

    def _xdotool(self, *arguments: str) -> str:
        command = ["xdotool", *arguments]
        return subprocess.run(
            command, env={"DISPLAY": self.display}, capture_output=True, text=True, check=False
        ).stdout
