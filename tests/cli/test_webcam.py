from __future__ import annotations

import shlex
import sys
from dataclasses import replace
from fractions import Fraction

import cv2
import numpy as np
import pytest

from streammatte.devices.listing import CameraInfo
from streammatte.errors import DeviceError
from streammatte.io import ArraySource, ListSink

FRAMES = 8


class Camera(ArraySource):
    asked = None

    def __init__(self, spec, size, rate):
        Camera.asked = spec, size, rate
        pictures = (np.full((48, 64, 3), 20 + index % 200, np.uint8) for index in range(100_000))
        super().__init__(pictures, rate, live=True)
        self._info = replace(self._info, device="/dev/video3", name="A camera", coding="mjpeg")

    def __iter__(self):
        from time import sleep

        for frame in super().__iter__():
            sleep(0.005)
            yield frame


class Output(ListSink):
    """A virtual camera or a window; at its eighth frame the user does something."""

    made = ()
    then = None

    def __init__(self, *arguments):
        super().__init__()
        self.arguments, self.closed_by_user, self.pressed = arguments, False, ""
        self.device, self.rate = "/dev/video9", Fraction(200)
        Output.made = (*Output.made, self)

    def write(self, layers):
        super().write(layers)
        if len(self.layers) == FRAMES and Output.then is not None:
            Output.then(self)

    def readers(self):
        return 0

    def abort(self):
        self.aborted = True


@pytest.fixture(autouse=True)
def devices(monkeypatch):
    monkeypatch.setattr("streammatte.devices.open_camera", Camera)
    monkeypatch.setattr("streammatte.devices.virtual_camera.VirtualCameraSink", Output)
    monkeypatch.setattr("streammatte.devices.preview.PreviewSink", Output)
    monkeypatch.setattr("streammatte.devices.virtual_camera.list_virtual_cameras", lambda: ["/dev/video9"])
    monkeypatch.setattr(Output, "made", ())
    monkeypatch.setattr(Output, "then", press("q"))


def press(keys):
    """Type into the terminal."""
    return lambda _: typed.append(keys)


typed: list[str] = []


@pytest.fixture(autouse=True)
def terminal(monkeypatch):
    from contextlib import contextmanager

    typed.clear()

    @contextmanager
    def pressed_keys():
        yield lambda: typed.pop(0) if typed else ""

    monkeypatch.setattr("streammatte.cli.keys.pressed_keys", pressed_keys)


def test_a_camera_goes_into_the_virtual_camera(streammatte):
    result = streammatte("webcam", "--bg", "#ff0000", "--size", "640x360", "--fps", 15, "--camera", "/dev/video3")

    assert Camera.asked == ("/dev/video3", (640, 360), Fraction(15))
    (sink,) = Output.made
    assert sink.arguments == ((64, 48), Fraction(15), None, "cover")
    assert sink.layers[-1].composite.rgb[0, 0].tolist() == [255, 0, 0]
    assert sink.aborted or sink.closed
    assert result.exit_code == 0
    assert "/dev/video3 gives 64x48 mjpeg at 15 fps" in result.stderr
    assert result.stdout.startswith("showed ")
    assert "double on nothing" in result.stdout


@pytest.mark.parametrize(
    ("options", "made"),
    [
        (["--preview"], [("streammatte",)]),
        (["--virtual-camera"], [((64, 48), 30, None, "cover")]),
        (["--fit"], [((64, 48), 30, None, "contain")]),
        (["--virtual-camera", "/dev/video9", "--preview"], [("streammatte",), ((64, 48), 30, "/dev/video9", "cover")]),
    ],
)
def test_outputs_are_chosen(options, made, streammatte):
    assert streammatte("webcam", *options).exit_code == 0
    assert [output.arguments for output in Output.made] == made


def test_closing_the_window_ends_it(streammatte, monkeypatch):
    monkeypatch.setattr(Output, "then", lambda window: setattr(window, "closed_by_user", True))
    assert streammatte("webcam", "--preview").exit_code == 0
    assert Output.made[0].closed


def test_keys_in_the_window_count_too(streammatte, monkeypatch):
    monkeypatch.setattr(Output, "then", lambda window: setattr(window, "pressed", "q"))
    assert streammatte("webcam", "--preview").exit_code == 0


def test_keys_change_the_picture_and_question_mark_lists_them(streammatte, monkeypatch, tmp_path):
    for name, colour in (("a.png", (0, 200, 0)), ("b.png", (200, 0, 0))):
        cv2.imwrite(str(tmp_path / name), np.full((48, 64, 3), colour, np.uint8))
    monkeypatch.setattr(Output, "then", lambda _: typed.extend(["n?", "", "", "", "q"]))
    result = streammatte("webcam", "--bg", tmp_path, "--no-decontaminate")
    shown = {tuple(layers.composite.rgb[0, 0].tolist()) for layers in Output.made[0].layers}
    assert {(0, 200, 0), (0, 0, 200)} <= shown
    assert "next background" in result.stderr
    assert "freeze" in result.stderr


def test_the_picture_can_begin_mirrored(streammatte, monkeypatch, tmp_path):
    half = np.zeros((48, 64, 3), np.uint8)
    half[:, 32:] = 255
    cv2.imwrite(str(tmp_path / "half.png"), half)
    streammatte("webcam", "--mirror", "--no-decontaminate", "--bg", tmp_path / "half.png")
    assert Output.made[0].layers[-1].composite.rgb[24, :, 0].tolist() == [255] * 32 + [0] * 32


def test_ctrl_c_ends_it_with_a_summary(streammatte, monkeypatch):
    def interrupted(self, timeout_s):
        raise KeyboardInterrupt

    monkeypatch.setattr("streammatte.live.session.LiveSession.wait", interrupted)
    result = streammatte("webcam")
    assert result.exit_code == 0
    assert result.stdout.startswith("showed ")
    assert Output.made[0].aborted or Output.made[0].closed


def test_without_a_camera_one_line_says_what_to_do(streammatte, monkeypatch):
    def missing(*_):
        raise DeviceError("there is no camera; plug one in")

    monkeypatch.setattr("streammatte.devices.open_camera", missing)
    result = streammatte("webcam")
    assert (result.exit_code, result.stderr) == (1, "streammatte: there is no camera; plug one in\n")
    assert Output.made == ()


@pytest.mark.parametrize(
    "arguments",
    [
        ["--size", "big"],
        ["--bg", "none"],
        ["--bg", "no.jpg"],
        ["--fps", "0"],
        ["--matte-fps", "0"],
        ["--cpu-budget", "-5"],
        ["--filter", "nonsense"],
        ["--bg", "EMPTY"],
    ],
)
def test_mistakes_are_found_before_the_camera_starts(arguments, streammatte, monkeypatch, tmp_path):
    monkeypatch.setattr(Camera, "asked", None)
    result = streammatte("webcam", *[tmp_path if each == "EMPTY" else each for each in arguments])
    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 1
    assert Camera.asked is None


@pytest.mark.skipif(sys.platform == "win32", reason="has another shell")
def test_options_of_devices_can_be_copied_into_the_shell(streammatte, monkeypatch):
    long = r"@device_pnp_\\?\usb#vid_046d&pid_0825&mi_00#7&1c2f8d&0&0000#{65e8773d-8f56-11d0-a3b9-00a0c9223196}\global"
    there = [CameraInfo("/dev/video0", "Bob's [red] & Co"), CameraInfo(long, "Twin"), CameraInfo("/dev/video4", "Twin")]
    monkeypatch.setattr("streammatte.devices.listing.list_cameras", lambda: there)
    monkeypatch.setattr("streammatte.devices.virtual_camera.list_virtual_cameras", lambda: ["OBS Virtual Camera"])
    monkeypatch.setenv("COLUMNS", "80")
    words = [shlex.split(line)[1:] for line in streammatte("devices").stdout.splitlines()]
    assert ["--camera", "Bob's [red] & Co", "/dev/video0"] in words
    assert ["--camera", long, "Twin"] in words
    assert ["camera", "--virtual-camera", "OBS Virtual Camera"] in words


def test_devices_are_listed_or_said_to_be_missing(streammatte, monkeypatch):
    monkeypatch.setattr("streammatte.devices.listing.list_cameras", lambda: [])
    monkeypatch.setattr("streammatte.devices.virtual_camera.list_virtual_cameras", lambda: ["/dev/video9"])
    monkeypatch.setattr("streammatte.devices.pipewire.pipewire_problem", lambda: None)
    monkeypatch.setattr("streammatte.matting.engines.torch_devices", lambda: ("cuda", "cpu"))
    lines = streammatte("devices").stdout.splitlines()

    assert not any(line.startswith("camera") for line in lines)
    assert any(line.startswith(("there is no camera; ", "no camera may be read")) for line in lines)
    assert any("--virtual-camera /dev/video9" in line for line in lines)
    assert any("--virtual-camera pipewire" in line for line in lines)
    assert [line.split()[-1] for line in lines if line.startswith("compute")] == ["cuda", "cpu"]
