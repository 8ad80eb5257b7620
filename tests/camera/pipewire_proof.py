"""Proves the camera in PipeWire with a PipeWire of its own, GStreamer as the reader; see README.md beside this file."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import resources
from pathlib import Path

import numpy as np
from running import Live, live, moves, near, top, until

GREEN = (0, 255, 0)
SAMPLE = str(resources.files("streammatte") / "assets" / "sample.mp4")
SIZE = (640, 480)


class Daemon:
    """PipeWire, its session manager and a session's bus, without a screen, in a folder of their own."""

    def __init__(self, folder: str) -> None:
        self._socket, self._bus = Path(folder, "pipewire-0"), Path(folder, "bus")
        os.environ |= {"XDG_RUNTIME_DIR": folder, "XDG_STATE_HOME": folder, "XDG_CONFIG_HOME": folder}
        os.environ["DBUS_SESSION_BUS_ADDRESS"] = f"unix:path={self._bus}"
        self._running: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        self._run("dbus-daemon", "--session", "--nofork", f"--address=unix:path={self._bus}")
        self._run("pipewire")
        until(lambda: self._bus.exists() and self._socket.exists(), 10, "PipeWire and the bus run")
        self._run("wireplumber")
        time.sleep(1)

    def end(self) -> None:
        for each in self._running:
            with suppress(ProcessLookupError):
                os.killpg(each.pid, signal.SIGKILL)
            each.wait()
        self._running = []
        for each in (self._socket, self._bus):
            each.unlink(missing_ok=True)

    def _run(self, *command: str) -> None:
        quiet = subprocess.DEVNULL
        self._running.append(subprocess.Popen(command, stdout=quiet, stderr=quiet, start_new_session=True))


@contextmanager
def reader(caps: str = "video/x-raw", size: tuple[int, int] = SIZE) -> Iterator[Iterator[np.ndarray]]:
    """The frames, read by GStreamer; `caps` is what it asks for, `size` what it makes of it."""
    width, height = size
    pipeline = (
        f"pipewiresrc target-object=streammatte ! {caps} ! videoconvert ! videoscale"
        f" ! video/x-raw,format=RGB,width={width},height={height} ! fdsink"
    )
    process = subprocess.Popen(["gst-launch-1.0", "--quiet", *pipeline.split()], stdout=subprocess.PIPE)

    def frames() -> Iterator[np.ndarray]:
        assert process.stdout is not None
        while len(data := process.stdout.read(width * height * 3)) == width * height * 3:
            yield np.frombuffer(data, np.uint8).reshape(height, width, 3)

    try:
        yield frames()
    finally:
        process.kill()
        process.communicate()


def published() -> bool:
    told = subprocess.run(["pw-cli", "ls", "Node"], capture_output=True, text=True, check=False).stdout
    return 'node.name = "streammatte"' in told


def to_green(seconds: float) -> float:
    began = time.monotonic()
    with reader() as frames:
        for frame in frames:
            if near(top(frame), GREEN):
                return time.monotonic() - began
            assert time.monotonic() - began < seconds, f"no green within {seconds:g} s"
    raise AssertionError("the reader ended")


def read(running: Live) -> Iterator[tuple[str, str]]:
    yield "from a reader's coming to green, while the camera is open", f"{to_green(30):.1f} s"
    with reader() as frames:
        next(frames)
        began, count, before = time.monotonic(), 0, running.cpu_s()
        while time.monotonic() - began < 8:
            frame = next(frames)
            count += 1
        seconds = time.monotonic() - began
        yield "top of the picture (background #00ff00)", str(tuple(int(each) for each in top(frame).round()))
        yield "frames a second", f"{count / seconds:.1f}"
        yield "CPU of streammatte while watched", f"{(running.cpu_s() - before) / seconds * 100:.0f} % of a core"
        assert moves(frames), "the picture stands still"
    with reader(size=(320, 180)) as frames:
        assert near(top(next(frames)), GREEN)
        yield "a reader that scales by itself", f"gets {next(frames).shape[1]}x{next(frames).shape[0]}"
    caps = "video/x-raw,width=320,height=180"
    process = subprocess.run(
        ["timeout", "5", "gst-launch-1.0", *f"pipewiresrc target-object=streammatte ! {caps} ! fakesink".split()],
        capture_output=True,
        check=False,
    )
    yield "one that insists on another size", "gets nothing" if process.returncode == 124 else "ends with an error"


def idle(running: Live) -> Iterator[tuple[str, str]]:
    until(lambda: not running.holds(SAMPLE), 20, "the camera is closed, as nobody is linked")
    yield "CPU of streammatte while idle", f"{running.cpu_percent(10):.1f} % of a core"
    for _ in range(2):
        yield "from a reader's coming to its first matted frame", f"{to_green(10):.2f} s"
        assert running.holds(SAMPLE)
        closed = until(lambda: not running.holds(SAMPLE), 20, "the camera is closed again")
        yield "camera closed after the reader left", f"{closed:.1f} s"


def restart(daemon: Daemon) -> Iterator[tuple[str, str]]:
    for _ in range(2):
        daemon.end()
        time.sleep(2)
        began = time.monotonic()
        daemon.start()
        until(published, 20, "the camera is there again")
        yield "from PipeWire's start to the camera", f"{time.monotonic() - began:.1f} s"
        yield "from a reader's coming to green", f"{to_green(10):.2f} s"


def main() -> None:
    print("| scene | what | measured |\n|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        daemon = Daemon(folder)
        try:
            daemon.start()
            with live("--camera", "sample", "--virtual-camera", "pipewire") as running:
                until(published, 60, "the camera is there")
                for name, scene in (("read", read(running)), ("idle", idle(running)), ("restart", restart(daemon))):
                    for what, figure in scene:
                        print(f"| {name} | {what} | {figure} |", flush=True)
                print(f"| | streammatte said | {running.end().strip().splitlines()[-1]} |")
            assert not published(), "the camera is there after streammatte's end"
        finally:
            daemon.end()


if __name__ == "__main__":
    main()
