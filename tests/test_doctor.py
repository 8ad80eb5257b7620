from __future__ import annotations

import importlib.metadata
import json
import os
import plistlib
import shlex
import shutil
import subprocess
import sys
import time
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from packaging.requirements import Requirement as Reference
from packaging.specifiers import SpecifierSet

from streammatte.doctor import examine
from streammatte.doctor.cameras import cameras
from streammatte.doctor.commands import pip, reinstall, shell
from streammatte.doctor.installation import Requirement, packages, parse_requirement, python
from streammatte.doctor.permissions import permission_remedy
from streammatte.doctor.self_test import self_test
from streammatte.doctor.virtual_cameras import obs_on_macos, virtual_cameras
from streammatte.io.camera import CameraInfo
from streammatte.io.holders import Holder
from streammatte.io.loopback import LOAD, RELOAD
from streammatte.io.v4l2 import V4l2Device
from streammatte.io.v4l2_formats import CameraMode

ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="V4L2 is Linux's")
WEBCAM = V4l2Device("/dev/null", "A webcam", captures=True)  # a file that is sure to exist


@pytest.fixture
def there(monkeypatch):
    """Put devices, formats and holders in the place of this machine's."""

    def put(*devices, modes=(), held=(), form=None):
        seen = [CameraInfo(each.path, each.name) for each in devices if each.captures]
        monkeypatch.setattr("streammatte.io.camera.list_cameras", lambda: seen)
        for module in ("cameras", "virtual_cameras"):
            monkeypatch.setattr(f"streammatte.doctor.{module}.v4l2_devices", lambda: list(devices))
            monkeypatch.setattr(f"streammatte.doctor.{module}.holders", lambda path: list(held))
        monkeypatch.setattr("streammatte.doctor.cameras.camera_modes", lambda path: list(modes))
        monkeypatch.setattr("streammatte.doctor.virtual_cameras.output_format", lambda path: form)

    return put


@pytest.fixture
def settings(tmp_path):
    """Write the settings of a v4l2loopback; return the system's root folder."""

    def write(**values):
        for name, value in values.items():
            path = tmp_path / "sys/module/v4l2loopback/parameters" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(value + "\n")
        return tmp_path

    return write


def mode(pixel_format, width, height, *rates):
    return CameraMode(pixel_format, (width, height), tuple(map(Fraction, rates)))


def test_every_requirement_of_ours_is_read_as_packaging_reads_it():
    texts = importlib.metadata.requires("streammatte")
    assert len(texts) > 8
    for text in texts:
        read, reference = parse_requirement(text), Reference(text)
        assert (read.name, f">={read.least}") == (reference.name, str(reference.specifier))
        assert bool(read.extra) == bool(reference.marker)
        assert not reference.marker or reference.marker.evaluate({"extra": read.extra})


@pytest.mark.parametrize("least", ["4.10", "17", "0.4.5", "2024.4", "1.20.0"])
def test_versions_are_compared_as_packaging_compares_them(least):
    versions = [
        "4.9.1",
        "4.10.0",
        "4.10",
        "4.11.0.86",
        "16.9",
        "17",
        "17.0.1",
        "0.4.4",
        "0.4.10",
        "2024.3.9",
        "2024.10",
        "1.20",
        "1.19.2",
        "2.13.0+cpu",
    ]
    allowed = [version for version in versions if Requirement("a", least).allows(version)]
    assert allowed == list(SpecifierSet(f">={least}").filter(versions))
    assert 0 < len(allowed) < len(versions)


def test_a_requirement_of_another_form_is_not_misread():
    assert parse_requirement("numpy<3,>=1.26") is None
    assert parse_requirement("numpy") is None


@pytest.mark.skipif(sys.platform == "win32", reason="has another shell")
def test_a_command_survives_the_shell():
    words = ["install", "openvino>=2024.4", "a b", "$HOME", "it's"]
    program = "import sys; print(sys.argv[1:])"
    told = subprocess.run(shell(sys.executable, "-c", program, *words), shell=True, capture_output=True, text=True)
    assert told.stdout == f"{words}\n"
    assert shlex.split(pip(*words))[1:] == ["-m", "pip", *words]
    assert Path(shutil.which(shlex.split(pip())[0])) == Path(sys.executable)


def test_on_windows_what_its_shell_would_redirect_is_quoted(monkeypatch):
    monkeypatch.setattr(sys, "platform", "win32")
    line = shell(r"C:\Program Files\python.exe", "-m", "pip", "install", "av>=17")
    assert line == r'"C:\Program Files\python.exe" -m pip install "av>=17"'


@pytest.mark.parametrize(
    ("origin", "words"),
    [
        (None, ["streammatte"]),
        ({"url": "file:///home/me/streammatte", "dir_info": {}}, ["file:///home/me/streammatte"]),
        ({"url": "file:///clone", "dir_info": {"editable": True}}, ["--editable", "file:///clone"]),
        ({"url": "https://host/streammatte", "vcs_info": {"vcs": "git"}}, ["git+https://host/streammatte"]),
    ],
)
def test_streammatte_is_installed_again_from_where_it_came(origin, words, monkeypatch):
    class Distribution:
        def read_text(self, name):
            assert name == "direct_url.json"
            return origin and json.dumps(origin)

    monkeypatch.setattr("streammatte.doctor.commands.distribution", lambda name: Distribution())
    assert reinstall() == pip("install", "--force-reinstall", "--no-deps", *words)


def _with_versions(monkeypatch, versions):
    """Pretend that of these packages other versions are installed; None for not installed."""
    really = importlib.metadata.version

    def version(name):
        if name in versions and versions[name] is None:
            raise importlib.metadata.PackageNotFoundError(name)
        return versions.get(name) or really(name)

    monkeypatch.setattr("streammatte.doctor.installation.version", version)
    return {finding.name: finding for finding in packages()}


def test_a_package_that_is_missing_or_too_old_gets_the_pip_command(monkeypatch):
    found = _with_versions(monkeypatch, {"pyvirtualcam": "0.13.1", "safetensors": None, "openvino": None})

    assert found["pyvirtualcam"].status == found["safetensors"].status == "problem"
    assert found["pyvirtualcam"].remedy == pip("install", "--upgrade", "pyvirtualcam>=0.14")
    assert found["safetensors"].remedy == pip("install", "safetensors>=0.4.5")
    assert (found["extra openvino"].status, found["extra openvino"].remedy) == (
        "ok",
        pip("install", "openvino>=2024.4"),
    )
    assert found["numpy"].status == "ok"


def test_opencv_without_its_window_library_is_changed_for_the_headless_one(monkeypatch):
    really = importlib.import_module

    def import_module(name):
        if name == "cv2":
            raise ImportError("libGL.so.1: cannot open shared object file: No such file or directory")
        return really(name)

    monkeypatch.setattr("streammatte.doctor.installation.importlib.import_module", import_module)
    found = _with_versions(monkeypatch, {})["opencv-python"]
    assert found.status == "problem"
    assert "libGL.so.1" in found.detail
    assert found.remedy == (f"{pip('uninstall', '-y', 'opencv-python')} && {pip('install', 'opencv-python-headless')}")


def test_headless_opencv_will_do(monkeypatch):
    found = _with_versions(monkeypatch, {"opencv-python": None, "opencv-python-headless": "4.12.0.88"})
    assert found["opencv-python"].status == "ok"
    assert "opencv-python-headless" in found["opencv-python"].detail


def test_a_system_python_that_refuses_packages_is_told_of(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "prefix", sys.base_prefix)
    monkeypatch.setattr("sysconfig.get_path", lambda name: str(tmp_path))
    assert {each.name: each.status for each in python()} == {"version": "ok", "environment": "ok"}

    (tmp_path / "EXTERNALLY-MANAGED").touch()
    finding = python()[1]
    assert finding.status == "warning"
    assert " -m venv " in finding.remedy
    assert " && " in finding.remedy


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


@ON_LINUX
def test_a_camera_that_may_not_be_read_is_not_called_missing(there, tmp_path):
    device = tmp_path / "video0"
    device.touch()
    device.chmod(0o600)
    there(V4l2Device(str(device), "A webcam", readable=False))
    (finding,) = cameras()
    assert (finding.status, finding.remedy) == ("problem", f"sudo chmod a+rw {device}")


@ON_LINUX
def test_who_is_not_in_the_group_of_a_device_gets_there(monkeypatch):
    import grp
    import pwd

    user = pwd.getpwuid(os.getuid()).pw_name
    group = next(each for each in grp.getgrall() if each.gr_gid and user not in each.gr_mem)
    status = os.stat_result((0o20660, 0, 0, 1, 0, group.gr_gid, 0, 0, 0, 0))
    monkeypatch.setattr(Path, "stat", lambda self: status)
    assert permission_remedy("/dev/video0").startswith(f"sudo usermod -aG {group.gr_name} $USER")

    monkeypatch.setattr(grp, "getgrgid", lambda gid: grp.struct_group((group.gr_name, "", gid, [user])))
    assert permission_remedy("/dev/video0").startswith("log out and in again")


LOOPBACK = V4l2Device("/dev/video9", "streammatte", outputs=True, loopback=True)


@ON_LINUX
def test_a_loopback_that_browsers_pass_over_is_told_of(there, settings):
    there(LOOPBACK, held=[Holder(5, "obs", writes_only=True), Holder(6, "chrome")], form=("YU12", (1280, 720)))
    (hidden,) = virtual_cameras(settings(exclusive_caps="Y,N,N", video_nr="8,9,-1"))
    assert (hidden.status, hidden.remedy) == ("warning", RELOAD)
    assert "exclusive_caps=0" in hidden.detail
    assert "YU12, 1280x720" in hidden.detail
    assert "obs (process 5), which writes, chrome (process 6)" in hidden.detail

    (seen,) = virtual_cameras(settings(exclusive_caps="N,Y,N"))
    assert (seen.status, seen.remedy) == ("ok", None)
    assert "exclusive_caps=1" in seen.detail


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
    assert (finding.status, finding.remedy) == ("problem", f"sudo chmod a+rw {device}")


@pytest.mark.parametrize(("version", "status"), [("29.1.3", "problem"), ("30.0.0", "ok"), ("31.0", "ok")])
def test_obs_before_30_is_too_old_on_macos(version, status, tmp_path):
    (tmp_path / "Contents").mkdir()
    (tmp_path / "Contents/Info.plist").write_bytes(plistlib.dumps({"CFBundleShortVersionString": version}))
    (finding,) = obs_on_macos(tmp_path)
    assert (finding.status, version in finding.detail) == (status, True)
    assert (finding.remedy is None) == (status == "ok")


class Matter:
    """Calls `share` of every picture person, and takes its time."""

    engine, device = "double", "nothing"

    def __init__(self, share, seconds=0.0):
        self.share, self.seconds = share, seconds

    def matte(self, frame):
        time.sleep(self.seconds)
        return np.full(frame.rgb.shape[:2], self.share, np.float32)

    def reset(self):
        pass


def test_the_shipped_network_passes_the_self_test():
    speed, stages, alpha = self_test(0.5)
    assert "onnxruntime on cpu" in speed.detail
    assert "matte " in stages.detail
    assert alpha.status == "ok"


@pytest.mark.parametrize(("share", "status"), [(0.0, "problem"), (0.3, "ok"), (1.0, "problem")])
def test_alpha_that_cannot_be_is_a_problem(share, status, monkeypatch):
    monkeypatch.setattr("streammatte.matting.load", lambda: Matter(share))
    *_, alpha = self_test(0.05)
    assert (alpha.status, f"{share:.0%} of" in alpha.detail) == (status, True)
    assert (alpha.remedy is None) == (status == "ok")


def test_the_self_test_ends_in_time_and_tells_of_a_slow_machine(monkeypatch):
    monkeypatch.setattr("streammatte.matting.load", lambda: Matter(0.3, seconds=0.1))
    start = time.monotonic()
    speed, *_ = self_test(0.4)
    assert time.monotonic() - start < 2  # the clip alone would take five
    assert speed.status == "warning"
    assert speed.remedy.startswith("streammatte webcam --matte-fps ")
    assert 1 <= int(speed.remedy.split()[-1]) <= 10


@pytest.mark.parametrize(
    ("error", "remedy"),
    [
        (ImportError("no such library", name="av.codec"), pip("install", "--force-reinstall", "av")),
        (RuntimeError("the engine fails"), None),
    ],
)
def test_what_breaks_in_the_self_test_is_a_finding(error, remedy, monkeypatch):
    def load():
        raise error

    monkeypatch.setattr("streammatte.matting.load", load)
    (finding,) = self_test()
    assert finding.status == "problem"
    assert str(error) in finding.detail
    assert finding.remedy == remedy if remedy else "--force-reinstall" in finding.remedy


def test_an_examination_of_this_machine_ends_and_each_trouble_has_a_remedy(monkeypatch):
    def broken():
        raise OSError("a driver that hangs up")

    monkeypatch.setattr("streammatte.doctor._LOOKS", (("cameras", broken), *_looks()))
    first, *findings = examine(test=False)

    assert (first.section, first.name, first.status) == ("cameras", "broken", "problem")
    assert "a driver that hangs up" in first.detail
    assert [*dict.fromkeys(each.section for each in findings)] == [
        "Python",
        "packages",
        "compute devices",
        "cameras",
        "virtual cameras",
    ]
    assert {each.name: each.detail for each in findings}["chosen"] in ("onnxruntime on cpu", "torch on cuda")
    assert all(each.remedy for each in (first, *findings) if each.status != "ok")


def _looks():
    from streammatte import doctor

    return doctor._LOOKS
