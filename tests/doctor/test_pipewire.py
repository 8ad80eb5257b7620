from __future__ import annotations

import json
import sys

import pytest

from streammatte.devices.pipewire import RESTART
from streammatte.devices.v4l2 import V4l2Device
from streammatte.doctor.browsers import browsers
from streammatte.doctor.pipewire import pipewire
from streammatte.errors import DeviceError

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="PipeWire is Linux's")

MISSING = DeviceError("PipeWire does not run", remedy="systemctl --user start pipewire")
WRITTEN = V4l2Device("/dev/video9", "streammatte", captures=True, loopback=True)
IDLE = V4l2Device("/dev/video9", "streammatte", outputs=True, loopback=True)


@pytest.fixture
def machine(monkeypatch):
    """What is on it: loopbacks, those that PipeWire has seen, what keeps PipeWire from use, and browsers."""

    def put(*loopbacks, seen=(), problem=None, programs=(), new_sink=True):
        objects = [{"info": {"props": {"api.v4l2.path": path}}} for path in ("/dev/video0", *seen)]
        for module in ("pipewire", "browsers"):
            monkeypatch.setattr(f"streammatte.doctor.{module}.v4l2_devices", lambda: list(loopbacks))
            monkeypatch.setattr(f"streammatte.doctor.{module}.pipewire_problem", lambda: problem)
        monkeypatch.setattr("streammatte.doctor.pipewire.pipewire_objects", lambda: [] if problem else objects)
        monkeypatch.setattr("streammatte.doctor.browsers.shutil.which", lambda name: name in programs)
        monkeypatch.setattr("streammatte.doctor.browsers.chromium_can_read", lambda: new_sink)

    return put


@pytest.mark.parametrize(
    ("loopbacks", "seen", "remedies"),
    [
        ([], [], [None]),
        ([WRITTEN], ["/dev/video9"], [None]),
        ([WRITTEN], [], [None, RESTART]),
        ([IDLE], [], [None, None]),
    ],
)
def test_a_loopback_that_pipewire_has_not_seen_while_it_is_written_to_wants_a_restart(
    machine, loopbacks, seen, remedies
):
    machine(*loopbacks, seen=seen)
    findings = pipewire()
    assert [each.remedy for each in findings] == remedies
    assert all((each.status == "warning") == (each.remedy is not None) == each.mends for each in findings)


@pytest.mark.parametrize(("loopbacks", "status"), [([], "warning"), ([IDLE], "ok")])
def test_without_pipewire_its_command_is_told(machine, loopbacks, status):
    machine(*loopbacks, problem=MISSING)
    (finding,) = pipewire()
    assert (finding.status, finding.remedy, finding.mends) == (status, MISSING.remedy, True)


@pytest.mark.parametrize(
    ("distribution", "user", "through"),
    [(None, None, False), (None, "true", True), ("true", None, True), ("true", "false", False)],
)
def test_firefox_reads_what_the_user_or_the_distribution_has_set(machine, tmp_path, distribution, user, through):
    for value, call, name in (
        (distribution, "pref", "usr/lib64/firefox/browser/defaults/preferences/firefox-redhat-default-prefs.js"),
        (user, "user_pref", "home/.mozilla/firefox/x1.default/prefs.js"),
    ):
        if value:
            path = tmp_path / name
            path.parent.mkdir(parents=True)
            path.write_text(f'// a comment\n{call}("media.webrtc.camera.allow-pipewire", {value});\n')
    machine(programs=["firefox"])  # PipeWire's camera alone
    (finding,) = browsers(tmp_path, tmp_path / "home")
    assert (finding.name, finding.status) == ("firefox", "ok" if through else "warning")
    assert ("started anew" in finding.detail) != through  # through PipeWire it hears of cameras that come
    machine(IDLE, problem=MISSING, programs=["firefox"])  # v4l2loopback's alone
    (finding,) = browsers(tmp_path, tmp_path / "home")
    assert finding.status == ("warning" if through else "ok")


@pytest.mark.parametrize(
    ("flags", "through"), [(None, False), (["a@2"], False), (["enable-webrtc-pipewire-camera@1"], True)]
)
def test_chromium_reads_pipewire_once_its_flag_is_set(machine, tmp_path, flags, through):
    if flags is not None:
        path = tmp_path / ".config/google-chrome/Local State"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps({"browser": {"enabled_labs_experiments": flags}}))
    machine(programs=["google-chrome"])
    (finding,) = browsers(tmp_path, tmp_path)
    assert (finding.status, finding.mends) == ("ok" if through else "warning", False)
    assert through or "choose Enabled" in finding.remedy
    machine(problem=MISSING, programs=["google-chrome"])
    assert browsers(tmp_path, tmp_path)[0].status == "ok"  # that there is none is told elsewhere
    machine(new_sink=False, programs=["google-chrome"])
    assert browsers(tmp_path, tmp_path)[0].remedy is None  # it is not led to where it crashes
    machine(WRITTEN, new_sink=False, programs=["google-chrome"])
    (finding,) = browsers(tmp_path, tmp_path)
    assert (finding.remedy is not None and "choose Disabled" in finding.remedy) == through
