"""Writes to a camera in PipeWire, which needs no kernel module: GStreamer's pipewiresink, in a process of its own."""

from __future__ import annotations

import os
import select
import shutil
import subprocess
import sys
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryFile
from time import monotonic

import numpy as np
from numpy.typing import NDArray

from streammatte.compositing.fitting import FitMode
from streammatte.compositing.layers import Layers
from streammatte.devices.distribution import of_distribution
from streammatte.devices.i420 import i420
from streammatte.devices.pipewire_graph import GraphWatch
from streammatte.errors import DeviceError
from streammatte.stages import Sink

__all__ = ["NAME", "RESTART", "PipeWireSink", "chromium_can_read", "pipewire_problem"]

NAME = "pipewire"
"""What stands for it where virtual cameras are named."""

RESTART = "systemctl --user restart pipewire wireplumber"
"""Starts PipeWire and its session manager anew."""

_DEBIAN = "sudo apt install -y gstreamer1.0-pipewire gstreamer1.0-tools gstreamer1.0-plugins-base pipewire-bin"
_INSTALL = {
    "debian": _DEBIAN,
    "ubuntu": _DEBIAN,
    "fedora": "sudo dnf install -y pipewire-gstreamer pipewire-utils gstreamer1 gstreamer1-plugins-base",
    "arch": "sudo pacman -S --needed --noconfirm gst-plugin-pipewire gst-plugins-base gstreamer pipewire",
    "suse": "sudo zypper --non-interactive install gstreamer-plugin-pipewire gstreamer-utils"
    " gstreamer-plugins-base pipewire-tools",
}
_ELEMENTS = "videoconvert", "pipewiresink"
"""One of each package of plugins that is needed."""

_ANSWER_S = 10.0
"""Seconds within which GStreamer must say whether it has one; the first time, it reads all its plugins."""

_found: set[tuple[str, ...]] = set()
"""What it said it has; that is not asked again, as each answer is a program that starts."""

_MARK = "streammatte.process"

_PUBLISHED_S = 10.0
"""Seconds within which the camera must be there."""

_TAKEN_S = 1.0
"""Seconds within which a frame must be taken."""

_AGAIN_S = 1.0
"""From one attempt to come back to the next."""


def pipewire_problem() -> DeviceError | None:
    """Return what keeps this user from having a camera in PipeWire; its remedy is a command. None if nothing does."""
    if sys.platform != "linux":
        return DeviceError("a camera in PipeWire is for Linux; expected another virtual camera")
    missing = [each for each in ("gst-launch-1.0", "gst-inspect-1.0", "pw-dump") if not shutil.which(each)]
    missing = missing or [each for each in _ELEMENTS if not _has_element(each)]
    if missing:
        problem = f"a camera in PipeWire needs {', '.join(missing)}, of GStreamer and PipeWire"
        return DeviceError(problem, remedy=of_distribution(_INSTALL))
    if not _socket().exists():
        return DeviceError(f"PipeWire does not run for this user ({_socket()} is not there)", remedy=RESTART)
    return None


def chromium_can_read() -> bool:
    """Whether Chromium can read a camera in PipeWire: before 0.3.84, pipewiresink asks for the headers of pictures by a
    wrong type and gets none, and Chromium crashes at a picture without.
    """
    return _has_element("pipewiresink", "--exists", "--atleast-version=0.3.84")


class PipeWireSink(Sink):
    """The composite as a camera in PipeWire, named streammatte.

    It has one size, one rate and one pixel format (I420, BT.601); programs that want others convert by themselves. When
    PipeWire is started anew, the camera comes back.

    Parameters
    ----------
    size : tuple of int
        (w, h) to give it; odd sides become even.
    rate : Fraction, int or None
        Frames per second to announce; 30 where it is not known.
    fit : {"cover", "contain"}
        Whether a frame of another shape is cut off at the edges, or has black bars beside it.

    Attributes
    ----------
    device : str
        "pipewire".
    size : tuple of int
        Its (w, h).
    rate : Fraction
        Frames per second that it announces, and expects.

    Raises
    ------
    DeviceError
        If PipeWire or what it takes is not there.
    """

    def __init__(self, size: tuple[int, int], rate: Fraction | int | None = None, fit: FitMode = "cover") -> None:
        problem = pipewire_problem()
        if problem is not None:
            raise problem
        self.device = NAME
        self.size = size[0] // 2 * 2, size[1] // 2 * 2
        self.rate = Fraction(rate or 30)
        self._fit: FitMode = fit
        self._error = TemporaryFile()  # noqa: SIM115  (it lives as long as the sink)
        self._process: subprocess.Popen[bytes] | None = None
        self._graph: GraphWatch | None = None
        self._start()
        self._send(_black(self.size))  # the node is made with the first frame
        if self._graph is None or not self._graph.wait(_PUBLISHED_S):
            self._error.seek(0)
            lines = self._error.read().decode(errors="replace").strip().splitlines() or ["it gives no reason"]
            self.close()
            raise DeviceError(f"PipeWire does not take the camera ({lines[0]})", remedy=RESTART)

    def write(self, layers: Layers) -> None:
        """Show the composite; while PipeWire is gone, nothing is shown."""
        lost = self._graph is None or self._graph.ended or self._process is None or self._process.poll() is not None
        if lost and monotonic() - self._started_s > _AGAIN_S:
            self._end()
            if _socket().exists():
                self._start()
        self._send(i420(layers.composite, self.size, self._fit))

    def readers(self) -> int:
        """How many programs have its pictures flow to them."""
        graph = self._graph
        return graph.readers() if graph else 0

    def close(self) -> None:
        """Take the camera away."""
        self._end()
        self._error.close()

    def abort(self) -> None:
        """Take the camera away."""
        self.close()

    def _start(self) -> None:
        self._started_s = monotonic()
        width, height = self.size
        rate = self.rate.limit_denominator(1001)
        properties = "media.class=Video/Source,media.role=Camera,node.name=streammatte,node.description=streammatte"
        pipeline = (
            f"fdsrc fd=0 blocksize=65536 ! rawvideoparse format=i420 width={width} height={height}"
            f" framerate={rate.numerator}/{rate.denominator} colorimetry=bt601"
            # It converts nothing; but without it, pipewiresink 0.3 is never told to make its buffers, and crashes.
            " ! videoconvert"
            f" ! pipewiresink mode=provide sync=false stream-properties=p,{properties},{_MARK}={os.getpid()}"
        )
        self._process = subprocess.Popen(
            ["gst-launch-1.0", "--quiet", "--no-fault", *pipeline.split()],  # one that crashes ends
            stdin=subprocess.PIPE,
            stdout=self._error,
            stderr=self._error,
            start_new_session=True,  # Ctrl-C is ours
        )
        assert self._process.stdin is not None
        os.set_blocking(self._process.stdin.fileno(), False)
        self._graph = GraphWatch(_MARK, os.getpid())

    def _send(self, picture: NDArray[np.uint8]) -> None:
        """Hand over a whole frame, or end a process that does not take it."""
        if self._process is None or self._process.stdin is None:
            return
        pipe = self._process.stdin.fileno()
        rest = picture.data
        until = monotonic() + _TAKEN_S
        with suppress(BrokenPipeError):  # it has ended, which the next frame finds
            while rest:
                if not select.select([], [pipe], [], max(0.0, until - monotonic()))[1]:
                    self._process.kill()
                    return
                rest = rest[os.write(pipe, rest) :]

    def _end(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            if self._process.stdin is not None:
                self._process.stdin.close()
        if self._graph is not None:
            self._graph.close()
        self._process = self._graph = None


def _socket() -> Path:
    folder = os.environ.get("PIPEWIRE_RUNTIME_DIR") or os.environ.get("XDG_RUNTIME_DIR") or f"/run/user/{os.getuid()}"
    return Path(folder, os.environ.get("PIPEWIRE_REMOTE") or "pipewire-0")


def _has_element(name: str, *options: str) -> bool:
    asked = *options, name
    if asked not in _found:
        try:
            subprocess.run(["gst-inspect-1.0", *asked], capture_output=True, timeout=_ANSWER_S, check=True)
        except (OSError, subprocess.SubprocessError):
            return False
        _found.add(asked)
    return True


def _black(size: tuple[int, int]) -> NDArray[np.uint8]:
    pixels = size[0] * size[1]
    return np.repeat(np.array([16, 128], np.uint8), [pixels, pixels // 2])
