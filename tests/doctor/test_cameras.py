from __future__ import annotations

import os
import sys
from fractions import Fraction
from pathlib import Path

import pytest

from streammatte.devices.holders import Holder
from streammatte.devices.v4l2 import V4l2Device
from streammatte.devices.v4l2_formats import CameraMode
from streammatte.doctor.cameras import cameras
from streammatte.doctor.permissions import permission_remedy

ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="V4L2 is Linux's")
WEBCAM = V4l2Device("/dev/null", "A webcam", captures=True)  # a file that is sure to exist


def mode(pixel_format, width, height, *rates):
    return CameraMode(pixel_format, (width, height), tuple(map(Fraction, rates)))


@ON_LINUX
@pytest.mark.parametrize(
    ("modes", "status"),
    [
        ([mode("MJPG", 1280, 720, 30), mode("YUYV", 640, 480, 30)], "ok"),
        ([mode("NV12", 1920, 1080, 30)], "ok"),
        ([mode("YUYV", 1280, 720, 10, 5), mode("YUYV", 640, 480, 30), mode("YUYV", 320, 240, 30)], "warning"),
        ([mode("MJPG", 640, 480, 30)], "warning"),
    ],
)
def test_a_camera_that_is_slow_at_720_lines_is_told_of(modes, status, there):
    there(WEBCAM, modes=modes)
    (finding,) = cameras()
    assert finding.status == status
    if status == "warning":
        assert finding.remedy == "streammatte webcam --camera /dev/null --size 640x480"


@ON_LINUX
def test_formats_with_the_same_sizes_share_a_line(there):
    modes = [mode(name, *size, 30) for name in ("YUYV", "UYVY") for size in ((640, 480), (1280, 720))]
    there(WEBCAM, modes=[*modes, mode("MJPG", 1920, 1080, 60, 30)])
    lines = cameras()[0].detail.splitlines()
    assert lines == [
        "A webcam",
        "YUYV, UYVY: 1280x720 (30 fps), 640x480 (30 fps)",
        "MJPG: 1920x1080 (60, 30 fps)",
    ]


@ON_LINUX
def test_a_camera_in_use_is_told_with_its_user(there):
    there(WEBCAM, modes=[mode("MJPG", 1280, 720, 30)], held=[Holder(41, "cheese"), Holder(97, "zoom")])
    _, finding = cameras()
    assert finding.status == "warning"
    assert "cheese (process 41), zoom (process 97)" in finding.detail
    assert finding.remedy.endswith("kill 41 97")


@ON_LINUX
def test_programs_that_this_user_cannot_see_are_owned_up_to(there):
    there(WEBCAM, modes=[mode("MJPG", 1280, 720, 30)], root=False)
    _, finding = cameras()
    assert finding.status == "ok"
    assert finding.detail.endswith("sudo fuser -v /dev/null")


@ON_LINUX
def test_a_camera_that_does_not_answer_breaks_nothing(there, monkeypatch):
    def unplugged(path):
        raise OSError(19, "No such device")

    there(WEBCAM)
    monkeypatch.setattr("streammatte.doctor.cameras.camera_modes", unplugged)
    assert [(each.status, each.remedy) for each in cameras()] == [("problem", "unplug it and plug it in again")]


@ON_LINUX
def test_what_is_no_camera_is_not_taken_for_one(there):
    there(V4l2Device("/dev/null", "a codec"), V4l2Device("/dev/zero", "a loopback", captures=True, loopback=True))
    assert cameras() == []  # the loopback can be read, so that there is one


@ON_LINUX
def test_no_camera_is_a_problem(there):
    there()
    (finding,) = cameras()
    assert finding.status == "problem"
    assert finding.remedy.startswith("plug one in")
    assert finding.remedy.endswith(": streammatte webcam --camera sample --preview")


@ON_LINUX
@pytest.mark.parametrize("programs", [["setfacl"], []])
def test_a_camera_that_may_not_be_read_is_not_called_missing(there, tmp_path, monkeypatch, programs):
    import pwd

    monkeypatch.setattr("shutil.which", lambda name: name if name in programs else None)
    user = pwd.getpwuid(os.getuid()).pw_name
    device = tmp_path / "video0"
    device.touch()
    device.chmod(0o600)
    there(V4l2Device(str(device), "A webcam", readable=False))
    (finding,) = cameras()
    command = f"setfacl -m u:{user}:rw" if programs else "chmod a+rw"  # which opens it to everybody
    assert (finding.status, finding.remedy) == ("problem", f"sudo {command} {device}")


@ON_LINUX
def test_who_is_not_in_the_group_of_a_device_gets_there(monkeypatch):
    import grp
    import pwd

    user = pwd.getpwuid(os.getuid()).pw_name
    group = next(each for each in grp.getgrall() if each.gr_gid and user not in each.gr_mem)
    status = os.stat_result((0o20660, 0, 0, 1, 0, group.gr_gid, 0, 0, 0, 0))
    monkeypatch.setattr(Path, "stat", lambda self: status)
    assert permission_remedy("/dev/video0") == f"sudo usermod -aG {group.gr_name} {user}"

    monkeypatch.setattr(grp, "getgrgid", lambda gid: grp.struct_group((group.gr_name, "", gid, [user])))
    assert permission_remedy("/dev/video0").startswith("log out and in again")
