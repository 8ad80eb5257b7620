from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
import pytest

from streammatte.compositing.frames import Frame
from streammatte.io import ArraySource, open_sink, open_source
from streammatte.io.video_colour import Colour, ToRgb, ToVideo

WEIGHTS = {1: (0.2126, 0.0722), 6: (0.299, 0.114), 9: (0.2627, 0.0593)}
"""Of red and blue in luma: BT.709, BT.601, BT.2020."""

BARS = np.array(
    [(255, 255, 255), (191, 191, 0), (0, 191, 191), (0, 191, 0), (191, 0, 191), (191, 0, 0), (0, 0, 191), (16, 16, 16)],
    np.uint8,
)


def encoded(rgb, matrix, full):
    """Y, Cb and Cr of colours (…, 3), by the equations of BT.601, BT.709 and BT.2020, unrounded."""
    kr, kb = WEIGHTS[matrix]
    red, green, blue = np.moveaxis(np.asarray(rgb, float) / 255, -1, 0)
    luma = kr * red + (1 - kr - kb) * green + kb * blue
    cb, cr = (blue - luma) / (2 - 2 * kb), (red - luma) / (2 - 2 * kr)
    scale, offset, chroma = (255, 0, 255) if full else (219, 16, 224)
    return np.stack([offset + scale * luma, 128 + chroma * cb, 128 + chroma * cr], -1)


def bars(height, matrix, full, pixels="yuv444p"):
    """A frame of colour bars whose values are computed here, not by swscale."""
    values = np.rint(encoded(BARS, matrix, full)).astype(np.uint8)
    rows = np.repeat(np.repeat(values, 16, 0)[None], height, 0)
    full_size = av.VideoFrame.from_ndarray(np.ascontiguousarray(np.moveaxis(rows, -1, 0)), "yuv444p")
    if pixels == "yuv444p":
        return full_size
    halves = [rows[..., 0].ravel(), rows[::2, ::2, 1].ravel(), rows[::2, ::2, 2].ravel()]
    return av.VideoFrame.from_ndarray(np.concatenate(halves).reshape(height * 3 // 2, -1), "yuv420p")


def patches(rgb):
    return rgb[rgb.shape[0] // 2, 8::16]


@pytest.mark.parametrize(
    ("matrix", "full", "tagged", "height"),
    [
        (6, False, True, 48),
        (6, True, True, 48),
        (1, False, True, 48),
        (1, True, True, 48),
        (9, False, True, 48),
        (6, False, False, 718),
        (1, False, False, 720),
    ],
)
def test_bars_are_read_as_the_standards_say(write_clip, matrix, full, tagged, height):
    colour = (matrix, matrix, matrix, 2 if full else 1) if tagged else None
    frame = bars(height, matrix, full)
    source = open_source(write_clip("bars.mkv", [frame], codec="ffv1", pixels="yuv444p", colour=colour))
    read = next(iter(source))
    assert np.abs(patches(read.rgb).astype(int) - BARS).max() <= (2 if full else 1)
    assert source.colour == Colour(matrix, matrix, matrix, full)


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv", ".webm"])
@pytest.mark.parametrize(("matrix", "full"), [(6, False), (6, True), (1, False), (1, True)])
def test_bars_come_back_with_their_values_and_tags(write_clip, probe, through, tmp_path, suffix, matrix, full):
    tags = (matrix, matrix, matrix, 2 if full else 1)
    pictures = [bars(48, matrix, full, "yuv420p") for _ in range(3)]
    source = open_source(write_clip("bars.mkv", pictures, codec="ffv1", colour=tags))
    through(source, open_sink(tmp_path / f"out{suffix}", source))
    before, after = probe(tmp_path / "bars.mkv"), probe(tmp_path / f"out{suffix}")
    assert before.colour == after.colour == tags
    for one, other in zip(before.yuv(), after.yuv(), strict=True):
        step = one.shape[1] // 8
        middle = np.s_[4:-4, step // 2 :: step]
        assert np.abs(one[middle] - other[middle]).max() <= 2


@pytest.mark.parametrize(("matrix", "full"), [(6, False), (1, False), (1, True)])
def test_what_nobody_changed_gets_its_stored_values_back(matrix, full):
    ramp = np.linspace(60, 180, 64)
    luma = np.add.outer(ramp[:48], ramp) / 2
    cb, cr = 100 + luma[::2, ::2] / 4, 145 - luma[::2, ::2] / 4
    stored = np.concatenate([each.astype(np.uint8).ravel() for each in (luma, cb, cr)])
    frame = av.VideoFrame.from_ndarray(stored.reshape(72, 64), "yuv420p")
    colour = Colour(matrix, matrix, matrix, full)
    rgb = ToRgb(colour, (64, 48))(frame)
    back = ToVideo(colour, "yuv420p")(rgb).to_ndarray().ravel().astype(int)
    assert rgb.min() > 0
    assert rgb.max() < 255
    assert np.abs(back - stored).max() <= (1 if full else 0)


@pytest.mark.parametrize(
    ("codec", "pixels", "within"),
    [
        ("ffv1", "yuv420p", 2),
        ("ffv1", "yuv422p", 2),
        ("ffv1", "yuv422p10le", 1),
        ("ffv1", "yuv444p16le", 1),
        ("ffv1", "yuva420p", 2),
        ("ffv1", "bgr0", 0),
        ("ffv1", "gbrp10le", 1),
        ("png", "rgb24", 0),
        ("png", "rgba", 0),
        ("mjpeg", "yuvj420p", 6),
        ("prores_ks", "yuv422p10le", 3),
        ("gif", "bgr8", 64),  # eight steps of red and green, four of blue
    ],
)
def test_every_kind_of_pixel_is_read(write_clip, codec, pixels, within):
    picture = np.repeat(np.repeat(BARS, 16, 0)[None], 48, 0)
    suffix = {"gif": ".gif", "prores_ks": ".mov", "png": ".mov"}.get(codec, ".mkv")
    colour = (6, 6, 6, 2) if pixels == "yuvj420p" else None
    source = open_source(write_clip(f"in{suffix}", [picture, picture], codec=codec, pixels=pixels, colour=colour))
    for frame in source:
        assert np.abs(patches(frame.rgb).astype(int) - BARS).max() <= within


def test_grey_is_read_as_it_is(write_clip):
    ramp = np.repeat(np.arange(256, dtype=np.uint8)[None], 48, 0)
    frame = av.VideoFrame.from_ndarray(ramp, "gray")
    read = next(iter(open_source(write_clip("in.mkv", [frame], codec="ffv1", pixels="gray"))))
    assert (read.rgb == ramp[..., None]).all()


def test_pictures_from_memory_are_tagged_and_stored_as_players_assume(probe, through, tmp_path):
    picture = np.repeat(np.repeat(BARS, 16, 0)[None], 720, 0)
    through(ArraySource([Frame(picture, 0, Fraction(1, 25))]), open_sink(tmp_path / "out.mp4"))
    written = probe(tmp_path / "out.mp4")
    assert written.colour == (1, 1, 1, 1)
    values = np.stack(
        [plane[plane.shape[0] // 2, plane.shape[1] // 16 :: plane.shape[1] // 8] for plane in written.yuv()], -1
    )
    assert np.abs(values - encoded(BARS, 1, full=False)).max() <= 2


def test_a_matte_is_written_in_grey_to_within_one(probe, through, tmp_path):
    alpha = np.repeat(np.linspace(0, 1, 128, dtype=np.float32)[None], 48, 0)
    source = ArraySource([np.full((48, 128, 3), 200, np.uint8)] * 3)
    through(source, open_sink(tmp_path / "out.mp4", source, picture="alpha"), alpha)
    luma, *chroma = probe(tmp_path / "out.mp4").yuv()
    assert np.abs(luma - (16 + 219 * alpha)).max() <= 2
    assert np.abs(np.stack(chroma) - 128).max() <= 1


def test_a_foreground_is_written_over_black(through, tmp_path):
    alpha = np.zeros((48, 128), np.float32)
    alpha[:, 32:64], alpha[:, 64:] = 0.5, 1
    source = ArraySource([np.full((48, 128, 3), (200, 100, 40), np.uint8)] * 3)
    through(source, open_sink(tmp_path / "out.mp4", source, picture="foreground"), alpha)
    read = next(iter(open_source(tmp_path / "out.mp4"))).rgb[24, [8, 48, 100]].astype(int)
    assert np.abs(read - [(0, 0, 0), (100, 50, 20), (200, 100, 40)]).max() <= 3


def test_a_picture_that_is_rgb_already_is_copied():
    """A camera's pictures lie in its driver's memory, which goes with the camera."""
    picture = np.random.default_rng(0).integers(0, 256, (48, 64, 3), np.uint8)
    frame = av.VideoFrame.from_ndarray(picture, "rgb24")
    frame.color_range = av.video.reformatter.ColorRange.JPEG
    rgb = ToRgb(Colour(6, 1, 1, full_range=True), (64, 48))(frame)
    np.testing.assert_array_equal(rgb, picture)
    assert not np.shares_memory(rgb, frame.to_ndarray())
