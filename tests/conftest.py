"""What many tests share, above all clips made and read with PyAV itself, past the code under test."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from hashlib import md5
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import av
import numpy as np
import pytest
from av.codec.context import Flags

from streammatte.compositing.layers import Layers

TICK = Fraction(1, 90_000)
H264 = {"preset": "ultrafast", "crf": "12", "bf": "2"}


@dataclass
class Track:
    """A stream beside the pictures, as it lies in a file."""

    kind: str
    codec: str
    tags: dict[str, str]
    disposition: int
    times: list[Fraction] = field(default_factory=list)
    packets: list[str] = field(default_factory=list)
    positions: list[int] = field(default_factory=list)


@dataclass
class Probe:
    """What a file holds, read by FFmpeg alone."""

    size: tuple[int, int]
    codec: str
    pixels: str
    colour: tuple[int, int, int, int]
    aspect: Fraction | None
    frames: list[av.VideoFrame]
    times: list[Fraction]
    positions: list[int]
    tracks: list[Track]
    chapters: list[tuple[float, float, str]]
    tags: dict[str, str]
    duration: float | None
    sideways: bool

    def yuv(self, index=0):
        """The planes of a frame, (H, W) each, in 8-bit code values."""
        return planes(self.frames[index])


def planes(frame):
    deep = 16 if frame.format.components[0].bits > 8 else 8
    kind = np.uint16 if deep == 16 else np.uint8
    scale = 2.0 ** (frame.format.components[0].bits - 8)
    return [np.frombuffer(each, kind).reshape(each.height, -1)[:, : each.width] / scale for each in frame.planes]


def exact(value):
    return Fraction(value.numerator, value.denominator) if value else None


@pytest.fixture
def probe():
    return _probe


def _probe(path, decoder=None):
    with av.open(f"file:{path}") as container:
        stream = container.streams.video[0]
        context = stream.codec_context
        reader = av.CodecContext.create(decoder, "r") if decoder else context
        tracks = {
            each.index: Track(each.type, each.codec_context.name, dict(each.metadata), each.disposition.value)
            for each in (*container.streams.audio, *container.streams.subtitles)
        }
        frames, positions = [], []
        for packet in container.demux():
            if packet.stream is stream:
                if packet.size:
                    positions.append(packet.pos)
                frames += reader.decode(packet if packet.size else None)
            elif packet.stream_index in tracks and packet.size:
                track = tracks[packet.stream_index]
                track.times.append(packet.pts * exact(packet.time_base))
                track.packets.append(md5(bytes(packet)).hexdigest())
                track.positions.append(packet.pos)
        return Probe(
            (frames[0].width, frames[0].height),
            context.name,
            frames[0].format.name,
            (context.colorspace, context.color_primaries, context.color_trc, int(context.color_range)),
            exact(stream.sample_aspect_ratio),
            frames,
            [each.pts * exact(stream.time_base) for each in frames],
            positions,
            list(tracks.values()),
            [
                (
                    float(each["start"] * exact(each["time_base"])),
                    float(each["end"] * exact(each["time_base"])),
                    each["metadata"]["title"],
                )
                for each in container.chapters()
            ],
            dict(container.metadata),
            container.duration and container.duration / 1_000_000,
            frames[0].rotation != 0,
        )


@pytest.fixture
def write_clip(tmp_path):
    """Write a clip into tmp_path and return its path."""

    def write(name: str, pictures: Any = 8, **how: Any) -> Path:
        path = tmp_path / name
        _write_clip(path, pictures, **how)
        return path

    return write


def noise(count=8, size=(64, 48)):
    """Smooth pictures that differ from each other."""
    small = np.random.default_rng(0).integers(0, 256, (count, 3, 4, 3), np.uint8)
    steps = [each.repeat(-(-size[1] // 3), 0).repeat(-(-size[0] // 4), 1) for each in small]
    return [np.ascontiguousarray(each[: size[1], : size[0]]) for each in steps]


def _write_clip(
    path,
    pictures=8,
    *,
    size=(64, 48),
    codec="libx264",
    pixels="yuv420p",
    options=None,
    times=None,
    time_base=TICK,
    rate=25,
    colour=None,
    aspect=None,
    sounds=(),
    subtitles=(),
    chapters=(),
    tags=None,
    interlaced=False,
    last=None,
):
    """Pictures are arrays, or frames in `pixels`, or their number.

    `last`: seconds for which the last is shown; `sounds`: (codec, start in seconds, language); `subtitles`: (codec,
    language); `chapters`: (start and end in milliseconds, title).
    """
    pictures = noise(pictures, size) if isinstance(pictures, int) else pictures
    times = [index * Fraction(1, rate) for index in range(len(pictures))] if times is None else times
    with av.open(
        f"file:{path}", "w", container_options={"movie_timescale": "90000"} if path.suffix == ".mp4" else {}
    ) as output:
        output.metadata.update(tags or {})
        stream = output.add_stream(
            codec, rate=rate, options=H264 if options is None and codec == "libx264" else options or {}
        )
        context = stream.codec_context
        first = pictures[0]
        high, wide = first.shape[:2] if isinstance(first, np.ndarray) else (first.height, first.width)
        context.width, context.height, context.pix_fmt = wide, high, pixels
        context.time_base = stream.time_base = time_base
        context.flags |= Flags.frame_duration
        if interlaced:
            context.flags |= Flags.interlaced_dct | Flags.interlaced_me
        if colour:
            context.colorspace, context.color_primaries, context.color_trc, context.color_range = colour
        if aspect:
            context.sample_aspect_ratio = aspect
        tracks = [_add_sound(output, *each) for each in sounds]
        texts = [_add_subtitles(output, *each) for each in subtitles]
        output.set_chapters(
            [
                {"id": index, "start": start, "end": end, "time_base": Fraction(1, 1000), "metadata": {"title": title}}
                for index, (start, end, title) in enumerate(chapters)
            ]
        )
        for packets in (*tracks, *texts):
            for packet in packets():
                output.mux(packet)
        ends = [*times[1:], times[-1] + (last or Fraction(1, rate))]
        for picture, time, end in zip(pictures, times, ends, strict=True):
            frame = av.VideoFrame.from_ndarray(picture, "rgb24") if isinstance(picture, np.ndarray) else picture
            if frame.format.name != pixels:
                matrix = {1: 1, 9: 9}.get(colour[0] if colour else 6, 5)
                frame = frame.reformat(
                    format=pixels,
                    dst_colorspace=matrix,
                    dst_color_range=colour[3] if colour else 1,
                    interpolation=0x4020,
                )
            frame.pts, frame.time_base, frame.pict_type = round(time / time_base), time_base, 0
            frame.duration = round((end - time) / time_base)
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))


def _add_sound(output, codec, start=0, language="eng", seconds=0.4, rate=48000):
    stream = output.add_stream(codec, rate=rate)
    stream.codec_context.layout = "mono"
    stream.metadata["language"] = language

    def packets():
        tone = (np.sin(np.arange(int(seconds * rate)) * 0.06) * 12000).astype(np.int16)
        for begin in range(0, len(tone), 960):
            frame = av.AudioFrame.from_ndarray(tone[None, begin : begin + 960], "s16", "mono")
            frame.rate, frame.pts, frame.time_base = rate, round(start * rate) + begin, Fraction(1, rate)
            yield from stream.encode(frame)
        yield from stream.encode(None)

    return packets


def _add_subtitles(output, codec, language="eng"):
    stream = output.add_stream(codec, time_base=Fraction(1, 1000))
    stream.metadata["language"] = language
    stream.codec_context.subtitle_header = (
        b"[Script Info]\nScriptType: v4.00+\n[V4+ Styles]\nFormat: Name, Fontname, Fontsize\nStyle: Default,Arial,16\n"
        b"[Events]\nFormat: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n"
    )

    def packets():
        for begin, text in ((40, b"Hello"), (200, b"World")):
            line = av.subtitles.subtitle.SubtitleSet.create(b"0,0,Default,,0,0,0,," + text, 0, 100, begin * 1000)
            packet = stream.codec_context.encode_subtitle(line)
            packet.stream, packet.time_base = stream, Fraction(1, 1000)
            packet.pts, packet.dts, packet.duration = begin, begin, 100
            yield packet

    return packets


@pytest.fixture
def through():
    """Send every frame of a source unchanged into a sink, and close both."""

    def send(source, sink, alpha=1.0):
        count = 0
        for frame in source:
            matte = alpha if isinstance(alpha, np.ndarray) else np.full(frame.rgb.shape[:2], alpha, np.float32)
            sink.write(Layers.of(frame, matte))
            count += 1
        source.close()
        sink.close()
        return count

    return send


@pytest.fixture
def ffmpeg():
    """Run one of FFmpeg's own programs, which read and tell by themselves, and return what it prints."""

    def run(program, *arguments):
        if shutil.which(program) is None:
            pytest.skip(f"there is no {program}; on Debian: apt-get install ffmpeg")
        command = [program, "-v", "error", *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    return run


@pytest.fixture(autouse=True)
def config_path(tmp_path, monkeypatch):
    """Where the config file would be: nobody's own, nor what a page keeps, may change what a test sees."""
    folder = tmp_path / "Config" / "streammatte"
    for name in ("CONFIG_HOME", "CACHE_HOME", "DATA_HOME", "STATE_HOME", "VIDEOS_DIR", "PICTURES_DIR"):
        monkeypatch.setenv(f"XDG_{name}", str(tmp_path / name.partition("_")[0].capitalize()))
    monkeypatch.setattr("platformdirs.user_config_path", lambda *_, **__: folder)
    return folder / "config.toml"


@pytest.fixture
def until():
    """Wait for what other threads bring about."""

    def wait(true: Callable[[], object], seconds: float = 10.0) -> None:
        end = monotonic() + seconds
        while not true():
            assert monotonic() < end, "it did not come true"
            sleep(0.01)

    return wait
