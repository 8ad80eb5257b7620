from __future__ import annotations

import pytest

from streammatte.devices.listing import CameraInfo, find_again, lasting
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
    monkeypatch.setattr("streammatte.devices.listing.list_cameras", lambda: [CameraInfo(*each) for each in there])
    assert find_again("/dev/video0", "Desk") == expected


def test_a_camera_is_found_among_others_of_its_name(monkeypatch):
    twins = ["/dev/video2"]
    for there, expected in (
        ([("/dev/video2", "Desk")], "/dev/video0"),
        ([("/dev/video2", "Desk"), ("/dev/video4", "Desk")], "/dev/video4"),
    ):
        cameras = [CameraInfo(*each) for each in there]
        monkeypatch.setattr("streammatte.devices.listing.list_cameras", lambda cameras=cameras: cameras)
        assert find_again("/dev/video0", "Desk", twins) == expected


def test_a_name_lasts_unless_two_cameras_have_it():
    there = [CameraInfo("0", "Lid"), CameraInfo("1", "Desk"), CameraInfo("2", "Desk")]
    assert lasting(there) == ["Lid", "1", "2"]


def test_no_other_camera_takes_its_place(monkeypatch):
    monkeypatch.setattr("streammatte.devices.listing.list_cameras", lambda: [CameraInfo("/dev/video0", "Lid")])
    with pytest.raises(DeviceError, match=r"/dev/video0, Desk, is gone"):
        find_again("/dev/video0", "Desk")
