"""Writes to a virtual camera, which other programs see as a camera."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pyvirtualcam
from numpy.typing import NDArray

from streammatte.compositing.fitting import FitMode, fitted
from streammatte.compositing.frames import Frame
from streammatte.compositing.layers import Layers
from streammatte.devices import OBS
from streammatte.devices.holders import holders
from streammatte.devices.i420 import i420
from streammatte.devices.loopback import make_command
from streammatte.devices.openings import HolderCount
from streammatte.devices.v4l2 import free_output, output_format, output_rate, set_output_rate, v4l2_devices
from streammatte.errors import DeviceError
from streammatte.stages import Sink

__all__ = ["VirtualCameraSink", "list_virtual_cameras", "no_virtual_camera"]

_OBS_ON_WINDOWS = r"SOFTWARE\Classes\CLSID\{A3FCE0F5-3493-419F-958A-ABA1250EC20B}"


def list_virtual_cameras() -> list[str]:
    """Return the devices that `VirtualCameraSink` can write to, by the names it takes."""
    if sys.platform == "win32":
        import winreg

        try:
            winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, _OBS_ON_WINDOWS).Close()
        except OSError:
            return []
        return [OBS]
    if sys.platform == "darwin":
        return [OBS] if Path("/Applications/OBS.app").exists() else []
    return [each.path for each in v4l2_devices() if each.loopback]


def no_virtual_camera() -> DeviceError:
    """Return the error that there is none, with what makes one on this system."""
    make = "install OBS Studio (https://obsproject.com), start its virtual camera there once, and stop it"
    if sys.platform == "linux":
        make = f"make one: '{make_command()}'"
    return DeviceError("there is no virtual camera", remedy=make)


class VirtualCameraSink(Sink):
    """The composite in a virtual camera; a frame of another size is scaled, never stretched.

    Parameters
    ----------
    size : tuple of int
        (w, h) to give the camera. One that is being watched already keeps the size it has.
    rate : Fraction, int or None
        Frames per second to announce; 30 where it is not known. A camera that keeps its size keeps its rate, too.
    device : str, optional
        Which one, as `list_virtual_cameras` gives them; the first by default.
    fit : {"cover", "contain"}
        Whether a frame of another shape is cut off at the edges, or has black bars beside it.

    Attributes
    ----------
    device : str
        The device in use.
    size : tuple of int
        Its (w, h).
    rate : Fraction
        Frames per second that it announces, and expects.

    Raises
    ------
    DeviceError
        If there is none, or it cannot be written to.
    """

    def __init__(
        self,
        size: tuple[int, int],
        rate: Fraction | int | None = None,
        device: str | None = None,
        fit: FitMode = "cover",
    ) -> None:
        self._fit = fit
        self._holders: HolderCount | None = None
        self.rate = Fraction(rate or 30)
        self._camera, watched = _open(size, float(self.rate), device)
        self.device: str = self._camera.device
        self.size: tuple[int, int] = (self._camera.width, self._camera.height)
        if watched or self.size != size:
            self.rate = output_rate(self.device) or self.rate
        else:
            set_output_rate(self.device, self.rate)

    def write(self, layers: Layers) -> None:
        """Show the composite."""
        self._camera.send(self._taken(layers.composite))

    def _taken(self, frame: Frame) -> NDArray[np.uint8]:
        """The frame as the device takes it: Y, U and V one after the other, or R,G,B where a side is odd."""
        if self.size[0] % 2 or self.size[1] % 2:
            return fitted(frame.rgb, self.size, self._fit)
        return i420(frame, self.size, self._fit)

    def readers(self) -> int | None:
        """How many other programs hold the device; None where the system does not tell."""
        if sys.platform != "linux":
            return None
        if self._holders is None:
            self._holders = HolderCount(self.device)
        return self._holders()

    def close(self) -> None:
        """Give the device back."""
        if self._holders is not None:
            self._holders.close()
        self._camera.close()
        free_output(self.device)

    def abort(self) -> None:
        """Give the device back."""
        self.close()


def _open(size: tuple[int, int], rate: float, device: str | None) -> tuple[Any, bool]:
    """Open a camera; return it and whether it is being watched already."""
    reason = RuntimeError("there is none")
    devices: Sequence[str | None] = [device] if device else list_virtual_cameras() or [None]
    for each in devices:
        users = holders(each) if each else []
        has = output_format(each) if each else None
        set_size = has[1] if has else size
        for width, height in (set_size,) if users else (size, set_size):
            try:
                coding = pyvirtualcam.PixelFormat.RGB if width % 2 or height % 2 else pyvirtualcam.PixelFormat.I420
                return pyvirtualcam.Camera(width, height, rate, device=each, fmt=coding), bool(users)
            except RuntimeError as error:
                reason = error
                if each and not users:  # its last writer may have been killed
                    free_output(each)
    raise _why_not(device, reason) from reason


def _why_not(device: str | None, error: RuntimeError) -> DeviceError:
    reason = str(error).replace("\n", "; ")
    there = list_virtual_cameras()
    if device is not None and there and device not in there:
        problem = f"there is no virtual camera {device}"
        return DeviceError(problem, remedy=f"there are: {', '.join(there)}", subject=device)
    if there:
        name = device or there[0]
        users = ", ".join(map(str, holders(name))) or "the programs that use it"
        problem = f"the virtual camera {name} cannot be used ({reason})"
        return DeviceError(problem, remedy=f"close {users}", subject=name)
    return no_virtual_camera()
