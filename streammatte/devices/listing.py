"""Which cameras there are, and which one is meant."""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from av.device import enumerate_input_devices
from av.error import FFmpegError

from streammatte.devices import OBS
from streammatte.devices.v4l2 import v4l2_devices
from streammatte.errors import DeviceError

__all__ = [
    "FORMAT",
    "JOIN_GROUP",
    "CameraInfo",
    "find",
    "find_again",
    "lasting",
    "list_cameras",
    "no_camera",
    "those_here",
]

FORMAT = {"darwin": "avfoundation", "win32": "dshow"}.get(sys.platform, "video4linux2")
JOIN_GROUP = "run 'sudo usermod -aG video $USER' and log in again"
_NO_CAMERA = re.compile(rf"Capture screen \d+|{OBS}")
"""What AVFoundation numbers on after the cameras; and what streammatte writes to itself."""


@dataclass(frozen=True, slots=True)
class CameraInfo:
    """A camera.

    Attributes
    ----------
    device : str
        What to open it by.
    name : str
        What programs show.
    """

    device: str
    name: str

    def __str__(self) -> str:
        """Both, for a list."""
        return f"{self.device}  {self.name}"


def list_cameras() -> list[CameraInfo]:
    """Return the cameras that can be read, real ones before loopbacks.

    Outputs, metadata nodes and hardware codecs, which look like cameras on Linux, are left out, and so are a
    v4l2loopback to which no program writes, OBS's virtual camera and, on macOS, the screens.
    """
    if FORMAT == "video4linux2":
        cameras = sorted((each for each in v4l2_devices() if each.captures), key=lambda each: each.loopback)
        return [CameraInfo(each.path, each.name) for each in cameras]
    try:
        found = enumerate_input_devices(FORMAT)
    except (FFmpegError, ValueError):
        return []
    videos = [each for each in found if "video" in each.media_types]
    return [CameraInfo(each.name, each.description) for each in videos if not _NO_CAMERA.fullmatch(each.description)]


def lasting(cameras: Sequence[CameraInfo]) -> list[str]:
    """Return what each camera can be opened by another day: its name, or its device where others have its name, too.

    The device may be a number that the system gives to another camera then.
    """
    named = Counter(each.name for each in cameras)
    return [each.name if named[each.name] == 1 else each.device for each in cameras]


def find_again(device: str, name: str, twins: Collection[str] = ()) -> str:
    """Return what a camera that was there before is opened by now; the system may have given it another number.

    Parameters
    ----------
    device, name : str
        As they were, of its `CameraInfo`.
    twins : collection of str
        The devices of other cameras of the same name that were there beside it.

    Raises
    ------
    DeviceError
        If another camera has its number.
    """
    names = {each.device: each.name for each in list_cameras()}
    same = [other for other, its_name in names.items() if its_name == name and other not in twins]
    if device in same:
        return device
    if not same and device in names:
        raise DeviceError(f"camera {device}, {name}, is gone and another has its place", remedy="plug it in again")
    return same[0] if same else device


def find(device: str | None) -> CameraInfo:
    """Return the camera of a device or name, or else what may be its address; the first one by default.

    Raises
    ------
    DeviceError
        If there is none.
    """
    cameras = list_cameras()
    if device is None:
        if cameras:
            return cameras[0]
        raise no_camera()
    named = [each for each in cameras if device in (each.device, each.name)]
    if not named and device.isdecimal():  # AVFoundation would give the screen that has the number now
        raise DeviceError(f"there is no camera {device}", remedy=those_here(), subject=device)
    return named[0] if named else CameraInfo(device, device)


def no_camera() -> DeviceError:
    """Return the error that there is none that can be read, with what to do about it on this system."""
    if any(not each.readable for each in v4l2_devices()):
        return DeviceError("no camera may be read by this user", remedy=JOIN_GROUP)
    hint = {
        "video4linux2": "; without one, a video can be one: "
        "'sudo modprobe v4l2loopback exclusive_caps=1 card_label=streammatte', then play to it with ffmpeg",
        "avfoundation": ", and allow it to this program in System Settings, Privacy, Camera",
        "dshow": ", and allow it to desktop programs in Settings, Privacy, Camera",
    }[FORMAT]
    return DeviceError("there is no camera", remedy=f"plug one in{hint}")


def those_here() -> str:
    """Return the cameras that there are, as an error's remedy."""
    return f"the cameras here are: {', '.join(map(str, list_cameras())) or 'none'}"
