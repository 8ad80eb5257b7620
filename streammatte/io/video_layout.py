"""How PyAV's frames hold luma and chroma in memory, and ours."""

from __future__ import annotations

from typing import Any

import numpy as np
from av import VideoFrame
from av.video.plane import VideoPlane
from av.video.reformatter import ColorRange
from numpy.typing import NDArray

from streammatte.compositing.planes import Cutout, Planes

__all__ = ["depth_of", "planar_format", "rows", "video_frame"]

_SAMPLING = {(1, 1): "444", (2, 1): "422", (1, 2): "440", (2, 2): "420"}
"""FFmpeg's names for how much wider and higher luma is than chroma."""


def depth_of(frame: VideoFrame) -> int:
    """Return the bits of each value that are read of frames such as this."""
    return 10 if (planar_format(frame) or "").endswith("le") else 8


def planar_format(frame: VideoFrame) -> str | None:
    """Return FFmpeg's name for the planes that are made of a frame; None where R,G,B is read instead."""
    pixels = frame.format
    bits = pixels.components[0].bits
    if (
        pixels.is_rgb
        or pixels.name.startswith("xyz")
        or len(pixels.components) < 3
        or frame.width % 2
        or frame.height % 2
    ):
        return None
    sampling = _SAMPLING.get((16 // pixels.chroma_width(16), 16 // pixels.chroma_height(16)))
    if sampling is None or (bits == 8 and pixels.name not in (f"yuv{sampling}p", f"yuvj{sampling}p")):
        return None
    return f"yuv{sampling}p{'10le' if bits > 8 else ''}"


def rows(plane: VideoPlane, pixels: str) -> NDArray[Any]:
    """Return a plane's memory, (H, W) uint8 or uint16, without the margin that rows may have; writing goes into it."""
    kind = np.uint16 if pixels.endswith("le") else np.uint8
    return np.frombuffer(memoryview(plane), kind).reshape(plane.height, -1)[:, : plane.width]


def video_frame(planes: Planes) -> VideoFrame:
    """Return PyAV's frame of planes, and of their alpha if it is to be stored with them; the values are copied."""
    held = [planes.y, planes.u, planes.v, *([planes.alpha] if isinstance(planes, Cutout) and planes.plain else [])]
    width, height = planes.chroma_size((16, 16))
    sampling = _SAMPLING[16 // width, 16 // height]
    pixels = f"yuv{'a' if len(held) > 3 else ''}{sampling}p{'10le' if planes.depth > 8 else ''}"
    frame = VideoFrame(*planes.size, pixels)
    for plane, values in zip(frame.planes, held, strict=True):
        rows(plane, pixels)[...] = values
    frame.colorspace = planes.matrix
    frame.color_range = ColorRange.JPEG if planes.full_range else ColorRange.MPEG
    return frame
