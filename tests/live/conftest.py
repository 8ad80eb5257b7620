from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from threading import Event
from time import monotonic

import numpy as np
import pytest

from streammatte.compositing.frames import Frame
from streammatte.live.carry import CarryingMatter
from streammatte.live.chain import LiveChain
from streammatte.live.controls import LiveControls
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


RGB = np.random.default_rng(0).integers(0, 255, (48, 64, 3), np.uint8)


@pytest.fixture
def make():
    made = []

    def controls(*backgrounds, **options):
        made.append(LiveControls(backgrounds, decontaminate=False, **options))
        return made[-1]

    yield controls
    for each in made:
        each.close()


class Shown:
    """Sends frames through a session's chain."""

    def __init__(self, controls, matter) -> None:
        self.since_s = 0.0
        self.chain = LiveChain(controls, CarryingMatter(matter), lambda: self.since_s)
        self.count = 0

    def __call__(self, rgb=RGB):
        self.count += 1
        frame = Frame(np.roll(rgb, self.count, axis=0), 40 * self.count)
        return frame, self.chain(frame)[0].composite.rgb


@pytest.fixture
def show_with():
    return Shown
