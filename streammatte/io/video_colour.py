"""From a video's stored colours to R,G,B and back.

The way there repeats each chroma sample and the way back averages them, both rounding to nearest, so that a pixel
which nobody changed gets back the values it was stored with; in full range, these or their neighbours.
"""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock

import numpy as np
from av import VideoFrame
from av.video.codeccontext import VideoCodecContext
from av.video.plane import VideoPlane
from av.video.reformatter import ColorRange, Interpolation, VideoReformatter
from numpy.typing import NDArray

from streammatte.frames import Rgb
from streammatte.planes import Cutout, Planes

__all__ = ["Colour", "ToPlanes", "ToRgb", "ToVideo"]

_UNSTATED = 2
_MATRICES = {1: 1, 4: 4, 5: 5, 6: 5, 7: 7, 9: 9, 10: 9}
"""From the matrices of H.273 to swscale's names for them, which are all that it converts."""

# swscale's default is four times as fast (0.4 ms at 1280x720), but off by up to 3 of 255, and darker on average.
_READ = int(Interpolation.POINT) | 0x2000 | 0x40000  # SWS_FULL_CHR_H_INT, SWS_ACCURATE_RND
_WRITE = int(Interpolation.AREA) | 0x4000  # SWS_FULL_CHR_H_INP


_HALF_CHROMA = ("yuv420p", "nv12", "yuv420p10le", "p010le", "yuv420p12le")
"""Pixel formats that hold what planes do."""

_WITH_ALPHA = ("yuva420p",)
"""Those that hold alpha beside them."""


@dataclass(frozen=True, slots=True)
class Colour:
    """How a video stores its colours.

    The numbers are code points of ITU-T H.273, which containers, codecs and FFmpeg share: 1 is BT.709, 6 BT.601,
    9 BT.2020, 2 not stated. Primaries and transfer are carried, not converted: PQ and HLG stay as they are, in 8 bits.

    Attributes
    ----------
    matrix, primaries, transfer : int
    full_range : bool
        Whether black and white are 0 and 255, not 16 and 235.
    """

    matrix: int
    primaries: int
    transfer: int
    full_range: bool

    @classmethod
    def usual(cls, size: tuple[int, int]) -> Colour:
        """Return what players assume at `size` (w, h): limited range, BT.709 from 720 lines on, BT.601 below."""
        system = 1 if size[1] >= 720 else 6
        return cls(system, system, system, full_range=False)

    @classmethod
    def of(cls, frame: VideoFrame, context: VideoCodecContext, usual: Colour | None = None) -> Colour:
        """Return what `frame` and its decoder state; where they do not, what is usual.

        A video that stores R,G,B or grey is given the usual matrix: it is what an output gets.
        """
        usual = usual or cls.usual((frame.width, frame.height))
        full_range = frame.color_range == ColorRange.JPEG or frame.format.name.startswith("yuvj")
        matrix, primaries, transfer = int(frame.colorspace), int(context.color_primaries), int(context.color_trc)
        if matrix in _MATRICES:
            return cls(matrix, primaries, transfer, full_range)
        return cls(
            usual.matrix,
            usual.primaries if primaries == _UNSTATED else primaries,
            usual.transfer if transfer == _UNSTATED else transfer,
            full_range,
        )

    @property
    def range(self) -> ColorRange:
        """FFmpeg's name for the range."""
        return ColorRange.JPEG if self.full_range else ColorRange.MPEG


class ToRgb:
    """Converts decoded frames.

    Parameters
    ----------
    colour : Colour
    size : tuple of int
        (w, h); a frame of another size, as some streams have in between, is scaled to it.
    """

    def __init__(self, colour: Colour, size: tuple[int, int]) -> None:
        self._colour = colour
        self.size = size
        self._reformatter = VideoReformatter()

    def __call__(self, frame: VideoFrame) -> Rgb:
        """Return the picture, (H, W, 3)."""
        width, height = self.size
        frame.color_primaries = frame.color_trc = _UNSTATED  # PyAV 17 refuses frames with some of the others
        converted = self._reformatter.reformat(
            frame,
            width,
            height,
            "rgb24",
            src_colorspace=_MATRICES[self._colour.matrix],
            src_color_range=self._colour.range,
            dst_color_range=ColorRange.JPEG,
            interpolation=_READ,
        )
        rgb = np.asarray(converted.to_ndarray(), np.uint8)
        return rgb.copy() if converted is frame else rgb  # which may lie in a camera's memory


class ToPlanes:
    """Takes the planes of decoded frames.

    Parameters
    ----------
    colour : Colour
        Of the frames.
    wanted : Colour, optional
        What frames that are stored otherwise are converted to; by default they are left alone.
    """

    def __init__(self, colour: Colour, wanted: Colour | None = None) -> None:
        self._source, self._colour = colour, wanted or colour
        self._reformatter = None if wanted is None else VideoReformatter()
        self._to_rgb: ToRgb | None = None
        self._lock = Lock()  # a converter serves one thread at a time

    def __call__(self, frame: VideoFrame) -> Planes | None:
        """Return the planes; None where they are not in 8 bits with chroma at half size, or a side is odd."""
        if self._reformatter is not None:
            frame.color_primaries = frame.color_trc = _UNSTATED
            frame = self._reformatter.reformat(
                frame,
                format="yuv420p",
                src_colorspace=_MATRICES[self._source.matrix],
                dst_colorspace=_MATRICES[self._colour.matrix],
                src_color_range=self._source.range,
                dst_color_range=self._colour.range,
                interpolation=_WRITE,
            )
        if frame.format.name not in ("yuv420p", "yuvj420p") or frame.width % 2 or frame.height % 2:
            return None
        y, u, v = (_rows(plane).copy() for plane in frame.planes)
        return Planes(y, u, v, self._colour.matrix, self._colour.full_range, self._rgb)

    def _rgb(self, planes: Planes) -> Rgb:
        with self._lock:
            if self._to_rgb is None or self._to_rgb.size != planes.size:
                self._to_rgb = ToRgb(self._colour, planes.size)
            return self._to_rgb(_video_frame(planes))


class ToVideo:
    """Converts pictures for an encoder.

    Parameters
    ----------
    colour : Colour
    pixels : str
        The encoder's pixel format, in FFmpeg's words.
    """

    def __init__(self, colour: Colour, pixels: str) -> None:
        self._colour = colour
        self._pixels = pixels
        self._reformatter = VideoReformatter()

    def __call__(self, picture: NDArray[np.uint8] | Planes) -> VideoFrame:
        """Return the frame of a picture: planes, (H, W) grey, (H, W, 3) R,G,B or (H, W, 4) R,G,B,A."""
        if isinstance(picture, Planes):
            if self._takes(picture):
                frame = _video_frame(picture)
                same = frame.format.name == self._pixels
                return frame if same else self._reformatter.reformat(frame, format=self._pixels)
            picture = picture.rgba if isinstance(picture, Cutout) else picture.rgb
        kind = "gray" if picture.ndim == 2 else {3: "rgb24", 4: "rgba"}[picture.shape[2]]
        frame = VideoFrame.from_ndarray(np.ascontiguousarray(picture), kind)
        return self._reformatter.reformat(
            frame,
            format=self._pixels,
            dst_colorspace=_MATRICES[self._colour.matrix],
            dst_color_range=self._colour.range,
            interpolation=_WRITE,
        )

    def _takes(self, planes: Planes) -> bool:
        """Whether the encoder wants planes as these are, perhaps laid out otherwise or in finer steps."""
        same = planes.matrix == self._colour.matrix and planes.full_range == self._colour.full_range
        return same and self._pixels in (_WITH_ALPHA if isinstance(planes, Cutout) else _HALF_CHROMA)


def _rows(plane: VideoPlane) -> NDArray[np.uint8]:
    """(H, W) of its memory, without the margin that rows may have."""
    return np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, plane.line_size)[:, : plane.width]


def _video_frame(planes: Planes) -> VideoFrame:
    held = [planes.y, planes.u, planes.v, *([planes.alpha] if isinstance(planes, Cutout) else [])]
    frame = VideoFrame(*planes.size, "yuva420p" if len(held) > 3 else "yuv420p")
    for plane, values in zip(frame.planes, held, strict=True):
        _rows(plane)[...] = values
    frame.colorspace = planes.matrix
    frame.color_range = ColorRange.JPEG if planes.full_range else ColorRange.MPEG
    return frame
