from __future__ import annotations

from fractions import Fraction

import cv2
import numpy as np
import pytest
from pyvirtualcam import PixelFormat

from streammatte.compositing.frames import Frame
from streammatte.compositing.layers import Layers
from streammatte.devices import virtual_camera
from streammatte.devices.holders import Holder
from streammatte.devices.virtual_camera import VirtualCameraSink
from streammatte.errors import DeviceError


class Device:
    """A v4l2loopback and what pyvirtualcam makes of it."""

    size, rate = (640, 360), Fraction(25)

    def __init__(self) -> None:
        self.users: list[Holder] = []
        self.sizes = {(640, 360), (1280, 720), (64, 36)}
        self.taken = False
        self.freed = 0
        self.announced = None
        self.sent: list[np.ndarray] = []

    def camera(self, width, height, fps, device, fmt):
        assert fmt is PixelFormat.I420
        if self.taken:
            raise RuntimeError("not a video output device")
        if (width, height) not in self.sizes:
            raise RuntimeError("invalid size")
        self.width, self.height, self.device = width, height, device
        return self

    def send(self, planes) -> None:
        self.sent.append(cv2.cvtColor(planes.reshape(-1, self.width), cv2.COLOR_YUV2RGB_I420))

    def close(self) -> None:
        pass

    def free(self, path) -> None:
        self.freed += 1
        self.taken = False


class HolderCount:
    def __init__(self, device) -> None:
        self.device, self.closed = device, False
        device.count = self

    def __call__(self) -> int:
        return len(self.device.users)

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def device(monkeypatch):
    made = Device()
    monkeypatch.setattr(virtual_camera.pyvirtualcam, "Camera", made.camera)
    monkeypatch.setattr(virtual_camera, "list_virtual_cameras", lambda: ["/dev/video9"])
    monkeypatch.setattr(virtual_camera, "holders", lambda path: made.users)
    monkeypatch.setattr(virtual_camera, "HolderCount", lambda path: HolderCount(made))
    monkeypatch.setattr(virtual_camera, "output_format", lambda path: made.size and ("YU12", made.size))
    monkeypatch.setattr(virtual_camera, "output_rate", lambda path: made.rate)
    monkeypatch.setattr(virtual_camera, "set_output_rate", lambda path, rate: setattr(made, "announced", rate))
    monkeypatch.setattr(virtual_camera, "free_output", made.free)
    return made


def grey(size, level=200):
    rgb = np.full((size[1], size[0], 3), level, np.uint8)
    return Layers.of(Frame(rgb), np.ones(rgb.shape[:2], np.float32))


def test_size_and_rate_are_the_frames_own_where_the_device_takes_them(device):
    sink = VirtualCameraSink((1280, 720), 30)
    assert (sink.size, sink.rate, device.announced) == ((1280, 720), 30, 30)


def test_a_device_that_is_being_watched_keeps_its_size_and_rate(device):
    device.users = [Holder(7, "chrome")]
    sink = VirtualCameraSink((1280, 720), 30)
    assert (sink.size, sink.rate, device.announced) == ((640, 360), 25, None)
    assert (VirtualCameraSink((640, 360), 30).rate, device.announced) == (25, None)
    sink.write(grey((1280, 720)))
    assert np.ptp([device.sent[0], np.full_like(device.sent[0], 200)]) <= 1


def test_a_device_of_a_fixed_size_keeps_it(device):
    device.sizes = {(640, 360)}
    assert VirtualCameraSink((800, 600), 30).size == (640, 360)


@pytest.mark.parametrize(("fit", "bars"), [("cover", 0), ("contain", 8)])
def test_a_frame_of_another_shape_is_cut_or_has_bars_but_is_never_stretched(device, fit, bars):
    device.size = 64, 36
    device.users = [Holder(7, "chrome")]
    sink = VirtualCameraSink((96, 72), fit=fit)
    sink.write(grey((96, 72)))
    columns = device.sent[0][18, :, 0]
    assert (columns[:bars] == 0).all()
    assert np.abs(columns[bars : 64 - bars].astype(int) - 200).max() <= 1


def test_readers_are_those_who_hold_the_device(device):
    sink = VirtualCameraSink((640, 360))
    device.users = [Holder(7, "chrome"), Holder(8, "obs")]
    assert sink.readers() == 2
    sink.close()
    assert device.count.closed


def test_where_the_system_does_not_tell_readers_are_not_known(device, monkeypatch):
    sink = VirtualCameraSink((640, 360))
    monkeypatch.setattr("sys.platform", "darwin")
    assert sink.readers() is None


def test_the_device_is_freed_for_the_next_writer(device):
    VirtualCameraSink((640, 360)).close()
    assert device.freed == 1


def test_after_a_writer_that_was_killed_the_device_is_freed_and_taken(device):
    device.taken = True
    assert VirtualCameraSink((640, 360)).size == (640, 360)


def test_who_holds_the_device_is_named(device):
    device.taken, device.users = True, [Holder(7, "obs")]
    with pytest.raises(DeviceError, match=r"close obs \(process 7\)"):
        VirtualCameraSink((640, 360))
    assert device.freed == 0  # it may be writing
