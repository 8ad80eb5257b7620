"""What FFmpeg lists on macOS and Windows, of which not all are cameras."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from streammatte.devices.camera import CameraSource
from streammatte.devices.listing import CameraInfo, list_cameras
from streammatte.errors import DeviceError


@pytest.fixture
def lists(monkeypatch):
    """Let a system list devices, of which the last is a microphone."""

    def lists(form, *devices):
        found = [SimpleNamespace(name=name, description=text, media_types=["video"]) for name, text in devices]
        found.append(SimpleNamespace(name="0", description="A microphone", media_types=["audio"]))
        monkeypatch.setattr("streammatte.devices.listing.FORMAT", form)
        monkeypatch.setattr("streammatte.devices.listing.enumerate_input_devices", lambda asked: {form: found}[asked])

    return lists


def test_a_screen_is_no_camera(lists):
    lists("avfoundation", ("0", "FaceTime HD Camera"), ("1", "Capture screen 0"), ("2", "Capture screen 1"))
    assert list_cameras() == [CameraInfo("0", "FaceTime HD Camera")]
    lists("avfoundation", ("0", "Capture screen 0"))
    assert list_cameras() == []


@pytest.mark.parametrize("form", ["avfoundation", "dshow"])
def test_obs_virtual_camera_which_is_written_to_is_read_only_where_it_is_asked_for(lists, monkeypatch, form):
    opened = []
    monkeypatch.setattr("streammatte.devices.camera.FORMAT", form)
    monkeypatch.setattr("streammatte.devices.camera.av.open", lambda name, *_, **__: opened.append(name) or 1 / 0)
    lists(form, ("first", "OBS Virtual Camera"), ("second", "USB Camera"))
    for asked in (None, "OBS Virtual Camera"):
        with pytest.raises(ZeroDivisionError):
            CameraSource(asked)
    assert [name.removeprefix("video=") for name in opened] == ["second", "OBS Virtual Camera"]


def test_the_screen_does_not_take_the_number_of_a_camera(lists, monkeypatch):
    lists("avfoundation", ("0", "FaceTime HD Camera"), ("1", "Capture screen 0"))
    monkeypatch.setattr("streammatte.devices.camera.av.open", lambda *_, **__: pytest.fail("it was opened"))
    with pytest.raises(DeviceError, match=r"no camera 1; the cameras here are: 0  FaceTime HD Camera"):
        CameraSource("1")
