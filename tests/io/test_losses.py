"""What a file loses on its way in is said, and nothing of a file that loses nothing."""

from __future__ import annotations

import struct
import zlib
from fractions import Fraction

import av
import cv2
import numpy as np
import pytest

from streammatte.io import open_sink, open_source

GREY = np.full((48, 64, 3), 128, np.uint8)


def told(path, **how):
    """What is said of reading a file to its end, without its name."""
    notices = []
    list(open_source(path, on_notice=notices.append, **how))
    assert all(each.startswith(f"{path}: ") for each in notices)
    return [each.removeprefix(f"{path}: ") for each in notices]


@pytest.mark.parametrize("name", ["in.mp4", "in.mkv", "in.webm", "in.mov", "in.ts", "in.avi", "in.gif"])
def test_of_an_ordinary_video_nothing_is_said(write_clip, name):
    codec = {".webm": "libvpx-vp9", ".gif": "gif", ".mov": "prores_ks", ".avi": "mpeg4"}.get(name[2:], "libx264")
    pixels = {".gif": "bgr8", ".mov": "yuv422p10le"}.get(name[2:], "yuv420p")
    assert told(write_clip(name, codec=codec, pixels=pixels, time_base=Fraction(1, 25))) == []


def test_pictures_that_cannot_be_decoded_are_counted(write_clip):
    path = write_clip("in.mp4", 40, options={"g": "40", "bf": "0"})
    data = bytearray(path.read_bytes())
    with av.open(str(path)) as container:
        packets = [each for each in container.demux(video=0) if each.size]
    for packet in packets[20:23]:
        data[packet.pos : packet.pos + packet.size] = bytes(packet.size)
    for packet in packets[30:32]:  # in the middle: some of it is right
        data[packet.pos + packet.size // 2 : packet.pos + packet.size] = b"\xff" * (packet.size - packet.size // 2)
    path.write_bytes(data)
    with av.open(str(path)) as container:
        stream, read, damaged = container.streams.video[0], 0, 0
        stream.thread_type = "AUTO"
        for packet in container.demux(stream):
            try:
                frames = stream.decode(packet)
            except av.error.FFmpegError:
                continue
            read += len(frames)
            damaged += sum(frame.is_corrupt for frame in frames)
    assert read < 40
    assert damaged
    assert told(path) == [
        f"pictures that could not be decoded, and are left out: {40 - read} of 40",
        f"pictures that are damaged: {damaged}",
    ]


@pytest.mark.parametrize(
    ("suffix", "codec", "expected"),
    [
        (".mkv", "mpeg4", ["pictures that are missing in it, by the gaps in its times: 7"]),
        (".ts", "mpeg2video", ["pictures that are missing in it, by the gaps in its times: 7"]),
        (".mp4", "mpeg4", []),  # where each picture is shown until the next one comes
        (".avi", "mpeg4", []),  # and where an empty entry says that it stays
    ],
)
def test_pictures_that_the_demuxer_has_passed_over(write_clip, tmp_path, suffix, codec, expected):
    whole = write_clip(f"whole{suffix}", 40, codec=codec, options={"g": "5"}, time_base=Fraction(1, 25))
    path = tmp_path / f"in{suffix}"
    with av.open(str(whole)) as container, av.open(str(path), "w") as output:
        stream = output.add_stream_from_template(container.streams.video[0])
        for index, packet in enumerate(each for each in container.demux(video=0) if each.size):
            packet.stream = stream
            if not (15 <= index < 20 or 33 <= index < 35):
                output.mux(packet)
    assert told(path) == expected


def test_a_film_without_a_steady_rate_has_no_gaps(write_clip):
    irregular = [Fraction(n, 1000) for n in (0, 40, 130, 170, 210, 400, 440, 600)]
    assert told(write_clip("in.mkv", times=irregular, time_base=Fraction(1, 1000))) == []


def test_pixels_of_an_impossible_shape(write_clip):
    path = write_clip("in.mp4", aspect=Fraction(30))
    assert told(path) == ["its pixels would be 30 as wide as high, and are taken as square"]
    assert open_source(path).aspect is None


def test_timecode(write_clip):
    assert told(write_clip("in.mov", tags={"timecode": "01:00:00:00"})) == ["its timecode (01:00:00:00) is left out"]
    assert told(write_clip("chapters.mov", chapters=[(0, 150, "First")])) == []


@pytest.mark.parametrize(("pixels", "read"), [("yuv420p10le", 10), ("yuv422p12le", 10), ("gbrp10le", 8)])
def test_more_bits_than_are_read(write_clip, pixels, read):
    bits = int(pixels[-4:-2])
    frames = [av.VideoFrame.from_ndarray(GREY, "rgb24").reformat(format=pixels)] * 2
    expected = [f"its {bits}-bit colours are read with {read} bits"] * (bits > read)
    assert told(write_clip("deep.mkv", frames, codec="ffv1", pixels=pixels)) == expected


@pytest.mark.parametrize(("suffix", "codec"), [(".mkv", "ffv1"), (".webm", "libvpx-vp9")])
def test_alpha_of_a_video(write_clip, suffix, codec):
    rgba = np.dstack([GREY, np.tile(np.arange(64, dtype=np.uint8), (48, 1))])
    frames = [av.VideoFrame.from_ndarray(rgba, "rgba").reformat(format="yuva420p")] * 2
    assert told(write_clip(f"in{suffix}", frames, codec=codec, pixels="yuva420p")) == ["its own alpha is left aside"]


def test_interlaced_pictures(write_clip):
    path = write_clip("in.mp4", 4, interlaced=True)
    assert told(path) == ["pictures that are interlaced, and are deinterlaced: 4"]
    assert told(path, deinterlace=False) == ["pictures that are interlaced, and are read as they are: 4"]


def test_a_cover_and_another_video(write_clip, tmp_path):
    path = tmp_path / "in.mp4"
    with av.open(str(write_clip("plain.mp4"))) as plain, av.open(str(path), "w") as output:
        films = [output.add_stream_from_template(plain.streams.video[0]) for _ in range(2)]
        cover = output.add_stream("png", rate=1)
        cover.width, cover.height, cover.pix_fmt = 64, 48, "rgb24"
        cover.disposition = av.stream.Disposition.attached_pic.value
        output.mux(cover.encode(av.VideoFrame.from_ndarray(GREY, "rgb24")))
        for packet in plain.demux(video=0):
            for film in films if packet.size else ():
                packet.stream = film
                output.mux(packet)
    assert told(path) == ["its cover picture is left out", "other video streams, which are left out: 1"]


def test_a_picture_of_another_shape_gets_bars_and_is_not_stretched(write_clip, tmp_path):
    """As where a broadcast goes from 4:3 to 16:9."""
    square = [np.full((48, 48, 3), 200, np.uint8)] * 10
    wide = [np.full((24, 48, 3), 200, np.uint8)] * 10
    parts = [write_clip(f"{index}.ts", pictures) for index, pictures in enumerate((square, wide))]
    path = tmp_path / "in.ts"
    path.write_bytes(b"".join(each.read_bytes() for each in parts))
    notices = []
    first, *_, last = [frame.rgb[:, 24, 0].astype(int) for frame in open_source(path, on_notice=notices.append)]
    assert first.min() > 190
    assert last[:11].max() == last[-11:].max() == 0
    assert last[14:-14].min() > 190
    assert f"{path}: pictures that are of another shape than the first, and get black bars: 10" in notices


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def with_profile(data):
    """A PNG or JPEG with an ICC profile of nonsense."""
    if data.startswith(b"\x89PNG"):
        return data[:33] + chunk(b"iCCP", b"P3\0\0" + zlib.compress(b"profile" * 40)) + data[33:]
    body = b"ICC_PROFILE\0\1\1" + b"profile" * 40
    return data[:2] + b"\xff\xe2" + struct.pack(">H", len(body) + 2) + body + data[2:]


DEEP = GREY.astype(np.uint16) * 257
CLEAR = np.dstack([GREY, GREY[..., 0]])
BITS, ALPHA = "its 16-bit colours are read with 8 bits", "its own alpha is left aside"
PROFILE = "its colour profile (ICC) is left out, and its colours may look different"


@pytest.mark.parametrize(
    ("suffix", "picture", "profile", "expected"),
    [
        *((suffix, GREY, False, []) for suffix in (".png", ".jpg", ".webp", ".tif", ".bmp")),
        (".png", GREY[..., 0], False, []),
        (".tif", GREY[..., 0], False, []),
        (".png", GREY, True, [PROFILE]),
        (".jpg", GREY, True, [PROFILE]),
        *((suffix, CLEAR, False, [ALPHA]) for suffix in (".png", ".webp", ".tif")),
        *((suffix, DEEP, False, [BITS]) for suffix in (".png", ".tif")),
        (".png", np.dstack([DEEP, DEEP[..., 0]]), True, [BITS, ALPHA, PROFILE]),
    ],
)
def test_pictures(tmp_path, suffix, picture, profile, expected):
    data = cv2.imencode(suffix, picture)[1].tobytes()
    path = tmp_path / f"in{suffix}"
    path.write_bytes(with_profile(data) if profile else data)
    assert told(path) == expected


def test_tiffs_keep_alpha(write_clip, through, tmp_path):
    alpha = np.tile(np.linspace(0, 1, 64, dtype=np.float32), (48, 1))
    source = open_source(write_clip("in.mp4", 2))
    through(source, open_sink(tmp_path / "out_%02d.tif", source, transparent=True), alpha)
    with av.open(str(tmp_path / "out_02.tif")) as container:
        read = next(container.decode(video=0))
    assert read.format.name == "rgba"
    np.testing.assert_array_equal(read.to_ndarray()[..., 3], np.rint(alpha * 255))


def test_an_animation_is_said_to_have_more_pictures(tmp_path):
    frames = [np.full((24, 32, 3), value, np.uint8) for value in (0, 100, 200)]
    animation = cv2.Animation()
    animation.frames, animation.durations = frames, [100, 100, 100]
    for name in ("in.webp", "in.png"):
        assert cv2.imwriteanimation(str(tmp_path / name), animation)
    assert cv2.imwritemulti(str(tmp_path / "in.tif"), frames)
    for name in ("in.webp", "in.png", "in.tif"):
        assert "it has several pictures, of which the first is read" in told(tmp_path / name)
