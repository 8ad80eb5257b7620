"""Writes OpenEXR, which OpenCV's packages cannot."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import av
import numpy as np
from av.video.codeccontext import VideoCodecContext
from numpy.typing import NDArray

__all__ = ["encoded_exr"]

_PIXELS = {1: "grayf32le", 3: "gbrpf32le", 4: "gbrapf32le"}
"""The encoder's pixel formats, by the number of channels."""


def encoded_exr(picture: NDArray[np.float32]) -> bytes:
    """Return the file of a picture, in half floats without loss beyond that.

    Parameters
    ----------
    picture : ndarray
        (H, W) grey, (H, W, 3) R,G,B or (H, W, 4) R,G,B,A, float32, linear light.
    """
    pixels = _PIXELS[1 if picture.ndim == 2 else picture.shape[2]]
    context: Any = av.CodecContext.create("exr", "w")
    assert isinstance(context, VideoCodecContext)
    context.height, context.width = picture.shape[:2]
    context.pix_fmt, context.time_base = pixels, Fraction(1, 25)
    context.options = {"compression": "zip16", "format": "half"}
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), pixels)
    frame.pts = 0
    return b"".join(bytes(packet) for packet in (*context.encode(frame), *context.encode(None)))
