"""Asks Linux for its video devices."""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

__all__ = [
    "Ask",
    "V4l2Device",
    "fourcc",
    "free_output",
    "opened",
    "output_format",
    "output_rate",
    "set_output_rate",
    "v4l2_devices",
]

Ask = Callable[[int, bytes], bytes]
"""Sends a request with its argument to a device and returns the answer; raises OSError where there is none."""

_QUERYCAP = 0x80685600  # VIDIOC_QUERYCAP, which fills a struct v4l2_capability
_CAPABILITY = struct.Struct("=16s32s32sIII12x")  # driver, card, bus, version, of the driver, of this device
_G_FMT = 0xC0D05604  # VIDIOC_G_FMT, which fills a struct v4l2_format
_FORMAT = struct.Struct("=I4xIII188x")  # type of the queue, width, height, pixel format
_G_PARM, _S_PARM = 0xC0CC5615, 0xC0CC5616  # VIDIOC_G_PARM, VIDIOC_S_PARM, of a struct v4l2_streamparm
_PARM = struct.Struct("=IIIII184x")  # type of the queue, capability, mode, seconds per frame as a fraction
_STREAMON = 0x40045612  # VIDIOC_STREAMON
_VIDEO_OUTPUT = 2
_CAPTURES, _OUTPUTS, _CONVERTS, _SAYS_WHICH = 0x1001, 0x2002, 0xC000, 0x80000000  # single- and multi-planar


@dataclass(frozen=True, slots=True)
class V4l2Device:
    """A device file and what it does.

    Attributes
    ----------
    path : str
    name : str
        What programs show.
    captures : bool
        Whether it gives pictures, now: a v4l2loopback does once a program writes to it.
    outputs : bool
        Whether it takes pictures, now.
    loopback : bool
        Whether it hands what one program writes to others, as a camera.
    readable : bool
        Whether this user may open it; if not, nothing but `path` and `name` is known.
    """

    path: str
    name: str
    captures: bool = False
    outputs: bool = False
    loopback: bool = False
    readable: bool = True

    @classmethod
    def of_capability(cls, path: str, capability: bytes) -> V4l2Device:
        """Read what the driver answered to VIDIOC_QUERYCAP."""
        driver, card, _, _, of_driver, of_device = _CAPABILITY.unpack(capability)
        flags = of_device if of_driver & _SAYS_WHICH else of_driver
        plain = not flags & _CONVERTS  # no hardware codec or scaler
        return cls(
            path,
            _text(card),
            captures=bool(plain and flags & _CAPTURES),
            outputs=bool(plain and flags & _OUTPUTS),
            loopback=_text(driver) == "v4l2 loopback",
        )


def v4l2_devices() -> list[V4l2Device]:
    """Return all video devices, in the order of their numbers; none on other systems than Linux."""
    folders = Path("/sys/class/video4linux").glob("video*")
    return [_device(folder) for folder in sorted(folders, key=lambda each: (len(each.name), each.name))]


def output_format(path: str) -> tuple[str, tuple[int, int]] | None:
    """Return the pixel format and (w, h) that a virtual camera has now; None where it has none, or is none."""
    try:
        _, width, height, pixel_format = _FORMAT.unpack(_ask(path, _G_FMT, _FORMAT.pack(_VIDEO_OUTPUT, 0, 0, 0)))
    except OSError:
        return None
    return (fourcc(pixel_format), (width, height)) if width and height else None


def output_rate(path: str) -> Fraction | None:
    """Return the frames per second that a virtual camera announces; None where it announces none, or is none."""
    try:
        *_, seconds, frames = _PARM.unpack(_ask(path, _G_PARM, _PARM.pack(_VIDEO_OUTPUT, 0, 0, 0, 0)))
    except OSError:
        return None
    return Fraction(frames, seconds) if frames and seconds else None


def set_output_rate(path: str, rate: Fraction) -> None:
    """Let a virtual camera announce `rate` frames per second, if it can."""
    rate = rate.limit_denominator(1001)
    with suppress(OSError):
        _ask(path, _S_PARM, _PARM.pack(_VIDEO_OUTPUT, 0, 0, rate.denominator, rate.numerator))


@contextmanager
def opened(path: str) -> Iterator[Ask]:
    """Open a device for questions.

    Raises
    ------
    OSError
        If it cannot be opened, or this system has no V4L2.
    """
    try:
        from fcntl import ioctl
    except ImportError as error:  # on Windows
        raise OSError("there are no V4L2 devices on this system") from error

    file = os.open(path, os.O_RDWR | os.O_NONBLOCK)
    try:
        yield lambda request, argument: ioctl(file, request, argument)
    finally:
        os.close(file)


def fourcc(pixel_format: int) -> str:
    """Return a pixel format's four letters; the highest bit only says that its numbers are big-endian."""
    return (pixel_format & 0x7FFFFFFF).to_bytes(4, "little").decode("ascii", "replace").strip()


def free_output(path: str) -> None:
    """Let a v4l2loopback know that its writer is gone.

    Up to version 0.12 it learns that only from a writer that began with VIDIOC_STREAMON; after any other, as which
    pyvirtualcam counts, it takes no writer any more until its module is loaded again.
    """
    with suppress(OSError):  # it refuses, and has taken note all the same
        _ask(path, _STREAMON, struct.pack("=i", _VIDEO_OUTPUT))


def _device(folder: Path) -> V4l2Device:
    path = f"/dev/{folder.name}"
    try:
        answer = _ask(path, _QUERYCAP, bytes(_CAPABILITY.size))
    except OSError as error:
        name = ""
        with suppress(OSError):  # it was unplugged just now
            name = (folder / "name").read_text(encoding="utf-8", errors="replace").strip()
        return V4l2Device(path, name, readable=not isinstance(error, PermissionError))
    return V4l2Device.of_capability(path, answer)


def _ask(path: str, request: int, argument: bytes) -> bytes:
    with opened(path) as ask:
        return ask(request, argument)


def _text(field: bytes) -> str:
    return field.partition(b"\0")[0].decode(errors="replace")
