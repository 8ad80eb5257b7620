"""Where frames come from and go to live: cameras, videos in their place, virtual cameras, a window.

Importing this package loads neither av nor cv2; what a device needs is loaded when it is opened.
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from streammatte.errors import about

if TYPE_CHECKING:
    from streammatte.stages import Source

__all__ = ["open_camera"]


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
