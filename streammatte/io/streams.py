"""Carries sound, subtitles, chapters and tags from one file into another that is being written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from fractions import Fraction
from functools import partial
from io import BytesIO
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import av
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.codec.codec import Properties
from av.container import InputContainer, OutputContainer
from av.error import ArgumentError, FFmpegError, InvalidDataError
from av.stream import Stream
from av.subtitles.stream import SubtitleStream

from streammatte.errors import UsageError
from streammatte.io.containers import Container
from streammatte.io.notices import Notify
from streammatte.io.packets import EVERYTHING, AnyPacket, Span
from streammatte.io.video_file import fraction
from streammatte.io.video_source import VideoSource

if TYPE_CHECKING:
    from av.container.core import Chapter

__all__ = ["StreamCopier", "tags"]

Converter: TypeAlias = "Callable[[AnyPacket | None], Iterable[AnyPacket]]"
"""Makes of one packet, or of None at the end, the packets for the other file."""

_LAYOUTS = {1: "mono", 2: "stereo", 3: "3.0", 4: "quad", 5: "5.0", 6: "5.1", 7: "6.1", 8: "7.1"}
"""The layouts that both encoders take, by the number of channels."""

_PREROLL_S = Fraction(3, 100)
"""What may be kept of the sound before 0 that an edit list hides: a decoder starts with it."""

_OF_THE_FILE = (
    "major_brand",
    "minor_version",
    "compatible_brands",
    "encoder",
    "duration",
    "bps",
    "number_of_",
    "_stat",
)
"""How the tags begin that tell about a file, not about the film in it; the last is Matroska's _STATISTICS_…"""


def tags(metadata: dict[str, str]) -> dict[str, str]:
    """Return the tags that stay true of a film in another file."""
    return {key: value for key, value in metadata.items() if not key.lower().startswith(_OF_THE_FILE)}


class StreamCopier:
    """Copies chapters and tags, and sound and subtitles packet by packet with times, languages, names and dispositions.

    What the other container cannot hold as it is, is encoded again. Broken packets are left out. From Matroska to
    Matroska the fonts of the subtitles go along.

    Parameters
    ----------
    film : VideoSource
        What to copy from. A file is read a second time, beside the pictures. Times count from the start of its span.
    output : OutputContainer
        The file to copy into; its header must not be written yet.
    container : Container
        Its kind.
    sound : bool
        Whether sound and subtitles are to be copied.
    on_notice : callable
        Told which streams are left out.

    Raises
    ------
    UsageError
        If a stream cannot be held, whatever is done to it.
    """

    def __init__(
        self, film: VideoSource, output: OutputContainer, container: Container, *, sound: bool, on_notice: Notify
    ) -> None:
        self._span = film.span
        self._output = output
        self._container = container
        self._on_notice = on_notice
        self._input = film.input.again()
        self._name = self._input.name
        self._closed = False
        try:
            read = self._input.container
            output.metadata.update(tags(read.metadata))
            output.set_chapters(list(_cut(read.chapters(), self._span)))
            streams = list(_decodable(read, self._name, on_notice)) if sound else []
            for fonts in read.streams.attachments if sound else ():
                if container.format != "matroska":
                    on_notice(f"{self._name}: its attached files, such as fonts, are left out; a .mkv holds them")
                    break
                output.add_stream_from_template(fonts)
            self._converters = {stream.index: self._converter(stream) for stream in streams}
            self._packets = self._chosen(film.beside(self._input)) if streams else iter(())
            self._next: AnyPacket | None = None
        except BaseException:
            self.close()
            raise

    def copy_until(self, time: Fraction | None) -> None:
        """Write the packets up to `time` in seconds; all where it is None."""
        while (packet := self._next or next(self._packets, None)) is not None:
            self._next = packet
            if time is not None and _time(packet) > time:
                return
            self._write(self._converters[packet.stream_index](packet))
            self._next = None

    def finish(self) -> None:
        """Write the rest."""
        self.copy_until(None)
        for convert in self._converters.values():
            self._write(convert(None))

    def close(self) -> None:
        """Free the file; a second call does nothing."""
        if not self._closed:
            self._closed = True
            self._input.close()

    def _chosen(self, packets: Iterator[AnyPacket | None]) -> Iterator[AnyPacket | None]:
        going = set(self._converters)
        for packet in packets:
            if packet is None:
                yield None
                continue
            timed = packet.dts is not None or packet.pts is not None
            hidden = packet.is_discard and _time(packet) + _length(packet) < -_PREROLL_S
            if timed and packet.stream_index in going and not hidden and not _is_filler(packet):
                if self._span.length is not None and _time(packet) >= self._span.length:
                    going.remove(packet.stream_index)
                elif not self._span.start or _time(packet) + _length(packet) > 0:
                    yield _from_zero(packet) if isinstance(packet.stream, SubtitleStream) else packet
            if not going:
                return

    def _write(self, packets: Iterable[AnyPacket]) -> None:
        for packet in packets:
            with suppress(ArgumentError, InvalidDataError):  # times that run backwards, or no times
                self._output.mux(packet)

    def _converter(self, stream: AudioStream | SubtitleStream) -> Converter:
        codec = stream.codec_context.name
        output: AudioStream | SubtitleStream
        convert: Converter
        if self._holds(stream) and not codec.startswith(self._container.unplayable):
            output = self._output.add_stream_from_template(stream)
            convert = partial(_copied, output)
        else:
            try:
                output, convert = self._encoder(stream)
            except (FFmpegError, LookupError, ValueError) as error:
                raise UsageError(
                    f"{self._name}: its {stream.type} ({codec}) cannot be put into a {self._container.format} file",
                    remedy="write a .mkv, or leave the sound and subtitles out (--no-sound)",
                ) from error
            what = "sound" if stream.type == "audio" else "subtitles"
            self._on_notice(
                f"{self._name}: its {what} ({codec}) is encoded anew for {self._container.format} "
                f"({output.codec_context.name})"
            )
        output.metadata.update(tags(stream.metadata))
        cast(Any, output).disposition = stream.disposition.value  # as a number: PyAV 17 takes nothing else
        return convert

    def _holds(self, stream: AudioStream | SubtitleStream) -> bool:
        """Whether the muxer writes a header for `stream`; some refuse there what they claim to support."""
        trial = av.open(BytesIO(), "w", format=self._container.format)
        try:
            trial.add_stream_from_template(stream)
            trial.start_encoding()
        except (FFmpegError, ValueError):
            return False
        finally:
            with suppress(FFmpegError):
                trial.close()
        return True

    def _encoder(self, stream: AudioStream | SubtitleStream) -> tuple[AudioStream | SubtitleStream, Converter]:
        if isinstance(stream, SubtitleStream):
            if not Properties(stream.codec_context.codec.properties) & Properties.TEXT_SUB:
                raise ValueError("subtitles that are pictures do not become text")
            text = self._output.add_stream(self._container.subtitles, time_base=stream.time_base)
            assert isinstance(text, SubtitleStream)
            stream.codec_context.open(strict=False)
            text.codec_context.subtitle_header = stream.codec_context.subtitle_header
            return text, partial(_text, stream, text)
        sound = self._output.add_stream(self._container.sound)
        assert isinstance(sound, AudioStream)
        context, channels = sound.codec_context, stream.layout.nb_channels
        context.sample_rate = stream.rate if stream.rate in (context.codec.audio_rates or [stream.rate]) else 48000
        context.layout = _LAYOUTS[channels]
        context.bit_rate = 96_000 * channels
        context.open()
        return sound, _Sound(stream, sound)


def _decodable(container: InputContainer, name: str, on_notice: Notify) -> Iterator[AudioStream | SubtitleStream]:
    """Sound and subtitles, but for those of which FFmpeg makes nothing, so that they cannot even be copied."""
    for stream in container.streams:
        if isinstance(stream, (AudioStream, SubtitleStream)):
            if stream.codec_context is None:
                reason = "FFmpeg has no decoder for it"
            elif isinstance(stream, AudioStream) and not (stream.layout.nb_channels and stream.rate):
                reason = "nothing of it can be decoded"
            else:
                yield stream
                continue
            on_notice(f"{name}: its stream {stream.index} ({stream.type}) is left out, as {reason}")


def _is_filler(packet: AnyPacket) -> bool:
    """Whether it is one of those with which MP4 fills the time between two subtitles, as its muxer will again."""
    return isinstance(packet.stream, SubtitleStream) and bytes(packet) == b"\0\0"


def _time(packet: AnyPacket) -> Fraction:
    ticks = packet.pts if packet.dts is None else packet.dts
    return (ticks or 0) * (fraction(packet.time_base) or Fraction(0))


def _length(packet: AnyPacket) -> Fraction:
    return (packet.duration or 0) * (fraction(packet.time_base) or Fraction(0))


def _from_zero(packet: AnyPacket) -> AnyPacket:
    """The same text, if it is on the screen already, from time 0 on."""
    if packet.pts is not None and packet.pts < 0:
        packet.duration = (packet.duration or 0) + packet.pts
        packet.pts = packet.dts = 0
    return packet


def _cut(chapters: list[Chapter], span: Span) -> Iterator[Chapter]:
    """The chapters that lie in the span, in part at least, by its times."""
    for each in chapters:
        unit = fraction(each["time_base"]) or Fraction(1)
        start, end = (Fraction(each[side]) * unit - span.start for side in ("start", "end"))
        start, end = max(start, Fraction(0)) if span.start else start, min(end, span.length or end)
        if start < end or span == EVERYTHING:
            yield {**each, "start": round(start / unit), "end": round(end / unit)}


def _copied(output: Stream, packet: AnyPacket | None) -> Iterator[AnyPacket]:
    if packet is not None:
        packet.stream = output
        yield packet


class _Sound:
    """Encodes sound anew; where its rate or channels change on the way, as in broadcasts, they become as at first."""

    def __init__(self, source: AudioStream, output: AudioStream) -> None:
        self._source, self._output = source, output
        self._resampler: AudioResampler | None = None
        self._kind: tuple[str, str, int] | None = None

    def __call__(self, packet: AnyPacket | None) -> Iterator[AnyPacket]:
        with suppress(FFmpegError):  # what is broken is left out
            for frame in self._source.decode(packet):
                for converted in self._converted(frame):
                    yield from self._output.encode(converted)
        if packet is None:
            yield from self._output.encode(None)

    def _converted(self, frame: AudioFrame) -> list[AudioFrame]:
        kind = frame.format.name, frame.layout.name, frame.sample_rate
        if self._resampler is None or kind != self._kind:
            context, self._kind = self._output.codec_context, kind
            self._resampler = AudioResampler(context.format, context.layout, context.sample_rate)
        return self._resampler.resample(frame)


def _text(source: SubtitleStream, output: SubtitleStream, packet: AnyPacket | None) -> Iterator[AnyPacket]:
    if packet is None:
        return
    with suppress(FFmpegError):
        decoded = source.codec_context.decode2(packet)
        if decoded is not None:
            encoded = output.codec_context.encode_subtitle(decoded)
            encoded.stream, encoded.time_base = output, packet.time_base
            encoded.pts, encoded.dts, encoded.duration = packet.pts, packet.pts, packet.duration
            yield encoded
