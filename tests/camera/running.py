"""streammatte as a program that runs, and what its virtual camera shows."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import av
import numpy as np

__all__ = ["frames", "live", "moves", "near", "opened", "started", "top", "until"]

CLOCK_TICKS = os.sysconf("SC_CLK_TCK")


class Live:
    """A command of streammatte, running."""

    def __init__(self, command: Sequence[str], env: dict[str, str]) -> None:
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, env=os.environ | env)

    def cpu_s(self) -> float:
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / CLOCK_TICKS

    def cpu_percent(self, seconds: float) -> float:
        before, began = self.cpu_s(), time.monotonic()
        time.sleep(seconds)
        return (self.cpu_s() - before) / (time.monotonic() - began) * 100

    def holds(self, device: str) -> bool:
        links = Path(f"/proc/{self.process.pid}/fd").iterdir()
        return any(os.path.realpath(link) == device for link in links)

    def end(self) -> str:
        """Press Ctrl-C, unless it has ended; return what it said."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        out, err = self.process.communicate(timeout=20)
        assert self.process.returncode == 0, (self.process.returncode, err)
        return err + out


def live(*options: str, background: str = "#00ff00", env: dict[str, str] | None = None) -> AbstractContextManager[Live]:
    """`streammatte webcam`, running."""
    return started([sys.executable, "-m", "streammatte", "webcam", "--bg", background, *options], env or {})


@contextmanager
def started(command: Sequence[str], env: dict[str, str]) -> Iterator[Live]:
    running = Live(command, env)
    try:
        yield running
    finally:
        if running.process.poll() is None:
            running.process.kill()
        running.process.wait()


def until(true: Callable[[], Any], seconds: float, what: str, every_s: float = 0.02) -> float:
    """Wait; return after how many seconds it came true."""
    began = time.monotonic()
    while not true():
        assert time.monotonic() - began < seconds, f"not within {seconds:g} s: {what}"
        time.sleep(every_s)
    return time.monotonic() - began


def near(colour: Any, wanted: Any, by: int = 30) -> bool:
    return bool(np.abs(np.asarray(colour, float) - wanted).max() <= by)


def frames(device: str, patience_s: float = 20) -> Iterator[np.ndarray]:
    end = time.monotonic() + patience_s
    while True:
        try:
            container = av.open(device, format="video4linux2")
            break
        except OSError:  # nobody writes to it yet
            if time.monotonic() > end:
                raise
            time.sleep(0.1)
    with container:
        for frame in container.decode(video=0):
            yield frame.to_ndarray(format="rgb24")


def top(picture: np.ndarray) -> np.ndarray:
    """The colour of a spot at the upper edge where the sample always shows the wall."""
    height, width = picture.shape[:2]
    return picture[height // 50 : height // 25, width * 9 // 32 : width * 10 // 32].reshape(-1, 3).mean(axis=0)


def opened(running: Live, device: str) -> float:
    return until(lambda: running.holds(device), 20, f"streammatte opens {device}")


def moves(reader: Iterator[np.ndarray], within: int = 60) -> bool:
    """Whether the picture changes within so many frames."""
    first = next(reader).astype(int)
    return any(np.abs(next(reader) - first).max() > 50 for _ in range(within))
