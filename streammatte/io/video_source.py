"""Reads a video file."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import chain
from pathlib import Path
from threading import Lock

import av
from av import VideoFrame
from av.buffer import Buffer
from av.container import InputContainer
from av.error import FFmpegError
from av.video.stream import VideoStream

from streammatte.errors import MediaError
from streammatte.frames import Frame
from streammatte.io.files import check_input
from streammatte.io.notices import Notify, unheard
from streammatte.io.orientation import Orientation
from streammatte.io.packets import PacketReader
from streammatte.io.video_colour import Colour, ToRgb
from streammatte.io.video_file import fraction, open_video, video_stream

__all__ = ["VideoSource"]


class VideoSource:
    """The frames of a video file, with their own times.

    A rotation or mirroring that the file asks for is applied. What cannot be decoded is skipped, interlaced pictures
    are read as they are, alpha is left aside. Of several video streams the best is read, as FFmpeg judges it.

    Parameters
    ----------
    path : str or Path
    on_notice : callable
        Told what of the file is not read as it is.

    Attributes
    ----------
    path : Path
    size : tuple of int
        (w, h) in pixels, as shown.
    rate : Fraction or None
        Frames per second on average.
    frames : int or None
        How many frames to expect, for a progress bar.
    duration : float or None
        Seconds for which the video lasts, or, where the file does not say that, the longest of its streams.
    read_until : float
        Seconds of `duration` that were read so far.
    has_sound : bool
    colour : Colour
        How the file stores its colours.
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
    """

    live = False

    def __init__(self, path: str | Path, on_notice: Notify = unheard) -> None:
        self.path = check_input(Path(path))
        self._on_notice = on_notice
        self._lock = Lock()
        self._closed = False
        self._container = container = open_video(self.path)
        try:
            stream = video_stream(container, self.path)
            stream.thread_type = "AUTO"
            self.time_base = fraction(stream.time_base) or Fraction(1, 1000)
            self.rate = fraction(stream.average_rate) or fraction(stream.guessed_rate)
            self.tags: dict[str, str] = {
                key: stream.metadata[key] for key in ("language", "title") if key in stream.metadata
            }
            self.has_sound = bool(container.streams.audio)
            self.duration = _duration(container, stream)
            self.frames = stream.frames or (round(self.duration * self.rate) if self.duration and self.rate else None)
            self._packets = PacketReader(container)
            self._measured = [stream.index] if stream.duration else range(len(container.streams))
            self.last_duration = Fraction(0)

            decoded = _decoded(self._packets, stream)
            first = next(decoded, None)
            if first is None:
                raise MediaError(f"{self.path} is broken: not one picture of its video ({stream.name}) can be decoded")
            stored = first.width, first.height
            orientation = _orientation(first)
            self.size = orientation.size(stored)
            self.colour = Colour.of(first, stream.codec_context)
            aspect = fraction(stream.sample_aspect_ratio)
            self.aspect = 1 / aspect if aspect and orientation.transposed else aspect
            self._frames: Iterator[Frame] = self._converted(
                chain([first], decoded), ToRgb(self.colour, stored), orientation
            )
        except BaseException:
            self.close()
            raise

    def __iter__(self) -> Iterator[Frame]:
        """Iterate over the frames, once."""
        while True:
            with self._lock:
                frame = None if self._closed else next(self._frames, None)
            if frame is None:
                return
            yield frame

    @property
    def read_until(self) -> float:
        """Seconds of `duration` that were read so far."""
        ends = self._packets.ends
        return float(max((ends[index] for index in self._measured if index in ends), default=0))

    def close(self) -> None:
        """Free the file and end the iteration."""
        with self._lock:
            self._closed = True
            self._frames = iter(())  # it holds frames, and this source in a circle
            self._container.close()

    def _converted(self, decoded: Iterator[VideoFrame], to_rgb: ToRgb, orientation: Orientation) -> Iterator[Frame]:
        step = max(1, round(1 / (self.rate * self.time_base))) if self.rate else 1
        next_pts = 0
        for picture in decoded:
            pts = next(each for each in (picture.pts, picture.dts, next_pts) if each is not None)
            duration = picture.duration or step
            next_pts = pts + duration
            self.last_duration = duration * self.time_base
            yield Frame(orientation(to_rgb(picture)), pts, self.time_base)
        if self._packets.jumps:
            self._on_notice(
                f"{self.path}: its times jump, as where recordings were joined (jumps: {self._packets.jumps}); "
                "they are made to run on"
            )


def _decoded(packets: PacketReader, stream: VideoStream) -> Iterator[VideoFrame]:
    """Whatever can be decoded; for None the decoder gives out what it holds back."""
    for packet in chain(packets, [None]):
        if packet is None or packet.stream is stream:
            try:
                yield from stream.decode(packet)
            except FFmpegError:
                continue


def _orientation(frame: VideoFrame) -> Orientation:
    matrix = frame.side_data.get("DISPLAYMATRIX")
    return Orientation.of_matrix(bytes(matrix)) if isinstance(matrix, Buffer) else Orientation()


def _duration(container: InputContainer, stream: VideoStream) -> float | None:
    time_base = fraction(stream.time_base)
    if stream.duration and time_base:
        return float(stream.duration * time_base)
    return container.duration / av.time_base if container.duration else None
