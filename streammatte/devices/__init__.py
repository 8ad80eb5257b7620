"""Where frames come from and go to live: cameras, videos in their place, virtual cameras, a window.

Importing this package loads neither av nor cv2; what a device needs is loaded when it is opened.
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from streammatte.errors import about

if TYPE_CHECKING:
    from typing import TypeAlias

    from streammatte.compositing.fitting import FitMode
    from streammatte.devices.pipewire import PipeWireSink
    from streammatte.devices.virtual_camera import VirtualCameraSink
    from streammatte.stages import Source

    VirtualCamera: TypeAlias = VirtualCameraSink | PipeWireSink

__all__ = ["OBS", "list_outputs", "open_camera", "open_virtual_camera"]

OBS = "OBS Virtual Camera"
"""The virtual camera of Windows and macOS: what is written to is no camera to read."""


def open_camera(spec: str | None = None, size: tuple[int, int] = (1280, 720), rate: Fraction | int = 30) -> Source:
    """Open what gives pictures live.

    Parameters
    ----------
    spec : str, optional
        A camera's device or name; an address such as rtsp://... or http://...; a video file, which is played again and
        again at its own pace; or "sample", the clip that comes with the package. The first camera by default.
    size : tuple of int
        (w, h) to ask of a camera; it may give another one.
    rate : Fraction or int
        Frames per second to ask of a camera.

    Returns
    -------
    CameraSource or LoopedSource

    Raises
    ------
    DeviceError
        If there is no such camera, or it does not answer.
    MediaError
        If the file cannot be read.
    """
    with about(spec):
        if spec == "sample" or (spec is not None and Path(spec).is_file()):
            from streammatte.devices.looped import LoopedSource

            return LoopedSource(spec)
        from streammatte.devices.camera import CameraSource

        return CameraSource(spec, size, rate)


def open_virtual_camera(
    size: tuple[int, int], rate: Fraction | int | None = None, name: str | None = None, fit: FitMode = "cover"
) -> VirtualCamera:
    """Open what other programs see as a camera.

    Parameters
    ----------
    size : tuple of int
        (w, h) to give it.
    rate : Fraction, int or None
        Frames per second to announce; 30 where it is not known.
    name : str, optional
        A device, or "pipewire". By default the first device or, where there is none, PipeWire if it runs.
    fit : {"cover", "contain"}
        Whether a frame of another shape is cut off at the edges, or has black bars beside it.

    Raises
    ------
    DeviceError
        If there is none, or it cannot be written to.
    """
    from streammatte.devices.pipewire import NAME, PipeWireSink, pipewire_problem
    from streammatte.devices.virtual_camera import VirtualCameraSink, list_virtual_cameras

    if name == NAME or (name is None and not list_virtual_cameras() and pipewire_problem() is None):
        return PipeWireSink(size, rate, fit)
    return VirtualCameraSink(size, rate, name, fit)


def list_outputs() -> list[str]:
    """Return the names that `open_virtual_camera` takes now, the default first."""
    from streammatte.devices.pipewire import NAME, pipewire_problem
    from streammatte.devices.virtual_camera import list_virtual_cameras

    return [*list_virtual_cameras(), *([NAME] if pipewire_problem() is None else [])]
