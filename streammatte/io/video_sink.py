"""Writes a video file."""

from __future__ import annotations

from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from av import VideoFrame
from av.codec.context import Flags
from av.error import FFmpegError
from av.packet import Packet
from av.video.stream import VideoStream

from streammatte.compositing.layers import Layers
from streammatte.compositing.planes import Planes
from streammatte.errors import MediaError, ShapeError, UsageError
from streammatte.io.containers import Container
from streammatte.io.encoders import VideoCodec
from streammatte.io.files import PartialFile
from streammatte.io.notices import Notify, unheard
from streammatte.io.paint import Paint
from streammatte.io.pipes import OutputPipe, is_pipe
from streammatte.io.streams import StreamCopier
from streammatte.io.video_colour import Colour, ToVideo
from streammatte.io.video_file import THREADS, fine, media_errors
from streammatte.io.video_source import VideoSource
from streammatte.stages import Sink, Source

__all__ = ["VideoSink"]

_FASTEST = 240
"""Frames a second: the most that every encoder takes for their rate, by which none of them is timed."""

_SHOWN_S = Fraction(1, 25)
"""Seconds for which one frame is shown of which nothing says for how long."""

_NEARLY = Fraction(1, 100)
"""By how much pixels may differ from square ones without anybody seeing it."""


class VideoSink(Sink):
    """Frames in a video file, each shown when the source showed it.

    The file has a temporary name in the same folder until `close`; a pipe is written to at once. Matroska and WebM
    round times to milliseconds.

    The videos that every player shows have an even width and height: an odd one gets the last column or row once more,
    so that nothing of the picture is lost and no edge is seen. Pixels that are all but square are stored as square
    ones where the codec cannot tell.

    Parameters
    ----------
    path : Path
    container : Container
        The kind of file.
    codec : VideoCodec
        One of the container's.
    paint : Paint
        What to show of the layers.
    source : Source, optional
        Where the frames come from. Of a VideoSource the rate, colours and shape of pixels are kept.
    columns : int
        How many times as wide as the frames what `paint` makes is.
    deep : bool
        Whether high dynamic range is kept, for which `codec` has the bits, and not made an ordinary picture.
    sound : bool
        Whether to carry over a VideoSource's sound and subtitles; its chapters and tags are kept in any case.
    on_notice : callable
        Told what of the source is not written as it is.

    Raises
    ------
    UsageError
        If `path` is the source's own file, or the container cannot hold its sound, its subtitles or the shape of its
        pixels.
    MediaError
        If the file cannot be written.
    """

    def __init__(
        self,
        path: Path,
        container: Container,
        codec: VideoCodec,
        paint: Paint,
        source: Source | None = None,
        *,
        columns: int = 1,
        deep: bool = False,
        sound: bool = True,
        on_notice: Notify = unheard,
    ) -> None:
        film = source if isinstance(source, VideoSource) else None
        self._aspect = film.aspect if film else None
        if codec.square and not container.aspect and self._aspect not in (None, 1):
            if abs(self._aspect - 1) > _NEARLY:
                raise UsageError(
                    f"{path}: the input's pixels are {self._aspect} as wide as high, which {codec.name} cannot tell",
                    remedy="write .mp4, .mov, or an opaque .mkv",
                )
            on_notice(f"{path}: pixels that are {self._aspect} as wide as high are written as square ones")
            self._aspect = None
        self._path = path
        self._on_notice = on_notice
        self._codec = codec
        self._tags = container.tags
        self._paint = paint
        self._deep = deep
        self._film = film
        self._rate = source.rate if source else None
        self._time_base = fine(film.time_base if film else Fraction(1, 90_000))
        self._stream: VideoStream | None = None
        self._size = 0, 0
        self._copier: StreamCopier | None = None
        self._waiting: tuple[VideoFrame, int] | None = None
        self._duration = 0
        self._delay: int | None = None
        self._ended = False
        self._file = (
            OutputPipe(path) if is_pipe(path) else PartialFile(path, source.info.path if source else None, on_notice)
        )
        self._output = av.open(self._file.target, "w", format=container.format, container_options=container.options)
        try:
            if source is not None:
                self._add_stream((columns * source.size[0], source.size[1]))
            if film is not None:
                self._copier = StreamCopier(film, self._output, container, sound=sound, on_notice=on_notice)
            if source is not None:
                with self._media_errors():
                    self._output.start_encoding()
        except BaseException:
            self.abort()
            raise

    def write(self, layers: Layers) -> None:
        """Take the next frame; one that is not later than the one before is put right behind it.

        Raises
        ------
        ShapeError
            If it is of another size than the first.
        MediaError
            If nothing more can be written, as on a full disk.
        """
        picture = self._paint(layers)
        size = picture.size if isinstance(picture, Planes) else (picture.shape[1], picture.shape[0])
        stream = self._stream or self._add_stream(size)
        if size != self._size:
            raise ShapeError(f"a frame is {size[0]}x{size[1]}; expected {self._size[0]}x{self._size[1]}, as before")
        right, below = stream.width - size[0], stream.height - size[1]
        if (right or below) and not isinstance(picture, Planes):
            picture = np.asarray(cv2.copyMakeBorder(picture, 0, below, 0, right, cv2.BORDER_REPLICATE), np.uint8)
        frame = self._to_video(picture)
        pts = round(layers.frame.pts * layers.frame.time_base / self._time_base)
        if self._waiting is not None:  # until now nobody knew how long it is shown
            pts = max(pts, self._waiting[1] + 1)
            self._encode(*self._waiting, pts - self._waiting[1])
        self._waiting = frame, pts

    def close(self) -> None:
        """Complete the file and give it its name.

        Raises
        ------
        MediaError
            If that cannot be done, or no frame was written.
        """
        if self._ended:
            return
        try:
            if self._stream is None or self._waiting is None:
                raise MediaError(f"{self._path} is not written: there was no frame to put into it")
            duration = self._last_duration()
            self._encode(*self._waiting, duration)
            with self._media_errors():
                self._write(self._stream.encode(None), end=self._waiting[1] + duration)
                if self._copier is not None:
                    self._copier.finish()
                    self._copier.close()
                self._output.close()
        except BaseException:
            self.abort()
            raise
        self._ended = True
        self._file.commit()

    def abort(self) -> None:
        """Remove what was written; an older file of the name stays."""
        if self._ended:
            return
        self._ended = True
        if self._copier is not None:
            self._copier.close()
        with suppress(OSError):  # gone, it need not be completed; on Windows an open file stays
            self._file.discard()
        with suppress(FFmpegError):
            self._output.close()
        self._file.discard()

    def _add_stream(self, size: tuple[int, int]) -> VideoStream:
        codec, film = self._codec.for_size(size), self._film
        colour, options = film.colour if film else Colour.usual(size), codec.options
        if colour.light is not None and not self._deep:
            colour = Colour.usual(size)
        elif film and colour.light is not None:
            told = film.mastering.options(codec)
            if told is None:
                self._on_notice(f"{self._path}: what the input tells of its mastering display is left out")
            options = told or options
        colour = replace(colour, full_range=codec.rgb or (colour.full_range and not codec.limited))
        stream = self._output.add_stream(codec.name, rate=min(self._rate or 25, _FASTEST), options=options)
        assert isinstance(stream, VideoStream)
        context = stream.codec_context
        self._size = size
        context.width, context.height = stored = codec.stored(size)
        if stored != size:
            self._on_notice(
                f"{self._path}: {size[0]}x{size[1]} is written as {stored[0]}x{stored[1]}, its edge doubled, "
                "as many players show no video of odd size"
            )
        context.pix_fmt = codec.pixels
        if tag := self._tags.get(context.codec.canonical_name):
            context.codec_tag = tag
        context.thread_type, context.thread_count = "AUTO", THREADS
        context.flags |= Flags.frame_duration
        context.time_base = stream.time_base = self._time_base
        context.colorspace, context.color_range = 0 if codec.rgb else colour.matrix, colour.range
        context.color_primaries, context.color_trc = colour.primaries, colour.transfer
        if self._aspect:
            context.sample_aspect_ratio = self._aspect
        if film:
            stream.metadata.update(film.tags)
        self._to_video = ToVideo(colour, codec.pixels)
        self._stream = stream
        return stream

    def _encode(self, frame: VideoFrame, pts: int, duration: int) -> None:
        assert self._stream is not None
        self._duration = duration
        frame.pts, frame.duration, frame.time_base = pts, duration, self._time_base
        with self._media_errors():
            if self._copier is not None:
                self._copier.copy_until(pts * self._time_base)
            self._write(self._stream.encode(frame))

    def _write(self, packets: list[Packet[VideoStream]], end: int | None = None) -> None:
        """Mux packets; `end` comes with the last ones, and is when the last frame ends."""
        for packet in packets:
            assert packet.pts is not None
            assert packet.dts is not None
            if self._delay is None:
                self._delay = packet.pts - packet.dts
            if end is not None and packet is packets[-1]:
                # MP4 and MOV add up durations in the order of decoding, whose last frame need not be the last shown.
                packet.duration = max(1, end - self._delay - packet.dts)
            self._output.mux(packet)

    def _last_duration(self) -> int:
        film, rate = self._film, self._rate
        seconds = film.last_duration if film and film.last_duration else 1 / rate if rate else None
        if seconds is None and self._duration:
            return self._duration
        return max(1, round((seconds or _SHOWN_S) / self._time_base))

    def _media_errors(self) -> AbstractContextManager[None]:
        return media_errors(self._path, "cannot be written")
