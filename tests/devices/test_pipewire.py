"""A camera in PipeWire: against a PipeWire of the test's own where the system has one, and against a fake one."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from fractions import Fraction

import numpy as np
import pytest

from streammatte.compositing.frames import Frame
from streammatte.compositing.layers import Layers
from streammatte.devices import open_virtual_camera, pipewire
from streammatte.devices.pipewire import PipeWireSink, chromium_can_read, pipewire_problem
from streammatte.devices.pipewire_graph import GraphWatch
from streammatte.errors import DeviceError

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="PipeWire is Linux's")

WIDTH, HEIGHT = SIZE = (64, 48)
LEFT, RIGHT = (40, 90, 160), (200, 120, 30)
DEBIAN = "gstreamer1.0-pipewire gstreamer1.0-tools gstreamer1.0-plugins-base pipewire wireplumber dbus"


class Daemon:
    """PipeWire and its session manager, without a screen, in a folder of their own."""

    def __init__(self) -> None:
        self.running: list[subprocess.Popen[bytes]] = []

    def start(self, until) -> None:
        self._run("pipewire")
        until(lambda: pipewire._socket().exists())
        self._run("dbus-run-session", "--", "wireplumber")

    def end(self) -> None:
        for each in self.running:
            with suppress(ProcessLookupError):
                os.killpg(each.pid, signal.SIGKILL)
            each.wait()
        self.running = []
        pipewire._socket().unlink(missing_ok=True)

    def _run(self, *command: str) -> None:
        quiet = subprocess.DEVNULL
        self.running.append(subprocess.Popen(command, stdout=quiet, stderr=quiet, start_new_session=True))


@pytest.fixture
def daemon(monkeypatch, tmp_path, until):
    programs = "pipewire", "wireplumber", "dbus-run-session"
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    for name in ("PIPEWIRE_RUNTIME_DIR", "PIPEWIRE_REMOTE"):
        monkeypatch.delenv(name, raising=False)
    tools = all(map(shutil.which, (*programs, "gst-launch-1.0", "gst-inspect-1.0", "pw-dump")))
    if not tools or not all(map(pipewire._has_element, pipewire._ELEMENTS)):
        pytest.skip(f"needs PipeWire and GStreamer; on Debian: apt install {DEBIAN}")
    made = Daemon()
    try:
        made.start(until)
        yield made
    finally:
        made.end()


@pytest.fixture
def shown():
    """Two colours, a half each, as the layers of a frame."""
    rgb = np.empty((HEIGHT, WIDTH, 3), np.uint8)
    rgb[:, : WIDTH // 2], rgb[:, WIDTH // 2 :] = LEFT, RIGHT
    return Layers.of(Frame(rgb), np.ones((HEIGHT, WIDTH), np.float32))


class Reader:
    """GStreamer, which reads some frames of the camera into a file."""

    def __init__(self, path, frames: int = 20) -> None:
        self.path = path
        pipeline = (
            f"pipewiresrc target-object=streammatte num-buffers={frames} ! videoconvert"
            f" ! video/x-raw,format=RGB,width={WIDTH},height={HEIGHT},framerate=25/1 ! filesink location={path}"
        )
        self.process = subprocess.Popen(["gst-launch-1.0", "--quiet", *pipeline.split()])

    def check(self) -> None:
        assert self.process.wait() == 0
        last = np.fromfile(self.path, np.uint8)[-HEIGHT * WIDTH * 3 :].reshape(HEIGHT, WIDTH, 3).astype(int)
        for column, colour in ((WIDTH // 4, LEFT), (WIDTH * 3 // 4, RIGHT)):
            assert np.abs(last[HEIGHT // 2, column] - colour).max() <= 8

    def end(self) -> None:
        self.process.kill()
        self.process.wait()


def test_readers_come_and_go_and_see_the_composite(daemon, shown, tmp_path, until):
    with PipeWireSink(SIZE, 25) as sink:
        assert (sink.device, sink.size, sink.rate, sink.readers()) == ("pipewire", SIZE, 25, 0)
        for _ in range(2):
            reader = Reader(tmp_path / "read.rgb")
            try:
                until(lambda: sink.write(shown) or sink.readers() == 1, 20)
                until(lambda: sink.write(shown) or sink.readers() == 0, 20)
                reader.check()
            finally:
                reader.end()
        child = sink._process.pid
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)


def test_it_comes_back_when_pipewire_is_started_anew(daemon, shown, tmp_path, until):
    with PipeWireSink(SIZE, 25) as sink:
        daemon.end()
        until(lambda: sink.write(shown) or sink._process is None, 20)  # nothing is shown, and nothing is raised
        daemon.start(until)
        until(lambda: sink.write(shown) or (sink._graph is not None and sink._graph.wait(0)), 20)
        reader = Reader(tmp_path / "read.rgb")
        try:
            until(lambda: sink.write(shown) or reader.process.poll() is not None, 20)
            reader.check()
        finally:
            reader.end()


def test_chromium_can_read_where_pipewire_is_asked_for_headers(daemon, shown, tmp_path, until):
    with PipeWireSink(SIZE, 25) as sink:
        reader = Reader(tmp_path / "read.rgb", frames=200)
        try:
            until(lambda: sink.write(shown) or sink.readers() == 1, 20)
            graph = json.loads(subprocess.run(["pw-dump"], capture_output=True, check=True).stdout)
            (port,) = [each["id"] for each in graph if each.get("info", {}).get("direction") == "output"]
            command = ["pw-cli", "enum-params", str(port), "Meta"]
            told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
            assert "Spa:Pod:Object:Param:Meta" in told
            assert chromium_can_read() == ("Spa:Pointer:Meta:Header" in told)  # by a type that PipeWire understands
        finally:
            reader.end()


def test_odd_sides_become_even(daemon):
    with PipeWireSink((65, 49)) as sink:
        assert (sink.size, sink.rate) == (SIZE, 30)


def test_what_is_missing_is_named_with_what_brings_it(monkeypatch):
    monkeypatch.setattr(pipewire.shutil, "which", lambda name: None)
    monkeypatch.setattr(pipewire, "of_distribution", lambda commands: commands["debian"])
    with pytest.raises(DeviceError, match=r"needs gst-launch-1\.0, gst-inspect-1\.0, pw-dump") as raised:
        PipeWireSink(SIZE)
    assert raised.value.remedy.startswith("sudo apt install -y gstreamer1.0-pipewire ")


def test_gstreamer_is_asked_until_it_has_what_is_needed(monkeypatch):
    answers = [FileNotFoundError(), subprocess.CalledProcessError(1, ""), subprocess.TimeoutExpired("", 1), None]
    asked = []

    def run(command, *, timeout, check, **_):
        asked.append(command)
        assert timeout
        assert check
        if answer := answers[len(asked) - 1]:
            raise answer

    monkeypatch.setattr(pipewire, "_found", set())
    monkeypatch.setattr(pipewire.subprocess, "run", run)
    assert [pipewire._has_element("videoconvert") for _ in range(6)] == [False] * 3 + [True] * 3
    assert asked == [["gst-inspect-1.0", "videoconvert"]] * 4


def test_a_pipewire_that_does_not_run_is_told_of(monkeypatch, tmp_path):
    monkeypatch.setattr(pipewire.shutil, "which", lambda name: name)
    monkeypatch.setattr(pipewire, "_has_element", lambda name: True)
    monkeypatch.delenv("PIPEWIRE_REMOTE", raising=False)
    monkeypatch.setenv("PIPEWIRE_RUNTIME_DIR", str(tmp_path))
    problem = pipewire_problem()
    assert str(tmp_path / "pipewire-0") in problem.problem
    assert problem.remedy == pipewire.RESTART
    (tmp_path / "pipewire-0").touch()
    assert pipewire_problem() is None


@pytest.mark.parametrize(
    ("name", "devices", "problem", "chosen"),
    [
        ("pipewire", ["/dev/video9"], None, "pipewire"),
        (None, ["/dev/video9"], None, "device"),
        (None, [], None, "pipewire"),
        (None, [], DeviceError("it is not there"), "device"),
        ("/dev/video9", [], None, "device"),
    ],
)
def test_without_a_name_a_device_goes_before_pipewire(monkeypatch, name, devices, problem, chosen):
    monkeypatch.setattr("streammatte.devices.virtual_camera.list_virtual_cameras", lambda: devices)
    monkeypatch.setattr("streammatte.devices.virtual_camera.VirtualCameraSink", lambda *_: "device")
    monkeypatch.setattr(pipewire, "PipeWireSink", lambda *_: "pipewire")
    monkeypatch.setattr(pipewire, "pipewire_problem", lambda: problem)
    assert open_virtual_camera(SIZE, Fraction(25), name) == chosen


NODE = '{"id": %d, "type": "PipeWire:Interface:Node", "info": {"props": {"node.name": "streammatte", "mark": %d}}}'
LINK = '{"id": %d, "type": "PipeWire:Interface:Link", "info": {"output-node-id": %d, "state": "%s", "props": {}}}'


def test_readers_are_the_active_links_of_the_node_that_was_meant(monkeypatch, tmp_path, until):
    more = tmp_path / "more"
    os.mkfifo(more)
    program = tmp_path / "pw-dump"
    first = ",\n".join([NODE % (5, 1), NODE % (6, 2), LINK % (7, 5, "active"), LINK % (8, 6, "active")])
    program.write_text(f"#!/bin/sh\ncat <<'END'\n[\n{first},\n{LINK % (9, 6, 'paused')}\n]\nEND\nexec cat {more}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    graph = GraphWatch("mark", 2)
    try:
        with more.open("w") as write:
            assert graph.wait(20)
            until(lambda: graph.readers() == 1)
            write.write(f"[\n{LINK % (9, 6, 'active')}\n]\n")
            write.flush()
            until(lambda: graph.readers() == 2)
            write.write('[\n{"id": 8, "info": null},\n{"id": 9, "info": null}\n]\n')
            write.flush()
            until(lambda: graph.readers() == 0)
            assert not graph.ended
        until(lambda: graph.ended)
        assert not graph.wait(0)
    finally:
        graph.close()
