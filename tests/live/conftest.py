from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from threading import Event
from time import monotonic

import numpy as np
import pytest

from streammatte.frames import Frame
from streammatte.stages import Source, SourceInfo


class Camera(Source):
    """Gives grey pictures of rising brightness at a rate until it is closed, or breaks as it is told to."""

    def __init__(self, size=(64, 48), rate=100, frames=None, error=None, silent_after=None):
        self._info = SourceInfo(size, Fraction(rate), live=True, device="/dev/video0")
        self.frames, self.error, self.silent_after = frames, error, silent_after
        self.closed = Event()

    @property
    def info(self) -> SourceInfo:
        return self._info

    def __iter__(self) -> Iterator[Frame]:
        index = 0
        while not self.closed.wait(float(1 / self.rate)):
            if index == self.frames:
                if self.error is not None:
                    raise self.error
                return
            if index == self.silent_after:
                self.closed.wait()
                return
            rgb = np.full((self.size[1], self.size[0], 3), index % 250, np.uint8)
            yield Frame(rgb, round(monotonic() * 1e6), Fraction(1, 1_000_000))
            index += 1

    def close(self) -> None:
        self.closed.set()


class Half:
    """Takes the left half for foreground; counts how often it is asked."""

    engine, device = "double", "nothing"

    def __init__(self) -> None:
        self.asked = 0

    def matte(self, frame: Frame):
        self.asked += 1
        alpha = np.zeros(frame.rgb.shape[:2], np.float32)
        alpha[:, : alpha.shape[1] // 2] = 1
        return alpha

    def reset(self) -> None:
        pass


@pytest.fixture
def camera():
    return Camera


@pytest.fixture
def half():
    return Half()
