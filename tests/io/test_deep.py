"""More than 8 bits, and high dynamic range, through a file: read back by PyAV alone."""

from __future__ import annotations

import av
import numpy as np
import pytest

from streammatte import Backdrop, Layers, parse_filter
from streammatte.io import open_sink, open_source

SIZE = 128, 96
HDR = {"PQ": (9, 9, 16, 1), "HLG": (9, 9, 18, 1)}
SAMPLING = {"420": (2, 2), "422": (2, 1), "444": (1, 1)}


def deep(pixels="yuv420p10le", luma=None):
    """A frame with ramps down to 4 and up to 1019, beyond black and white."""
    step = 1 if pixels.endswith("le") else 4
    wide, high = SAMPLING[pixels[3:6]]
    ramp = np.add.outer(np.linspace(0, 300, SIZE[1]), np.linspace(4, 719, SIZE[0]))
    y = ramp if luma is None else np.full(SIZE[::-1], luma)
    chroma = np.full((SIZE[1] // high, SIZE[0] // wide), 512) if luma else 1019 - ramp[::high, ::wide]
    kind = np.uint16 if step == 1 else np.uint8
    frame = av.VideoFrame(*SIZE, pixels)
    for plane, values in zip(frame.planes, (y, chroma, chroma[::-1]), strict=True):
        room = np.frombuffer(memoryview(plane), kind).reshape(plane.height, -1)
        room[:, : plane.width] = np.rint(values) // step
    return frame


def values(frame):
    """The planes in their own code values."""
    kind = np.uint16 if frame.format.name.endswith("le") else np.uint8
    return [
        np.frombuffer(memoryview(each), kind).reshape(each.height, -1)[:, : each.width].astype(int)
        for each in frame.planes
    ]


@pytest.fixture
def clip(write_clip):
    def write(pixels="yuv420p10le", colour=(1, 1, 1, 1), luma=None, count=3):
        return write_clip("in.mkv", [deep(pixels, luma)] * count, codec="ffv1", pixels=pixels, colour=colour)

    return write


def sent(source, sink, alpha, change):
    """All frames through a filter into a sink."""
    with sink:
        for frame in source:
            sink.write(change(Layers.of(frame, alpha)))


@pytest.mark.parametrize("colour", [(1, 1, 1, 1), (1, 1, 1, 2), *HDR.values()])
@pytest.mark.parametrize("name", ["out.mp4", "out.mov", "out.mkv", "out.webm"])
def test_a_deep_video_stays_so_to_two_of_its_steps(clip, probe, through, tmp_path, colour, name):
    source, notices = open_source(clip(colour=colour)), []
    through(source, open_sink(tmp_path / name, source, crf=1, on_notice=notices.append))
    written = probe(tmp_path / name)
    assert (written.codec, written.pixels) == ("libdav1d" if name == "out.webm" else "hevc", "yuv420p10le")
    assert written.colour == colour
    for was, is_now in zip(values(deep()), values(written.frames[0]), strict=True):
        assert np.abs(was - is_now).max() <= 2
    assert not notices


@pytest.mark.parametrize("colour", [(9, 9, 16, 2), (9, 2, 18, 1), (1, 1, 1, 2)])
def test_prores_tells_its_colours_and_has_no_full_range(clip, probe, through, tmp_path, colour):
    source = open_source(clip("yuv422p10le", colour))
    through(source, open_sink(tmp_path / "out.mov", source, codec="prores"))
    written = probe(tmp_path / "out.mov")
    assert written.colour[:3] == colour[:3]
    luma, *_ = values(deep("yuv422p10le"))
    expected = 64 + luma * 876 / 1023 if colour[3] == 2 else luma
    assert np.abs(values(written.frames[0])[0] - expected).mean() < 1


def test_constant_luminance_is_read_as_ffmpeg_does(clip):
    frame = next(iter(open_source(clip(colour=(10, 9, 18, 1)))))
    assert frame.at((64, 48)).shape == (48, 64, 3)


@pytest.mark.parametrize("pixels", ["yuv420p", "yuv422p", "yuv444p", "yuv420p10le", "yuv422p10le", "yuv444p10le"])
def test_sampling_stays_when_asked_for_to_the_bit(clip, probe, through, tmp_path, pixels):
    source = open_source(clip(pixels))
    through(source, open_sink(tmp_path / "out.mkv", source, codec="ffv1", pix_fmt=pixels))
    written = probe(tmp_path / "out.mkv")
    assert written.pixels == pixels
    for was, is_now in zip(values(deep(pixels)), values(written.frames[0]), strict=True):
        np.testing.assert_array_equal(was, is_now)


@pytest.mark.parametrize("pixels", ["yuv420p", "yuv420p10le", "yuv422p", "yuv444p10le"])
def test_colours_of_which_half_the_rows_are_left_out_are_told(clip, tmp_path, pixels):
    for asked in (None, pixels):
        notices = []
        open_sink(tmp_path / "out.mkv", open_source(clip(pixels)), pix_fmt=asked, on_notice=notices.append).abort()
        told = [notice for notice in notices if "4:2:0" in notice]
        assert bool(told) == (asked is None and "420" not in pixels)
        assert all(("yuv422p10le or" in notice) == ("10" in pixels) for notice in told)


@pytest.mark.parametrize("pixels", ["yuv420p10le", "yuv422p10le", "yuv444p10le"])
@pytest.mark.parametrize(
    ("colour", "white"),
    [
        (HDR["PQ"], 64 + 876 * 0.5807),
        (HDR["HLG"], 64 + 876 * 0.75),
        ((9, 9, 18, 2), 1023 * 0.75),
        ((9, 1, 1, 1), 940),
        ((1, 1, 1, 2), 1023),
    ],
)
def test_white_behind_a_person_is_white_of_203_nits(clip, probe, tmp_path, pixels, colour, white):
    """Against the formula of compositing for every pixel."""
    source = open_source(clip(pixels, colour))
    levels = np.tile(np.arange(SIZE[0]) * 2, (SIZE[1], 1))
    behind = Backdrop(np.full((1, 1, 3), 255, np.uint8), SIZE)
    sink = open_sink(tmp_path / "out.mkv", source, codec="ffv1", pix_fmt=pixels)
    sent(source, sink, (levels / 255).astype(np.float32), lambda layers: layers.with_background(behind))
    fronts, backs = values(deep(pixels)), (white, 512, 512)
    for front, back, found in zip(fronts, backs, values(probe(tmp_path / "out.mkv").frames[1]), strict=True):
        high, wide = SIZE[1] // front.shape[0], SIZE[0] // front.shape[1]
        alpha = levels.reshape(front.shape[0], high, front.shape[1], wide).mean((1, 3)) / 255
        # half a step of alpha, of a difference of up to 955, and one of rounding
        assert np.abs(found - (alpha * front + (1 - alpha) * back)).max() <= 3


@pytest.mark.parametrize("shape", ["soft", "lens"])
@pytest.mark.parametrize("colour", [(1, 1, 1, 1), *HDR.values()])
def test_a_blur_keeps_what_is_brighter_than_white(clip, probe, tmp_path, shape, colour):
    """900 of 1023 are 6,000 nits in PQ."""
    source = open_source(clip(colour=colour, luma=901))
    blur = parse_filter(f"blur:strength=50,shape={shape}")
    sink = open_sink(tmp_path / "out.mkv", source, codec="ffv1", pix_fmt="yuv420p10le")
    sent(source, sink, np.zeros(SIZE[::-1], np.float32), blur)
    luma, *chroma = values(probe(tmp_path / "out.mkv").frames[0])
    assert np.abs(luma - 901).max() <= 1
    assert np.abs(np.stack(chroma) - 512).max() <= 1


def test_own_colours_are_found_as_in_eight_bits(write_clip):
    alpha = np.tile(np.clip(np.linspace(-5, 6, SIZE[0], dtype=np.float32), 0, 1), (SIZE[1], 1))
    found = []
    for pixels in ("yuv420p", "yuv420p10le"):
        source = open_source(write_clip(f"{pixels}.mkv", [deep(pixels)], codec="ffv1", pixels=pixels))
        own = Layers.of(next(iter(source)), alpha).decontaminated().foreground_planes
        found.append([plane / (4 if own.depth == 10 else 1) for plane in (own.y, own.u, own.v)])
    for eight, ten in zip(*found, strict=True):
        assert np.abs(eight - ten).max() <= 2


@pytest.mark.parametrize("kind", HDR)
@pytest.mark.parametrize(
    ("name", "how"),
    [
        ("out.mp4", {"codec": "h264"}),
        ("out.mp4", {"pix_fmt": "yuv420p"}),
        ("out.webm", {"codec": "vp9"}),
        ("out.webm", {"transparent": True}),
        ("out.mov", {"transparent": True}),
        ("out.mov", {"picture": "foreground"}),
        ("out.mov", {"picture": "foreground", "codec": "prores"}),
        ("out.mkv", {"codec": "ffv1"}),
        ("%d.png", {}),
    ],
)
def test_where_there_is_no_room_it_is_said_and_an_ordinary_picture_written(clip, probe, tmp_path, kind, name, how):
    """203 nits, with what is brighter drawn together, are 90 % of an ordinary picture's white."""
    source = open_source(clip(colour=HDR[kind], luma=573 if kind == "PQ" else 721))
    notices = []
    sink = open_sink(tmp_path / name, source, on_notice=notices.append, **how)
    assert notices == [f"{tmp_path / name}: the input's HDR ({kind}) is written as an ordinary picture of 8 bits"]
    sent(source, sink, np.ones(SIZE[::-1], np.float32), lambda layers: layers)
    written = probe(tmp_path / name.replace("%d", "1"))
    assert written.colour[2] not in (16, 18)
    assert written.codec != "hevc"
    middle = written.frames[0].to_ndarray(format="rgb24")[SIZE[1] // 2, SIZE[0] // 2]
    assert np.abs(middle.astype(int) - 230).max() <= 3


@pytest.mark.parametrize("name", ["out.webm", "%d.png"])
def test_white_behind_hdr_is_white_in_an_ordinary_picture(clip, probe, tmp_path, name):
    source = open_source(clip(colour=HDR["HLG"]))
    behind = Backdrop(np.full((1, 1, 3), 255, np.uint8), SIZE)
    sink = open_sink(tmp_path / name, source, codec="vp9" if name == "out.webm" else None)
    sent(source, sink, np.zeros(SIZE[::-1], np.float32), lambda layers: layers.with_background(behind))
    assert probe(tmp_path / name.replace("%d", "1")).frames[0].to_ndarray(format="rgb24").min() >= 254


MASTERED = (
    "hdr10=1:master-display=G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,50):max-cll=1000,400"
)
DISPLAY = [0.68, 0.32, 0.265, 0.69, 0.15, 0.06, 0.3127, 0.329, 0.005, 1000]


@pytest.mark.parametrize(
    ("name", "how"),
    [
        ("out.mp4", {}),
        ("out.mkv", {}),
        ("out.webm", {}),
        ("out.mp4", {"codec": "av1"}),
        ("out.mkv", {"codec": "h264", "pix_fmt": "yuv420p10le"}),
    ],
)
def test_mastering_data_stays(write_clip, probe, through, tmp_path, name, how):
    options = {"x265-params": f"log-level=none:{MASTERED}"}
    colour = HDR["PQ"]
    path = write_clip("in.mp4", [deep()] * 3, codec="libx265", pixels="yuv420p10le", colour=colour, options=options)
    source = open_source(path)
    through(source, open_sink(tmp_path / name, source, **how))
    written = probe(tmp_path / name)
    assert (written.pixels, written.colour) == ("yuv420p10le", colour)
    told = {each.type.name: bytes(each) for each in written.frames[0].side_data}
    numbers = np.frombuffer(told["MASTERING_DISPLAY_METADATA"], np.int32)[:20].reshape(10, 2)
    assert np.abs(numbers[:, 0] / numbers[:, 1] - DISPLAY).max() < 2e-4
    assert np.frombuffer(told["CONTENT_LIGHT_LEVEL"], np.uint32).tolist() == [1000, 400]


def test_mastering_data_that_a_codec_cannot_tell_is_said_to_be_left_out(write_clip, tmp_path):
    options = {"x265-params": f"log-level=none:{MASTERED}"}
    path = write_clip("in.mp4", [deep()] * 3, codec="libx265", pixels="yuv420p10le", colour=HDR["PQ"], options=options)
    notices = []
    open_sink(tmp_path / "out.mov", open_source(path), codec="prores", on_notice=notices.append).abort()
    assert notices == [f"{tmp_path / 'out.mov'}: what the input tells of its mastering display is left out"]
