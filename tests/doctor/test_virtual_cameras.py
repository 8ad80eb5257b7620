from __future__ import annotations

import plistlib
import sys
from dataclasses import replace

import pytest

from streammatte.devices.holders import Holder
from streammatte.devices.loopback import LOAD, RELOAD
from streammatte.devices.v4l2 import V4l2Device
from streammatte.doctor.permissions import permission_remedy
from streammatte.doctor.virtual_cameras import obs_on_macos, virtual_cameras

ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="V4L2 is Linux's")
LOOPBACK = V4l2Device("/dev/video9", "streammatte", outputs=True, loopback=True)


@ON_LINUX
def test_a_loopback_that_browsers_pass_over_is_told_of(there, settings):
    there(LOOPBACK, held=[Holder(5, "obs", writes_only=True), Holder(6, "chrome")], form=("YU12", (1280, 720)))
    (hidden,) = virtual_cameras(settings(exclusive_caps="Y,N,N", video_nr="8,9,-1"))
    assert (hidden.status, hidden.remedy) == ("warning", RELOAD)
    assert "exclusive_caps=0" in hidden.detail
    assert "YU12, 1280x720" in hidden.detail
    assert hidden.detail.endswith("\nclose what holds it first")
    assert "obs (process 5), which writes, chrome (process 6)" in hidden.detail

    (seen,) = virtual_cameras(settings(exclusive_caps="N,Y,N"))
    assert (seen.status, seen.remedy) == ("ok", None)
    assert "exclusive_caps=1" in seen.detail

    there(LOOPBACK, replace(LOOPBACK, path="/dev/video10"))
    first, _ = virtual_cameras(settings(exclusive_caps="N,N,N"))
    assert first.detail.endswith("\none device then stands for all 2")


@ON_LINUX
@pytest.mark.parametrize(("captures", "status"), [(False, "ok"), (True, "warning")])
def test_a_loopback_that_the_module_does_not_tell_of_shows_it_by_itself(captures, status, there, tmp_path):
    there(V4l2Device("/dev/video9", "added later", captures=captures, outputs=True, loopback=True))
    assert [each.status for each in virtual_cameras(tmp_path)] == [status]


@ON_LINUX
def test_without_a_loopback_the_whole_command_is_told(there, settings, tmp_path):
    there(V4l2Device("/dev/video1", "an HDMI output", outputs=True))
    output, missing = virtual_cameras(tmp_path)
    assert output.status == "ok"
    assert missing.status == "problem"
    assert missing.remedy.endswith(f" && {LOAD}")
    assert virtual_cameras(settings(exclusive_caps="N"))[1].remedy == RELOAD
    there(pipewire=True)
    assert [each.status for each in virtual_cameras(tmp_path)] == ["warning"]


@ON_LINUX
def test_a_module_that_does_not_build_on_this_kernel_is_named(there, tmp_path, monkeypatch):
    there()
    monkeypatch.setattr("platform.release", lambda: "7.0.4")
    (tmp_path / "usr/src/v4l2loopback-0.12.7").mkdir(parents=True)
    (finding,) = virtual_cameras(tmp_path)
    assert "v4l2loopback 0.12.7 does not build on Linux 7.0.4; 0.15 does" in finding.detail
    assert finding.remedy.startswith("d=$(mktemp -d) && git clone ")


@ON_LINUX
def test_a_loopback_that_may_not_be_opened_is_not_called_missing(there, tmp_path):
    device = tmp_path / "video9"
    device.touch()
    device.chmod(0o600)
    links = tmp_path / "sys/class/video4linux"
    links.mkdir(parents=True)
    (links / "video9").symlink_to("../../devices/virtual/video4linux/video9")
    there(V4l2Device(str(device), "streammatte", readable=False))
    (finding,) = virtual_cameras(tmp_path)
    assert (finding.status, finding.remedy) == ("problem", permission_remedy(str(device)))


@pytest.mark.parametrize(("version", "status"), [("29.1.3", "problem"), ("30.0.0", "ok"), ("31.0", "ok")])
def test_obs_before_30_is_too_old_on_macos(version, status, tmp_path):
    (tmp_path / "Contents").mkdir()
    (tmp_path / "Contents/Info.plist").write_bytes(plistlib.dumps({"CFBundleShortVersionString": version}))
    (finding,) = obs_on_macos(tmp_path)
    assert (finding.status, version in finding.detail) == (status, True)
    assert (finding.remedy is None) == (status == "ok")


@ON_LINUX
@pytest.mark.parametrize(
    ("root", "nobody"), [(True, "no program holds it"), (False, "no program of this user holds it")]
)
def test_it_says_no_more_of_an_idle_loopback_than_it_can_see(root, nobody, there, settings):
    there(LOOPBACK, root=root)
    (finding,) = virtual_cameras(settings(exclusive_caps="Y"))
    assert nobody in finding.detail.splitlines()
