"""Reads a video file."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import chain
from pathlib import Path
from threading import Lock

import av
from av import VideoFrame
from av.buffer import Buffer
from av.container import InputContainer
from av.video.codeccontext import VideoCodecContext
from av.video.stream import VideoStream

from streammatte.compositing.frames import Frame
from streammatte.compositing.planes import Planes
from streammatte.errors import MediaError, UsageError
from streammatte.io.notices import Notify, unheard
from streammatte.io.orientation import Orientation
from streammatte.io.packets import EVERYTHING, AnyPacket, PacketReader, Span
from streammatte.io.pipes import interruptible
from streammatte.io.video_canvas import Canvas
from streammatte.io.video_colour import Colour
from streammatte.io.video_decoder import Decoder
from streammatte.io.video_file import THREADS, fine, fraction, video_stream
from streammatte.io.video_input import IN_ORDER, Raw, VideoInput
from streammatte.io.video_layout import depth_of
from streammatte.io.video_losses import left_out, side_data
from streammatte.io.video_mastering import Mastering
from streammatte.stages import Source, SourceInfo

__all__ = ["VideoSource"]

_WIDEST = 10
"""Width of a pixel over its height from which on that is no shape but damage."""


class VideoSource(Source):
    """The frames of a video, with their own times.

    A rotation or mirroring that the file asks for is applied. What cannot be decoded is skipped, alpha is left aside,
    and pictures whose shape differs from the first one's get black bars. Of several video streams the best is read, as
    FFmpeg judges it.

    Parameters
    ----------
    spec : str or Path
        A file, "-" or another pipe, or an address.
    on_notice : callable
        Told what of the file is not read as it is.
    span : Span
        What is read of it; times count from its start. The picture on the screen at that moment is the first.
    deinterlace : bool
        Whether interlaced pictures become full ones.
    raw : Raw, optional
        What its pictures are, where nothing in it tells.

    Attributes
    ----------
    input : VideoInput
        What is read.
    span : Span
    colour : Colour
        How the file stores its colours.
    mastering : Mastering
        What it tells of the display that it was made on.
    whole_chroma : bool
        Whether each row has colours of its own, as in 4:2:2, 4:4:4 and R,G,B.
    aspect : Fraction or None
        Width of a pixel over its height, where the file says so.
    tags : dict of str
        Language and name of the video stream.
    time_base : Fraction
        Seconds per unit of the frames' `pts`.
    last_duration : Fraction
        Seconds for which the frame last read is to be shown, 0 where they are not known.

    Raises
    ------
    MediaError
        If the file cannot be read, or not one frame of it be decoded.
    UsageError
        If it ends before the span begins.
    """

    @interruptible()
    def __init__(
        self,
        spec: str | Path,
        on_notice: Notify = unheard,
        *,
        span: Span = EVERYTHING,
        deinterlace: bool = True,
        raw: Raw | None = None,
    ) -> None:
        self.span = span
        self._on_notice = on_notice
        self._lock = Lock()
        self._closed = False
        self.input = VideoInput(spec, raw)
        container, self._name = self.input.container, self.input.name
        try:
            stream = video_stream(container, self._name)
            stream.thread_type, stream.thread_count = "AUTO", THREADS
            time_base = fraction(stream.time_base) or Fraction(1, 1000)
            self.time_base = fine(time_base) if span.start else time_base
            guess = fraction(stream.guessed_rate)  # of a file that does not say, often its clock's
            rate = fraction(stream.average_rate) or (guess if guess and guess * time_base < 1 else None)
            self.tags: dict[str, str] = {
                key: stream.metadata[key] for key in ("language", "title") if key in stream.metadata
            }
            whole_s = _duration_s(container, stream)
            duration_s = span.of(whole_s)
            if duration_s is not None and duration_s <= 0:
                raise _nothing_from(f"{self._name} lasts {whole_s or 0:.1f} s", span.start)
            frames = max(1, round(duration_s * rate)) if duration_s and rate else None
            if span == EVERYTHING and stream.frames:
                frames = stream.frames
            self._packets = PacketReader(container, span.start, once=self.input.path is None)
            self._aside: deque[AnyPacket] | None = None if self.input.path else deque()
            self._copied = False
            self._measured = [stream.index] if stream.duration else range(len(container.streams))
            self.last_duration = Fraction(0)

            self._decoder = Decoder(
                self._pass(stream), stream, self.time_base, deinterlace=deinterlace, cut=span.start > 0
            )
            decoded = iter(self._decoder)
            first = next(decoded, None)
            if first is None:
                raise MediaError(
                    f"{self._name} is broken: not one picture of its video ({stream.name}) can be decoded",
                    remedy=None if self.input.path else IN_ORDER,
                )
            stored = first.width, first.height
            orientation = _orientation(first)
            size = orientation.size(stored)
            path, name = self.input.path, "" if self.input.path else self._name
            self.colour, self.mastering = Colour.of(first, stream.codec_context), Mastering.of(first)
            heights = [each.height for each in first.format.components[:2]]
            self.whole_chroma = len(heights) == 2 and heights[0] == heights[1]
            depth, dynamic_range = depth_of(first), self.colour.dynamic_range
            self._info = SourceInfo(
                size,
                rate,
                path=path,
                name=name,
                frames=frames,
                duration_s=duration_s,
                depth=depth,
                dynamic_range=dynamic_range,
            )
            aspect = fraction(stream.sample_aspect_ratio)
            if aspect and not 1 / _WIDEST < aspect < _WIDEST:
                on_notice(
                    f"{self._name}: its pixels would be {float(aspect):g} as wide as high, and are taken as square"
                )
                aspect = None
            self.aspect = 1 / aspect if aspect and orientation.transposed else aspect
            for notice in left_out(container, stream, first, depth):
                on_notice(f"{self._name}: {notice}")
            self._context = stream.codec_context
            self._frames: Iterator[Frame] = self._converted(chain([first], decoded), stored, orientation)
        except BaseException:
            self.close()
            raise

    @property
    def info(self) -> SourceInfo:
        """What it is; `size` is as shown, and `read_s` grows."""
        ends = self._packets.ends
        read_s = float(max((ends[index] for index in self._measured if index in ends), default=0))
        return replace(self._info, read_s=read_s)

    def __iter__(self) -> Iterator[Frame]:
        """Iterate over the frames, once."""
        if not self._copied:
            self._aside = None  # nobody wants them
        while True:
            with self._lock:
                frame = None if self._closed else next(self._frames, None)
            if frame is None:
                return
            yield frame

    def close(self) -> None:
        """Free the file and end the iteration."""
        self.input.stop()
        with self._lock:
            self._frames = iter(())  # it holds frames, and this source in a circle
            if not self._closed:
                self._closed = True
                self.input.close()

    def beside(self, source: VideoInput) -> Iterator[AnyPacket | None]:
        """Return the packets of the streams beside this one; to be called before the frames are read.

        Parameters
        ----------
        source : VideoInput
            What `input.again` returned. Where that is read only once, None comes in between: there are no more for now.

        Raises
        ------
        UsageError
            If what is read only once has been asked for before.
        """
        if source is not self.input:
            return iter(PacketReader(source.container, self.span.start))
        if self._copied:
            raise UsageError(
                f"{self._name} is read once, and its sound goes into one file", remedy="open the other with sound=False"
            )
        self._copied = True
        return self._came_by()

    def _pass(self, stream: VideoStream) -> Iterator[AnyPacket]:
        """Give the packets to the decoder, and put those of other streams aside."""
        for packet in self._packets:
            if packet.stream is not stream and self._aside is not None:
                self._aside.append(packet)
            yield packet

    def _came_by(self) -> Iterator[AnyPacket | None]:
        while self._aside is not None:
            yield self._aside.popleft() if self._aside else None

    def _converted(
        self, decoded: Iterator[VideoFrame], stored: tuple[int, int], orientation: Orientation
    ) -> Iterator[Frame]:
        canvas = Canvas(self.colour, stored, _aspect(self._context))
        end = None if self.span.length is None else self.span.length / self.time_base
        timed = self._timed(decoded)
        for picture, pts, next_pts in _from_start(timed) if self.span.start else timed:
            if end is not None and pts >= end:
                break
            self.last_duration = (min(next_pts, end or next_pts) - pts) * self.time_base
            shown = canvas(picture, _aspect(self._context))
            turned = shown.with_each(orientation) if isinstance(shown, Planes) else orientation(shown)
            yield Frame(turned, pts, self.time_base)
        if self.span.start and not self.last_duration:
            raise _nothing_from(f"{self._name} has no later picture", self.span.start)
        packets, decoder = self._packets, self._decoder
        for notice in (*packets.told(), *decoder.told(joined=packets.jumps > 0), *canvas.told()):
            self._on_notice(f"{self._name}: {notice}")

    def _timed(self, decoded: Iterator[VideoFrame]) -> Iterator[tuple[VideoFrame, int, int]]:
        """Pictures with the times at which they come and, by their duration, go."""
        step = max(1, round(1 / (self.rate * self.time_base))) if self.rate else 1
        next_pts = 0
        for picture in decoded:
            pts = next(each for each in (picture.pts, picture.dts, next_pts) if each is not None)
            next_pts = pts + (picture.duration or step)
            yield picture, pts, next_pts


def _nothing_from(name: str, start: Fraction) -> UsageError:
    return UsageError(f"{name}; there is nothing of it from {float(start):g} s on", remedy="choose an earlier start")


def _from_start(timed: Iterator[tuple[VideoFrame, int, int]]) -> Iterator[tuple[VideoFrame, int, int]]:
    """What is on the screen from 0 on; of what came before, the last picture, as if it came then."""
    before = None
    for picture, pts, next_pts in timed:
        if pts <= 0:
            before = picture, 0, next_pts
            continue
        if before is not None:
            yield before
            before = None
        yield picture, pts, next_pts
    if before is not None and before[2] > 0:
        yield before


def _aspect(context: VideoCodecContext) -> float:
    """How wide the pixels decoded last are, over their height."""
    return float(fraction(context.sample_aspect_ratio) or 1)


def _orientation(frame: VideoFrame) -> Orientation:
    matrix = side_data(frame, "DISPLAYMATRIX")
    return (
        Orientation.of_matrix(bytes(matrix)) if isinstance(matrix, Buffer) else Orientation.of_rotation(frame.rotation)
    )


def _duration_s(container: InputContainer, stream: VideoStream) -> float | None:
    time_base = fraction(stream.time_base)
    if stream.duration and time_base:
        return float(stream.duration * time_base)
    return container.duration / av.time_base if container.duration else None
