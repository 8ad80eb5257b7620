"""How videos are stored: what comes of each codec, and of what is asked of it, as ffprobe reads it."""

from __future__ import annotations

import json
from pathlib import Path

import av
import numpy as np
import pytest

from streammatte import ArraySource, UsageError, open_sink, open_source
from streammatte.io.encoders import CODECS, Encoding
from streammatte.io.video_encoding import encoder_for


@pytest.fixture
def probed(ffmpeg):
    """The picture's stream as ffprobe, another program with another FFmpeg, sees it."""

    def look(path):
        told = ffmpeg("ffprobe", "-select_streams", "v", "-show_streams", "-count_frames", "-of", "json", path)
        (stream,) = json.loads(told)["streams"]
        return stream

    return look


@pytest.mark.parametrize(
    ("name", "codec", "expected"),
    [
        ("out.mp4", None, ("h264", "High", "avc1", "yuv420p")),
        ("out.mov", None, ("h264", "High", "avc1", "yuv420p")),
        ("out.mkv", None, ("h264", "High", "[0][0][0][0]", "yuv420p")),
        ("out.mp4", "hevc", ("hevc", "Main", "hvc1", "yuv420p")),
        ("out.mov", "hevc", ("hevc", "Main", "hvc1", "yuv420p")),
        ("out.mkv", "hevc", ("hevc", "Main", "[0][0][0][0]", "yuv420p")),
        ("out.mp4", "av1", ("av1", "Main", "av01", "yuv420p")),
        ("out.webm", "av1", ("av1", "Main", "[0][0][0][0]", "yuv420p")),
        ("out.mov", "prores", ("prores", "HQ", "apch", "yuv422p10le")),
    ],
)
def test_what_a_codec_becomes(probed, write_clip, through, tmp_path, name, codec, expected):
    path = write_clip("in.mkv", size=(128, 96), colour=(1, 1, 1, 1))
    source = open_source(path)
    pictures = [frame.rgb for frame in open_source(path)]
    through(source, open_sink(tmp_path / name, source, codec=codec))
    stream = probed(tmp_path / name)
    assert tuple(stream[key] for key in ("codec_name", "profile", "codec_tag_string", "pix_fmt")) == expected
    assert (stream["color_space"], stream["color_range"], int(stream["nb_read_frames"])) == ("bt709", "tv", 8)
    read = [frame.rgb for frame in open_source(tmp_path / name)]
    assert np.abs(np.subtract(read, pictures, dtype=float)).mean() < 3
    if name.endswith(("mp4", "mov")):
        data = (tmp_path / name).read_bytes()
        assert data.index(b"moov") < data.index(b"mdat")


@pytest.mark.parametrize(
    ("name", "codec", "fine", "coarse"),
    [
        ("out.mp4", "h264", {"crf": 5}, {"crf": 40}),
        ("out.mp4", "h264", {"bitrate": 4_000_000}, {"bitrate": 200_000}),
        ("out.mp4", "hevc", {"crf": 5}, {"crf": 40}),
        ("out.mp4", "hevc", {"bitrate": 4_000_000}, {"bitrate": 200_000}),
        ("out.mp4", "av1", {"crf": 5}, {"crf": 55}),
        ("out.webm", "vp9", {"crf": 5}, {"crf": 55}),
        ("out.webm", "vp9", {"bitrate": 4_000_000}, {"bitrate": 200_000}),
        ("out.mp4", "h264", {"crf": 18, "preset": "ultrafast"}, {"crf": 18, "preset": "slow"}),
        ("out.mp4", "hevc", {"crf": 18, "preset": "ultrafast"}, {"crf": 18, "preset": "medium"}),
        ("out.mp4", "av1", {"preset": "11"}, {"preset": "4"}),
        ("out.webm", "vp9", {"preset": "8"}, {"preset": "1"}),
    ],
)
def test_quality_rate_and_preset_reach_the_encoder(through, tmp_path, name, codec, fine, coarse):
    noise = np.random.default_rng(0).integers(0, 256, (12, 24, 32, 3), np.uint8)
    moving = [each.repeat(6, 0).repeat(6, 1) for each in noise]
    sizes = []
    for asked in (fine, coarse):
        source = ArraySource(moving)
        through(source, open_sink(tmp_path / name, source, codec=codec, **asked))
        sizes.append((tmp_path / name).stat().st_size)
    assert sizes[0] != sizes[1] if "preset" in fine else sizes[0] > 1.5 * sizes[1]


@pytest.mark.parametrize(
    ("name", "codec", "pix_fmt", "transparent", "size"),
    [
        ("out.mp4", "h264", "yuv420p10le", False, (64, 48)),
        ("out.mp4", "h264", "yuv422p", False, (64, 48)),
        ("out.mp4", "h264", "yuv444p", False, (63, 47)),  # which need not be made even
        ("out.mp4", "hevc", "yuv420p10le", False, (64, 48)),
        ("out.mkv", "hevc", "gbrp", False, (63, 47)),
        ("out.mp4", "av1", "yuv420p10le", False, (64, 64)),
        ("out.mkv", "ffv1", "yuva444p", True, (63, 47)),
        ("out.mov", "png", "rgba64be", True, (63, 47)),
    ],
)
def test_pixels_are_stored_as_asked(probed, through, tmp_path, name, codec, pix_fmt, transparent, size):
    picture = np.full((size[1], size[0], 3), (40, 120, 200), np.uint8)
    source = ArraySource([picture] * 3)
    sink = open_sink(tmp_path / name, source, codec=codec, pix_fmt=pix_fmt, transparent=transparent)
    through(source, sink)
    stream = probed(tmp_path / name)
    assert (stream["codec_name"], stream["pix_fmt"]) == (codec, pix_fmt)
    assert (stream["width"], stream["height"]) == size
    assert np.abs(next(iter(open_source(tmp_path / name))).rgb.astype(int) - picture).max() <= 5


@pytest.mark.parametrize("pix_fmt", ["yuv420p", "yuv420p10le"])
def test_planes_that_nobody_changed_are_stored_without_a_way_over_rgb(write_clip, probe, through, tmp_path, pix_fmt):
    """Values that no R,G,B gives come through: colours too strong for their luma."""
    values = np.random.default_rng(0).integers(16, 236, (72, 64), np.uint8)
    path = write_clip("in.mkv", [av.VideoFrame.from_ndarray(values, "yuv420p")] * 2, codec="ffv1", colour=(1, 1, 1, 1))
    source = open_source(path)
    through(source, open_sink(tmp_path / "out.mkv", source, codec="ffv1", pix_fmt=pix_fmt))
    written = probe(tmp_path / "out.mkv")
    assert written.pixels == pix_fmt
    for read, stored in zip(written.yuv(), probe(path).yuv(), strict=True):
        np.testing.assert_array_equal(read, stored)


@pytest.mark.parametrize(
    ("name", "asked", "message"),
    [
        ("out.webm", {"codec": "h264"}, "h264 is not written to .webm; choose vp9 or av1"),
        ("out.mkv", {"codec": "hevc", "transparent": True}, r"choose vp9 or ffv1, a background \(--bg\), or another"),
        ("out.mov", {"codec": "av1"}, "choose h264 or hevc or prores or png"),
        ("out.mp4", {"crf": 52}, "h264 takes a CRF from 0, the best, to 51, not 52"),
        ("out.mp4", {"crf": 20, "bitrate": 1_000_000}, "leave one of them out"),
        ("out.mov", {"codec": "prores", "crf": 20}, "prores takes no CRF; leave it out"),
        ("out.mkv", {"codec": "ffv1", "bitrate": 1_000_000}, "ffv1 takes no bit rate"),
        ("out.mp4", {"preset": "fastest"}, "h264 has no preset fastest; expected ultrafast, superfast"),
        ("out.mp4", {"pix_fmt": "gbrp"}, "h264 does not store gbrp; choose one of yuv420p, yuv422p"),
        ("out.mp4", {"pix_fmt": "yuva420p"}, "h264 does not store yuva420p"),
        ("out.webm", {"pix_fmt": "yuva444p", "transparent": True}, "with alpha does not store yuva444p; .* yuva420p$"),
        ("out.png", {"crf": 20}, "is a picture, and no video with CRF 20"),
        ("%03d.png", {"pix_fmt": "rgb24"}, "is a picture, and no video with pixel format rgb24"),
    ],
)
def test_what_does_not_go_together_is_refused_before_anything_is_written(tmp_path, name, asked, message):
    with pytest.raises(UsageError, match=message):
        open_sink(tmp_path / name, **asked)
    assert list(tmp_path.iterdir()) == []


def test_an_encoder_that_is_not_there_is_told_with_what_is(tmp_path, monkeypatch):
    monkeypatch.setattr("streammatte.io.video_encoding.opens", lambda encoder: False)
    with pytest.raises(UsageError, match="finds no device on this machine that it could use; take hevc") as caught:
        open_sink(tmp_path / "out.mp4", codec="hevc_nvenc")
    assert "streammatte codecs" in caught.value.remedy
    monkeypatch.setattr("streammatte.io.video_encoding.exists", lambda encoder: False)
    with pytest.raises(UsageError, match="libx265 is not part of this build of FFmpeg"):
        open_sink(tmp_path / "out.mp4", codec="hevc")


def test_ffmpeg_knows_the_options_of_hardware_encoders(ffmpeg):
    """They hardly ever open where tests run; but of those in its build FFmpeg's help tells the options."""
    for name, codec in CODECS.items():
        told = ffmpeg("ffmpeg", "-h", f"encoder={name}")
        if codec.opaque.hardware and "AVOptions" in told:
            knobs, everybodys = codec.opaque.knobs, {"b", "global_quality"}
            asked = {
                *codec.opaque.quality,
                *knobs.constant,
                *knobs.crf,
                *(each for p in knobs.presets.values() for each in p),
            }
            assert [option for option in asked - everybodys if f" -{option} " not in told] == []


def test_what_goes_with_the_usual_preset_goes_with_no_other():
    usual = encoder_for(Path("out.mp4"), Encoding(), transparent=False)
    asked = encoder_for(Path("out.mp4"), Encoding(preset="slow"), transparent=False)
    less = {"rc-lookahead": "5", "x264-params": "sync-lookahead=1:sliced-threads=1"}
    assert usual.for_size((3840, 2160)).options == {**usual.for_size((1280, 720)).options, **less}
    assert asked.for_size((3840, 2160)).options == {"preset": "slow", "crf": usual.options["crf"]}
