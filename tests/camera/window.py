"""An X server without a screen, as Xvfb is: what it shows, and keys pressed in a window on it (xdotool)."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from types import TracebackType

import av
import numpy as np

SIZE = (1280, 800)


class Screen:
    """A display of its own."""

    def __init__(self) -> None:
        command = ["Xvfb", "-displayfd", "1", "-screen", "0", f"{SIZE[0]}x{SIZE[1]}x24"]
        self._server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        assert self._server.stdout is not None
        self.display = f":{self._server.stdout.readline().strip()}"

    def __enter__(self) -> Screen:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.kill()
        self._server.wait()

    def pictures(self, fps: int, at: tuple[int, int] = (0, 0), size: tuple[int, int] = SIZE) -> Iterator[np.ndarray]:
        """What it shows, or a part of it, so many times a second."""
        options = {"grab_x": str(at[0]), "grab_y": str(at[1]), "video_size": f"{size[0]}x{size[1]}"}
        options |= {"framerate": str(fps), "draw_mouse": "0"}
        with av.open(self.display, "r", format="x11grab", options=options) as screen:
            for frame in screen.decode(video=0):
                yield frame.to_ndarray(format="rgb24")


class Window(Screen):
    """The window called streammatte."""

    def corner(self) -> tuple[int, int, int]:
        """The colour near the upper right corner of the window, where there is a window; black elsewhere."""
        picture = next(self.pictures(fps=30))
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
