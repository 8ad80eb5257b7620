from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from streammatte.errors import DeviceError
from streammatte.io import ArraySource, ListSink

FRAMES = 8


class Camera(ArraySource):
    asked = None

    def __init__(self, device, size, rate):
        Camera.asked = device, size, rate
        pictures = (np.full((48, 64, 3), 20 + index, np.uint8) for index in range(FRAMES))
        super().__init__(pictures, rate)  # not live, so that each frame is sure to come


class Output(ListSink):
    """A virtual camera or a window; at its third frame the user does something."""

    made = ()
    third = None

    def __init__(self, *arguments):
        super().__init__()
        self.arguments, self.shown, self.closed_by_user = arguments, 0, False
        Output.made = (*Output.made, self)

    def write(self, layers):
        super().write(layers)
        self.shown += 1
        if self.shown == 3 and Output.third is not None:
            Output.third(self)


@pytest.fixture(autouse=True)
def devices(monkeypatch):
    monkeypatch.setattr("streammatte.io.camera.CameraSource", Camera)
    monkeypatch.setattr("streammatte.io.virtual_camera.VirtualCameraSink", Output)
    monkeypatch.setattr("streammatte.io.preview.PreviewSink", Output)
    monkeypatch.setattr(Output, "made", ())
    monkeypatch.setattr(Output, "third", None)


def test_a_camera_goes_into_the_virtual_camera(streammatte):
    result = streammatte("webcam", "--bg", "#ff0000", "--size", "640x360", "--fps", 15, "--camera", "/dev/video3")

    assert Camera.asked == ("/dev/video3", (640, 360), Fraction(15))
    (sink,) = Output.made
    assert sink.arguments == ((64, 48), Fraction(15), None)
    assert [layers.frame.rgb[0, 0, 0] for layers in sink.layers] == list(range(20, 20 + FRAMES))
    assert sink.layers[0].composite.rgb[0, 0].tolist() == [255, 0, 0]
    assert sink.closed
    assert result.stdout.startswith("showed 8 frames in ")


@pytest.mark.parametrize(
    ("options", "made"),
    [
        (["--preview"], [("streammatte",)]),
        (["--virtual-camera"], [((64, 48), 30, None)]),
        (["--virtual-camera", "/dev/video9", "--preview"], [((64, 48), 30, "/dev/video9"), ("streammatte",)]),
        (["--preview", "--virtual-camera"], [((64, 48), 30, None), ("streammatte",)]),
    ],
)
def test_outputs_are_chosen(options, made, streammatte):
    assert streammatte("webcam", *options).exit_code == 0
    assert [output.arguments for output in Output.made] == made


def test_closing_the_window_ends_it(streammatte, monkeypatch):
    monkeypatch.setattr(Output, "third", lambda window: setattr(window, "closed_by_user", True))
    result = streammatte("webcam", "--preview")

    assert result.exit_code == 0
    assert 3 <= Output.made[0].shown < FRAMES + 1
    assert Output.made[0].closed


def test_ctrl_c_ends_it_with_a_summary(streammatte, monkeypatch):
    def press(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(Output, "third", press)
    result = streammatte("webcam")

    assert result.exit_code == 0
    assert result.stdout.startswith("showed 2 frames in ")
    assert Output.made[0].aborted


def test_without_a_camera_one_line_says_what_to_do(streammatte, monkeypatch, loaded):
    def missing(*_):
        raise DeviceError("there is no camera; plug one in")

    monkeypatch.setattr("streammatte.io.camera.CameraSource", missing)
    result = streammatte("webcam")
    assert (result.exit_code, result.stderr) == (1, "streammatte: there is no camera; plug one in\n")
    assert not loaded


@pytest.mark.parametrize("arguments", [["--size", "big"], ["--bg", "none"], ["--bg", "no.jpg"], ["--fps", "0"]])
def test_mistakes_are_found_before_the_camera_starts(arguments, streammatte, monkeypatch):
    monkeypatch.setattr(Camera, "asked", None)
    result = streammatte("webcam", *arguments)
    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 1
    assert Camera.asked is None


def test_devices_are_listed_or_said_to_be_missing(streammatte, monkeypatch):
    monkeypatch.setattr("streammatte.io.camera.list_cameras", lambda: [])
    monkeypatch.setattr("streammatte.io.virtual_camera.list_virtual_cameras", lambda: ["/dev/video9"])
    monkeypatch.setattr("streammatte.engines.torch_devices", lambda: ("cuda", "cpu"))
    lines = streammatte("devices").stdout.splitlines()

    assert not any(line.startswith("camera") for line in lines)
    assert any(line.startswith(("there is no camera; ", "no camera may be read")) for line in lines)
    assert any("--virtual-camera /dev/video9" in line for line in lines)
    assert [line.split()[-1] for line in lines if line.startswith("compute")] == ["cuda", "cpu"]
