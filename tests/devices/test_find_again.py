from __future__ import annotations

import pytest

from streammatte.devices.camera import CameraInfo, find_again
from streammatte.errors import DeviceError


@pytest.mark.parametrize(
    ("there", "expected"),
    [
        ([("/dev/video0", "Desk"), ("/dev/video2", "Lid")], "/dev/video0"),
        ([("/dev/video2", "Lid"), ("/dev/video4", "Desk")], "/dev/video4"),
        ([("/dev/video0", "Lid"), ("/dev/video4", "Desk")], "/dev/video4"),
        ([("/dev/video2", "Lid")], "/dev/video0"),  # and opening it says that it is not there
    ],
)
def test_a_camera_is_found_under_its_new_number(there, expected, monkeypatch):
    monkeypatch.setattr("streammatte.devices.camera.list_cameras", lambda: [CameraInfo(*each) for each in there])
    assert find_again("/dev/video0", "Desk") == expected


def test_no_other_camera_takes_its_place(monkeypatch):
    monkeypatch.setattr("streammatte.devices.camera.list_cameras", lambda: [CameraInfo("/dev/video0", "Lid")])
    with pytest.raises(DeviceError, match=r"/dev/video0, Desk, is gone"):
        find_again("/dev/video0", "Desk")
