"""What a video encoder does to a picture."""

from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
from numpy.typing import NDArray

__all__ = ["video_coded"]


def video_coded(previous: NDArray[np.uint8], picture: NDArray[np.uint8], crf: int) -> NDArray[np.uint8]:
    """Code two pictures as H.264 at a constant rate factor and return the second one as a player would see it.

    Parameters
    ----------
    previous, picture : ndarray
        (H, W, 3) uint8, H and W even.
    crf : int
        0 to 51, from best to worst.
    """
    height, width = picture.shape[:2]
    encoder = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
    encoder.time_base = Fraction(1, 30)
    encoder.thread_count = 1
    encoder.options = {"crf": str(crf), "preset": "ultrafast", "tune": "zerolatency"}
    decoder = av.CodecContext.create("h264", "r")
    decoder.thread_count = 1
    packets = []
    for pts, image in enumerate((previous, picture)):
        frame = av.VideoFrame.from_ndarray(image, format="rgb24")
        frame.pts = pts
        packets += encoder.encode(frame)
    packets += encoder.encode(None)
    frames = [frame for packet in [*packets, None] for frame in decoder.decode(packet)]
    return np.asarray(frames[-1].to_ndarray(format="rgb24"), np.uint8)
