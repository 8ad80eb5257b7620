from __future__ import annotations

from fractions import Fraction
from time import sleep

import click
import numpy as np
import pytest

from streammatte import Frame
from streammatte.app import App
from streammatte.cli import cli
from streammatte.cli.choices import ProfileChoices
from streammatte.devices.listing import CameraInfo
from streammatte.errors import DeviceError
from streammatte.io import ListSink
from streammatte.stages import Source, SourceInfo


class Camera(Source):
    """Gives grey pictures until it is closed or breaks."""

    info = SourceInfo((64, 48), Fraction(100), live=True, device="/dev/video0")

    def __init__(self, devices):
        self._devices, self.closed = devices, False

    def __iter__(self):
        while not self.closed:
            sleep(0.01)
            yield Frame(np.full((48, 64, 3), 90, np.uint8))

    def close(self):
        self.closed = True


class Output(ListSink):
    rate = Fraction(100)

    def __init__(self, devices, device):
        super().__init__()
        self._devices, self.device = devices, device
        self.write(None)

    def write(self, layers):
        if self.device not in self._devices.outputs:
            raise DeviceError("the virtual camera is gone", remedy="bring it back")

    def readers(self):
        return 1


class Half:
    """Takes the left half for foreground; stands in for the network, whose weights these tests do not need."""

    engine, device = "double", "nothing"

    def matte(self, frame):
        alpha = np.zeros((48, 64), np.float32)
        alpha[:, :32] = 1
        return alpha

    def reset(self):
        pass


def load(weights=None, *, quality="", engine="", device="", threads=0):
    return Half()


class Devices:
    """What there is, and what was asked for."""

    def __init__(self):
        self.cameras, self.outputs = [CameraInfo("/dev/video0", "A camera")], ["/dev/video9"]
        self.asked, self.made = [], []

    def open_camera(self, spec, size, rate):
        self.asked.append((spec, size))
        if not self.cameras:
            raise DeviceError("there is no camera", remedy="plug one in")
        self.made.append(Camera(self))
        return self.made[-1]

    def open_output(self, size, rate, name, fit):
        return Output(self, name or "/dev/video9")


@pytest.fixture
def devices(monkeypatch):
    devices = Devices()
    monkeypatch.setattr("streammatte.matting.matter.load", load)
    monkeypatch.setattr("streammatte.app.app._LOOK_EVERY_S", 0.05)
    monkeypatch.setattr("streammatte.app.app._KEPT_EVERY_S", 0.05)
    monkeypatch.setattr("streammatte.app.app.examine", lambda **_: [])
    monkeypatch.setattr("streammatte.app.offers._FRESH_S", -1.0)
    monkeypatch.setattr("streammatte.app.offers.list_cameras", lambda: list(devices.cameras))
    monkeypatch.setattr("streammatte.app.offers.list_outputs", lambda: list(devices.outputs))
    monkeypatch.setattr("streammatte.devices.open_camera", devices.open_camera)
    monkeypatch.setattr("streammatte.devices.open_virtual_camera", devices.open_output)
    return devices


@pytest.fixture
def choices():
    return ProfileChoices(click.Context(cli, **cli.context_settings))


@pytest.fixture
def app(devices, choices):
    with App(choices) as app:
        yield app
