"""Planes: against the formulas of H.273 in float64, and against FFmpeg's own conversion."""

from __future__ import annotations

from dataclasses import replace

import av
import cv2
import numpy as np
import pytest

from streammatte.compositing.backdrop import Backdrop, Shaded
from streammatte.compositing.planes import Planes, planes_of, reduced

WEIGHTS = {1: (0.2126, 0.0722), 6: (0.299, 0.114), 9: (0.2627, 0.0593)}
FFMPEG = {1: "ITU709", 6: "ITU601"}


def smooth(seed=0, size=(96, 64)):
    """A picture without edges, in which it does not matter where chroma is sampled."""
    coarse = np.random.default_rng(seed).integers(0, 256, (4, 6, 3), np.uint8)
    return np.ascontiguousarray(cv2.resize(coarse, size, interpolation=cv2.INTER_CUBIC))


def slow_planes(rgb, matrix, full_range):
    """Equations of H.273, at the full size."""
    red, blue = WEIGHTS[matrix]
    r, g, b = (rgb[..., each] / 255.0 for each in range(3))
    luma = red * r + (1 - red - blue) * g + blue * b
    cb, cr = (b - luma) / (2 * (1 - blue)), (r - luma) / (2 * (1 - red))
    scale, offset, chroma = (255, 0, 255) if full_range else (219, 16, 224)
    return scale * luma + offset, chroma * cb + 128, chroma * cr + 128


def halved(plane):
    return plane.reshape(plane.shape[0] // 2, 2, plane.shape[1] // 2, 2).mean((1, 3))


@pytest.mark.parametrize("full_range", [False, True])
@pytest.mark.parametrize("matrix", WEIGHTS)
def test_planes_of_a_picture_are_those_of_the_standard(matrix, full_range):
    rgb = np.random.default_rng(1).integers(0, 256, (64, 96, 3), np.uint8)
    y, u, v = slow_planes(rgb, matrix, full_range)
    found = planes_of(rgb, (96, 64), matrix, full_range)
    for plane, expected in zip(found, (y, halved(u), halved(v)), strict=True):
        assert np.abs(plane - np.clip(expected, 0, 255)).max() < 1.1


@pytest.mark.parametrize("full_range", [False, True])
@pytest.mark.parametrize("matrix", WEIGHTS)
def test_a_small_picture_comes_back_from_its_planes(matrix, full_range):
    rgb = smooth()
    planes = Planes(*planes_of(rgb, (96, 64), matrix, full_range), matrix, full_range, lambda _: rgb)
    assert planes.size == (96, 64)
    small = planes.at((24, 16))
    assert np.abs(small.astype(float) - reduced(rgb, (24, 16))).mean() < 1.5


@pytest.mark.parametrize("matrix", FFMPEG)
def test_ffmpeg_makes_the_same_planes(matrix):
    rgb = smooth(3)
    frame = av.VideoFrame.from_ndarray(rgb, "rgb24")
    theirs = frame.reformat(format="yuv420p", dst_colorspace=FFMPEG[matrix], dst_color_range="MPEG")
    y, u, v = planes_of(rgb, (96, 64), matrix, False)
    laid_out = np.concatenate([plane.reshape(-1) for plane in (y, u, v)]).reshape(-1, 96)
    assert np.abs(theirs.to_ndarray().astype(int) - laid_out).max() <= 3


def test_a_backdrop_is_enlarged_and_converted_once():
    backdrop = Backdrop(np.full((1, 1, 3), (255, 0, 0), np.uint8), (64, 32))
    like = Planes(*planes_of(smooth(), (96, 64), 6, False), 6, False, lambda _: smooth())
    assert backdrop.size == (64, 32)
    assert backdrop.rgb.shape == (32, 64, 3)
    assert (backdrop.rgb == (255, 0, 0)).all()
    y, u, v = backdrop.planes(like)
    assert (y.shape, u.shape, v.shape) == ((32, 64), (16, 32), (16, 32))
    assert (y[0, 0], u[0, 0], v[0, 0]) == (81, 90, 240)  # red, as test pictures have it
    assert backdrop.planes(like)[0] is y


@pytest.mark.parametrize("full_range", [False, True])
@pytest.mark.parametrize("moving", [False, True])
def test_less_light_takes_each_plane_towards_black(full_range, moving):
    rgb = smooth(5)
    planes = Planes(*planes_of(rgb, (96, 64), 6, full_range), 6, full_range, lambda _: rgb)
    light = np.tile(np.linspace(0, 1, 96, dtype=np.float32), (64, 1))
    shaded = Shaded(planes if moving else Backdrop(rgb), light)
    found = shaded.planes(planes)
    for plane, was, black in zip(
        found, (planes.y, planes.u, planes.v), (0 if full_range else 16, 128, 128), strict=True
    ):
        there = light if was.shape == light.shape else halved(light)
        assert np.abs(plane - (black + there * (was.astype(float) - black))).max() <= 1.5
    deep = replace(planes, **{name: getattr(planes, name).astype(np.uint16) * 4 for name in "yuv"})
    for plane, exact in zip(Shaded(deep if moving else Backdrop(rgb), light).planes(deep), found, strict=True):
        assert np.abs(plane / 4 - exact).max() <= 2
    assert np.abs(shaded.rgb - light[..., None] * rgb).max() <= 1
    assert np.abs(shaded.at((24, 16)) - light[2::4, 2::4, None] * reduced(rgb, (24, 16))).max() <= 6


def test_reducing_by_a_whole_number_of_halves_is_averaging():
    plane = np.random.default_rng(0).integers(0, 256, (64, 96), np.uint8)
    expected = plane.reshape(16, 4, 24, 4).mean((1, 3))
    assert np.abs(reduced(plane, (24, 16)) - expected).max() <= 1
    assert reduced(plane, (96, 64)) is plane


@pytest.mark.parametrize("size", [(24, 48), (64, 10)])
def test_neither_side_falls_below_the_size_asked_for(size):
    """Another aspect: what is fine along one side must not be lost to halves of the other."""
    stripes = np.tile(np.array([[40], [200]], np.uint8), (32, 96))
    expected = cv2.resize(stripes.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    assert np.abs(reduced(stripes, size) - expected).max() <= 1
