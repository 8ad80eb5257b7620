from __future__ import annotations

from fractions import Fraction

import av
import cv2
import numpy as np
import pytest

from streammatte.errors import MediaError, UsageError
from streammatte.io import ArraySource, carries_alpha, open_sink, open_source

RED = (200, 40, 90)


@pytest.fixture
def source():
    return ArraySource([np.full((48, 64, 3), RED, np.uint8)] * 3)


@pytest.fixture
def alpha():
    """Clear, half and opaque, a ramp below."""
    matte = np.zeros((48, 64), np.float32)
    matte[:24, 24:40], matte[:24, 40:] = 0.5, 1
    matte[24:] = np.linspace(0, 1, 64, dtype=np.float32)
    return matte


@pytest.mark.parametrize(
    ("suffix", "decoder", "pixels", "within"),
    [(".mov", None, "yuva444p12le", 1), (".webm", "libvpx-vp9", "yuva420p", 6), (".mkv", "libvpx-vp9", "yuva420p", 6)],
)
def test_a_video_holds_straight_colours_and_alpha(
    probe, through, tmp_path, source, alpha, suffix, decoder, pixels, within
):
    assert carries_alpha(f"out{suffix}")
    through(source, open_sink(tmp_path / f"out{suffix}", source, transparent=True), alpha)
    written = probe(tmp_path / f"out{suffix}", decoder)
    assert written.pixels == pixels
    assert len(written.frames) == 3
    frame = written.frames[0]
    opacity = written.yuv()[3] * (255 / (255 if within > 1 else 4095 / 16))
    assert np.abs(opacity - alpha * 255).max() <= within
    colours = frame.reformat(format="rgb24", src_colorspace=5, src_color_range=1).to_ndarray()
    assert np.abs(colours.astype(int) - RED)[alpha > 0].max() <= 4  # straight: the same whatever alpha is
    assert colours[:12, :12].max() <= 6  # far from all that is seen, nothing of the picture is left


def test_no_pixel_is_written_over_another_where_rows_have_no_margin(write_clip, through, tmp_path):
    """360 values of 2 bytes end within 32 bytes; threads of FFmpeg's wrote 8 pixels over the row below now and then."""
    source = open_source(write_clip("in.mp4", 60, size=(360, 640)))
    through(source, open_sink(tmp_path / "out.mov", source, transparent=True), alpha=0.0)
    with av.open(str(tmp_path / "out.mov")) as container:
        for frame in container.decode(video=0):
            assert not np.frombuffer(frame.planes[3], np.uint16).any()


@pytest.mark.parametrize("suffix", [".mov", ".webm", ".mkv"])
def test_colours_of_full_range_stay_what_they_were(write_clip, through, tmp_path, suffix):
    picture = np.full((48, 64, 3), RED, np.uint8)
    picture[:, 32:] = (250, 8, 30)
    source = open_source(write_clip("in.mkv", [picture] * 3, options={"crf": "1"}, colour=(1, 1, 1, 2)))
    assert source.colour.full_range
    through(source, open_sink(tmp_path / f"out{suffix}", source, transparent=True))
    read = next(iter(open_source(tmp_path / f"out{suffix}"))).rgb
    assert np.abs(read.astype(int) - picture)[:, [10, 50]].max() <= 4


@pytest.mark.parametrize("suffix", [".png", ".webp"])
def test_a_picture_holds_straight_colours_and_alpha(through, tmp_path, alpha, suffix):
    source = ArraySource([np.full((48, 64, 3), RED, np.uint8)])
    through(source, open_sink(tmp_path / f"out{suffix}", source, transparent=True), alpha)
    read = cv2.cvtColor(cv2.imread(str(tmp_path / f"out{suffix}"), cv2.IMREAD_UNCHANGED), cv2.COLOR_BGRA2RGBA)
    assert (read[..., 3] == np.rint(alpha * 255)).all()
    assert (read[..., :3][alpha > 0] == RED).all()
    assert not read[:12, :12].any()


def test_a_sequence_does_not_write_over_its_input(tmp_path):
    cv2.imwrite(str(tmp_path / "100%_001.png"), np.zeros((48, 64, 3), np.uint8))
    with pytest.raises(UsageError, match="is the input itself"):
        open_sink(tmp_path / "100%_%03d.png", open_source(tmp_path / "100%_001.png"))


def test_a_sequence_is_numbered_from_1_and_there_only_when_closed(tmp_path, source, alpha, through):
    (tmp_path / "out_2.png").write_bytes(b"older")
    sink = open_sink(tmp_path / "out_%d.png", source, transparent=True)
    sink.abort()
    assert (tmp_path / "out_2.png").read_bytes() == b"older"
    through(source, open_sink(tmp_path / "out_%d.png", source, transparent=True), alpha)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["out_1.png", "out_2.png", "out_3.png"]
    assert cv2.imread(str(tmp_path / "out_2.png"), cv2.IMREAD_UNCHANGED).shape == (48, 64, 4)


def test_a_sequence_says_what_of_an_older_one_stays_and_holds_one_picture_at_least(tmp_path, source, alpha, through):
    (tmp_path / "out_07.png").write_bytes(b"older")
    notices = []
    through(source, open_sink(tmp_path / "out_%02d.png", source, transparent=True, on_notice=notices.append), alpha)
    assert [notice.partition(": ")[2] for notice in notices] == [
        "pictures of other numbers lie beside the new ones, from 7 on"
    ]
    with pytest.raises(MediaError, match="there was no frame"):
        open_sink(tmp_path / "none_%d.png", source, transparent=True).close()


@pytest.mark.parametrize(("suffix", "width"), [(".webp", 16400), (".jpg", 66000)])
def test_a_picture_that_is_too_large_for_its_kind_is_refused(tmp_path, through, suffix, width):
    wide = ArraySource([np.zeros((2, width, 3), np.uint8)])
    sink = open_sink(tmp_path / f"out{suffix}", wide)
    with pytest.raises(UsageError, match=rf"out{suffix} cannot be written: {width}x2 is more than it can hold"):
        through(wide, sink)
    sink.abort()
    assert not list(tmp_path.iterdir())


def test_the_folder_of_a_sequence_is_made_and_its_first_number_chosen(tmp_path, source, alpha, through):
    sink = open_sink(tmp_path / "new" / "%04d.tif", source, transparent=True)
    sink.abort()
    assert not list(tmp_path.iterdir())
    through(source, open_sink(tmp_path / "new" / "%04d.tif", source, transparent=True, first_number=0), alpha)
    assert sorted(each.name for each in (tmp_path / "new").iterdir()) == ["0000.tif", "0001.tif", "0002.tif"]


def read_exr(path):
    """Its channels by FFmpeg, (H, W, C): R,G,B,A, or grey."""
    with av.open(str(path)) as container:
        frame = next(container.decode(video=0))
    assert frame.format.components[0].bits == 16
    planes = [np.frombuffer(each, np.float16).reshape(each.height, -1)[:, : each.width] for each in frame.planes]
    order = (2, 0, 1, 3)[: len(planes)] if len(planes) > 1 else (0,)  # stored as G,B,R,A
    return np.dstack([planes[index] for index in order]).astype(float)


def test_an_exr_holds_premultiplied_light_and_alpha_in_floats(tmp_path, source, alpha, through):
    through(source, open_sink(tmp_path / "out_%d.exr", source, transparent=True), alpha)
    read = read_exr(tmp_path / "out_3.exr")
    light = np.array([((each / 255 + 0.055) / 1.055) ** 2.4 for each in RED])  # the curve of sRGB
    assert read.shape == (48, 64, 4)
    np.testing.assert_allclose(read[..., 3], alpha, atol=5e-4)
    np.testing.assert_allclose(read[..., :3], light * alpha[..., None], atol=5e-4)


@pytest.mark.parametrize("picture", ["composite", "alpha", "foreground"])
def test_an_exr_may_be_opaque(tmp_path, alpha, through, picture):
    source = ArraySource([np.full((48, 64, 3), 128, np.uint8)])
    through(source, open_sink(tmp_path / "out.exr", source, picture=picture), alpha)
    light = ((128 / 255 + 0.055) / 1.055) ** 2.4
    expected = {"composite": np.full_like(alpha, light), "alpha": alpha, "foreground": light * alpha}[picture]
    read = read_exr(tmp_path / "out.exr")
    for channel in range(read.shape[2]):
        np.testing.assert_allclose(read[..., channel], expected, atol=5e-4)


@pytest.mark.parametrize(("suffix", "within"), [(".mov", 2), (".tif", 0)])
def test_premultiplied_where_it_is_asked_for(tmp_path, alpha, through, suffix, within):
    source = ArraySource([np.full((48, 64, 3), RED, np.uint8)])
    through(source, open_sink(tmp_path / f"out{suffix}", source, transparent=True, alpha="premultiplied"), alpha)
    with av.open(str(tmp_path / f"out{suffix}")) as container:
        rgba = next(container.decode(video=0)).to_ndarray(format="rgba").astype(int)
    expected = np.rint(np.array(RED) * alpha[..., None])
    assert np.abs(rgba[..., :3] - expected)[:, ::8].max() <= within + 1
    assert np.abs(rgba[..., 3] - np.rint(alpha * 255)).max() <= within


@pytest.mark.parametrize("name", ["out.mp4", "out.webm", "out.mov"])
def test_side_by_side_colours_stand_left_and_alpha_right(write_clip, probe, through, tmp_path, alpha, name):
    source = open_source(write_clip("in.mp4", [np.full((48, 64, 3), RED, np.uint8)] * 3, options={"crf": "1"}))
    first = next(iter(open_source(tmp_path / "in.mp4"))).rgb
    through(source, open_sink(tmp_path / name, source, picture="side by side"), alpha)
    assert probe(tmp_path / name).size == (128, 48)
    read = next(iter(open_source(tmp_path / name))).rgb.astype(int)
    seen = np.s_[26:46, 8:62]
    assert np.abs(read[:, :64][seen] - first[seen]).mean() < 3
    assert np.abs(read[:, 64:][seen] - (alpha * 255)[..., None][seen]).mean() < 3


def test_side_by_side_in_pictures_of_any_depth(tmp_path, alpha, through):
    for name, bits in (("a.png", 8), ("b.png", 16), ("c.exr", 8)):
        source = ArraySource([np.full((48, 64, 3), RED, np.uint8)])
        through(source, open_sink(tmp_path / name, source, picture="side by side", bits=bits), alpha)
    for name, most in (("a.png", 255), ("b.png", 65535)):
        read = cv2.imread(str(tmp_path / name), cv2.IMREAD_UNCHANGED)[..., ::-1].astype(float)
        assert (read[:, :64][alpha > 0] == np.array(RED) * (most // 255)).all()
        assert np.abs(read[:, 64:] - alpha[..., None] * most).max() <= 1
    read = read_exr(tmp_path / "c.exr")
    np.testing.assert_allclose(read[:, 64:], np.repeat(alpha[..., None], 3, 2), atol=5e-4)


def test_straight_colours_apart_and_alpha_apart_are_the_cut_out(write_clip, tmp_path, alpha, through):
    write_clip("in.mp4", [np.full((48, 64, 3), RED, np.uint8)] * 3, options={"crf": "1"})
    source = open_source(tmp_path / "in.mp4")
    through(source, open_sink(tmp_path / "whole.mkv", source, transparent=True, codec="ffv1"), alpha)
    for name, picture, bits in (("a.mkv", "colours", 8), ("b_%d.png", "colours", 8), ("c_%d.png", "colours", 16)):
        source = open_source(tmp_path / "in.mp4")
        codec = "ffv1" if name == "a.mkv" else None
        through(source, open_sink(tmp_path / name, source, picture=picture, bits=bits, codec=codec), alpha)
    with av.open(tmp_path / "whole.mkv") as container:
        whole = next(container.decode(video=0)).to_ndarray(format="rgba").astype(int)
    seen = whole[..., 3] > 0
    with av.open(tmp_path / "a.mkv") as container:
        video = next(container.decode(video=0)).to_ndarray(format="rgb24").astype(int)
    picture, deep = (
        cv2.imread(str(tmp_path / name), cv2.IMREAD_UNCHANGED)[..., ::-1] for name in ("b_1.png", "c_1.png")
    )
    for colours in (video, picture, deep / 257):
        assert np.abs(colours - whole[..., :3])[seen].max() <= 6  # planes at half the chroma, or R,G,B
    assert not picture[0, 0].any()  # far from the foreground


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_16_bits_hold_alpha_finer_than_8(tmp_path, alpha, through, suffix):
    source = [ArraySource([np.full((48, 64, 3), RED, np.uint8)]) for _ in range(3)]
    through(source[0], open_sink(tmp_path / f"a{suffix}", transparent=True, bits=16), alpha)
    through(source[1], open_sink(tmp_path / f"b{suffix}", picture="alpha", bits=16), alpha)
    through(source[2], open_sink(tmp_path / f"c{suffix}", picture="foreground", bits=16), alpha)
    rgba, matte, over_black = (cv2.imread(str(tmp_path / f"{name}{suffix}"), cv2.IMREAD_UNCHANGED) for name in "abc")
    expected = np.rint(alpha.astype(float) * 65535)
    assert rgba.dtype == matte.dtype == over_black.dtype == np.uint16
    assert np.abs(rgba[..., 3] - expected).max() <= 1
    assert np.abs(matte - expected).max() <= 1
    assert (rgba[..., 2::-1][alpha > 0] == np.array(RED) * 257).all()
    assert np.abs(over_black[..., ::-1] - np.array(RED) * 257 * alpha[..., None]).max() <= 1
    with pytest.raises(UsageError, match=r"is not written with 16 bits; write \.png or \.tif"):
        open_sink(tmp_path / "d.webp", transparent=True, bits=16)


@pytest.mark.parametrize(("suffix", "codec"), [(".mkv", "ffv1"), (".mov", "png")])
@pytest.mark.parametrize("transparent", [False, True])
def test_without_loss_every_value_comes_back(write_clip, probe, through, tmp_path, suffix, codec, transparent):
    """Though the film is tagged as BT.709 of limited range: what is stored is R,G,B."""
    noise = np.random.default_rng(0).integers(0, 256, (47, 63, 3), np.uint8)
    film = write_clip("in.mkv", [noise] * 2, codec="ffv1", pixels="bgr0", colour=(1, 1, 1, 1), aspect=Fraction(15, 16))
    source = open_source(film)
    pictures = [frame.rgb for frame in open_source(film)]
    alpha = np.tile(np.linspace(0.1, 1, 63, dtype=np.float32), (47, 1))
    through(source, open_sink(tmp_path / f"out{suffix}", source, transparent=transparent, codec=codec), alpha)
    written = probe(tmp_path / f"out{suffix}")
    assert (written.codec, written.aspect) == (codec, source.aspect)
    for frame, picture in zip(written.frames, pictures, strict=True):
        rgba = frame.to_ndarray(format="rgba")
        np.testing.assert_array_equal(rgba[..., :3], picture)
        assert not transparent or (rgba[..., 3] == np.rint(alpha * 255)).all()


@pytest.mark.parametrize(
    ("name", "codec", "transparent", "remedy"),
    [
        ("out.mp4", "ffv1", False, "choose h264"),
        ("out.mov", "vp9", False, "choose h264 or hevc or prores or png"),
        ("out.mkv", "h264", True, "choose vp9 or ffv1"),
        ("out.png", "ffv1", False, "is a picture"),
    ],
)
def test_a_codec_that_does_not_go_there_is_refused_with_what_does(tmp_path, name, codec, transparent, remedy):
    with pytest.raises(UsageError, match=remedy):
        open_sink(tmp_path / name, codec=codec, transparent=transparent)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "asked"), [("a.png", "premultiplied"), ("a.webp", "premultiplied"), ("a.exr", "straight")]
)
def test_a_kind_of_alpha_that_a_file_is_not_defined_to_hold_is_refused(tmp_path, name, asked):
    with pytest.raises(UsageError, match="is defined to hold"):
        open_sink(tmp_path / name, transparent=True, alpha=asked)


@pytest.mark.parametrize("name", ["out.mp4", "out.jpg", "out.xyz", "out"])
def test_what_cannot_carry_alpha_is_refused_with_what_can(tmp_path, name):
    assert not carries_alpha(name)
    with pytest.raises(UsageError, match=r"transparent background; write \.mov \(ProRes 4444\), \.webm"):
        open_sink(tmp_path / name, transparent=True)
    assert list(tmp_path.iterdir()) == []
