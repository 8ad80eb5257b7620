"""From a video's stored colours to R,G,B and back.

The way there repeats each chroma sample and the way back averages them, both rounding to nearest, so that a pixel
which nobody changed gets back the values it was stored with; in full range, these or their neighbours.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from threading import Lock

import numpy as np
from av import VideoFrame
from av.video.codeccontext import VideoCodecContext
from av.video.reformatter import ColorRange, Interpolation, VideoReformatter
from numpy.typing import NDArray

from streammatte.compositing.frames import Rgb
from streammatte.compositing.light import HLG, PQ, Light
from streammatte.compositing.planes import Cutout, Planes
from streammatte.io.video_layout import planar_format, rows, video_frame

__all__ = ["Colour", "ToPlanes", "ToRgb", "ToVideo"]

_UNSTATED = 2
_MATRICES = {1: 1, 4: 4, 5: 5, 6: 5, 7: 7, 9: 9, 10: 9}
"""From the matrices of H.273 to swscale's names for them, which are all that it converts."""

# swscale's default is four times as fast (0.4 ms at 1280x720), but off by up to 3 of 255, and darker on average.
_READ = int(Interpolation.POINT) | 0x2000 | 0x40000  # SWS_FULL_CHR_H_INT, SWS_ACCURATE_RND
_WRITE = int(Interpolation.AREA) | 0x4000  # SWS_FULL_CHR_H_INP

_THREADS = 1
"""Of a conversion, which writes a few pixels beyond a row without a margin: over the first row of the next thread."""

_PLANAR = re.compile(r"yuvj?4\d\dp|nv12|p010le|yuv4\d\dp1[0246]le")
"""Pixel formats that planes are made to by swscale, perhaps laid out otherwise or in other steps."""

_WITH_ALPHA = "yuva420p"
"""The one that holds alpha beside them."""


@dataclass(frozen=True, slots=True)
class Colour:
    """How a video stores its colours.

    The numbers are code points of ITU-T H.273, which containers, codecs and FFmpeg share: 1 is BT.709, 6 BT.601,
    9 BT.2020, 2 not stated. Primaries are carried, not converted.

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
    def light(self) -> Light | None:
        """What codes stand for in high dynamic range; None in ordinary pictures."""
        primaries = 9 if self.primaries == _UNSTATED else self.primaries
        return Light(self.transfer, primaries) if self.transfer in (PQ, HLG) else None

    @property
    def dynamic_range(self) -> str:
        """The same in words."""
        return {PQ: "PQ", HLG: "HLG"}.get(self.transfer, "")

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
        """Return the ordinary picture, (H, W, 3) uint8."""
        width, height = self.size
        light = self._colour.light
        frame.color_primaries = frame.color_trc = _UNSTATED  # PyAV 17 refuses frames with some of the others
        converted = self._reformatter.reformat(
            frame,
            width,
            height,
            "rgb48le" if light else "rgb24",
            src_colorspace=_MATRICES[self._colour.matrix],
            src_color_range=self._colour.range,
            dst_color_range=ColorRange.JPEG,
            interpolation=_READ,
            threads=_THREADS,
        )
        if light:
            return light.ordinary(converted.to_ndarray() * np.float32(255 / 65535))
        rgb = np.asarray(converted.to_ndarray(), np.uint8)
        return rgb.copy() if converted is frame else rgb  # which may lie in a camera's memory


class ToPlanes:
    """Takes the planes of decoded frames.

    Parameters
    ----------
    colour : Colour
        Of the frames.
    wanted : Colour, optional
        What frames are converted to, in 8 bits and with chroma at half size; by default their values are kept, of
        those with more than 10 bits the first 10.
    """

    def __init__(self, colour: Colour, wanted: Colour | None = None) -> None:
        self._source, self._colour = colour, wanted or colour
        self._converts = wanted is not None
        self._reformatter = VideoReformatter()
        self._to_rgb: ToRgb | None = None
        self._lock = Lock()  # a converter serves one thread at a time

    def __call__(self, frame: VideoFrame) -> Planes | None:
        """Return the planes; None where the frame is of another kind, such as R,G,B or grey, or a side is odd."""
        if self._converts:
            frame.color_primaries = frame.color_trc = _UNSTATED
            frame = self._reformatter.reformat(
                frame,
                format="yuv420p",
                src_colorspace=_MATRICES[self._source.matrix],
                dst_colorspace=_MATRICES[self._colour.matrix],
                src_color_range=self._source.range,
                dst_color_range=self._colour.range,
                interpolation=_WRITE,
                threads=_THREADS,
            )
        kept = planar_format(frame)
        if kept is None:
            return None
        if frame.format.name not in (kept, kept.replace("yuv", "yuvj")):
            frame = self._reformatter.reformat(frame, format=kept, threads=_THREADS)
        y, u, v = (rows(plane, kept).copy() for plane in frame.planes)
        colour = self._colour
        return Planes(y, u, v, colour.matrix, colour.full_range, self._rgb, light=colour.light)

    def _rgb(self, planes: Planes) -> Rgb:
        with self._lock:
            if self._to_rgb is None or self._to_rgb.size != planes.size:
                self._to_rgb = ToRgb(self._colour, planes.size)
            return self._to_rgb(video_frame(planes))


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
        frame = self._converted(picture)
        frame.color_primaries, frame.color_trc = self._colour.primaries, self._colour.transfer  # which ProRes goes by
        return frame

    def _converted(self, picture: NDArray[np.uint8] | Planes) -> VideoFrame:
        if isinstance(picture, Planes):
            if self._takes(picture):
                return self._laid_out(video_frame(picture))
            picture = picture.rgba if isinstance(picture, Cutout) else picture.rgb
        if picture.ndim == 3 and self._colour.light is not None:
            return self._laid_out(video_frame(self._lit(picture)))
        kind = "gray" if picture.ndim == 2 else {3: "rgb24", 4: "rgba"}[picture.shape[2]]
        frame = VideoFrame.from_ndarray(np.ascontiguousarray(picture), kind)
        return self._reformatter.reformat(
            frame,
            format=self._pixels,
            dst_colorspace=_MATRICES[self._colour.matrix],
            dst_color_range=self._colour.range,
            interpolation=_WRITE,
            threads=_THREADS,
        )

    def _takes(self, planes: Planes) -> bool:
        """Whether the encoder wants planes as these are, perhaps in another range, layout or steps."""
        colour = self._colour
        if (planes.matrix, planes.light) != (colour.matrix, colour.light):
            return False
        if isinstance(planes, Cutout):
            return self._pixels == _WITH_ALPHA and planes.plain
        return _PLANAR.fullmatch(self._pixels) is not None

    def _lit(self, rgb: NDArray[np.uint8]) -> Planes:
        """An ordinary picture in the light of the video, 10 bits."""
        size, none = (rgb.shape[1], rgb.shape[0]), np.zeros((2, 2), np.uint16)
        like = Planes(
            none, none, none, self._colour.matrix, self._colour.full_range, lambda _: rgb, light=self._colour.light
        )
        y, u, v = like.drawn(rgb, size)
        return replace(like, y=y, u=u, v=v)

    def _laid_out(self, frame: VideoFrame) -> VideoFrame:
        if (frame.format.name, frame.color_range) == (self._pixels, self._colour.range):
            return frame
        matrix = _MATRICES[self._colour.matrix]
        return self._reformatter.reformat(
            frame,
            format=self._pixels,
            src_colorspace=matrix,
            dst_colorspace=matrix,
            src_color_range=frame.color_range,
            dst_color_range=self._colour.range,
            threads=_THREADS,
        )
