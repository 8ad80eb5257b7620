"""What sinks show of frames that came as planes: against the equation, in float64, and without R,G,B being made."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from streammatte.compositing.backdrop import Backdrop
from streammatte.compositing.frames import Frame
from streammatte.compositing.layers import Layers
from streammatte.compositing.planes import Planes, planes_of
from streammatte.io.paint import PAINTS, TRANSPARENT_PAINTS
from streammatte.io.video_colour import Colour, ToVideo

SIZE = 128, 96


def refuse(planes):
    raise AssertionError("somebody made R,G,B of the planes")


@pytest.fixture(params=[False, True], ids=["limited", "full range"])
def layers(request):
    coarse = np.random.default_rng(0).integers(0, 256, (12, 16, 3), np.uint8)
    rgb = cv2.resize(coarse, SIZE, interpolation=cv2.INTER_LINEAR)
    small = np.zeros((48, 64), np.float32)
    cv2.circle(small, (32, 24), 10, 1.0, -1)
    planes = Planes(*planes_of(rgb, SIZE, 6, request.param), 6, request.param, refuse)
    return Layers.of(Frame(planes), cv2.GaussianBlur(small, (0, 0), 1.5)).decontaminated().with_background(None)


def planes_with_alpha(planes):
    half = planes.alpha.reshape(48, 2, 64, 2).mean((1, 3))
    return [(planes.y, planes.alpha), (planes.u, half), (planes.v, half)]


def test_straight_planes_laid_over_a_colour_are_the_composite(layers):
    cutout = TRANSPARENT_PAINTS["straight", "planes"](layers)
    np.testing.assert_array_equal(cutout.alpha, layers.levels)
    blue = Backdrop(np.full((1, 1, 3), (0, 0, 255), np.uint8), SIZE)
    shown = layers.with_background(blue).composite.planes
    composite, behind = (shown.y, shown.u, shown.v), blue.planes(shown)
    for (front, levels), back, expected in zip(planes_with_alpha(cutout), behind, composite, strict=True):
        alpha = levels / 255
        assert np.abs(alpha * front + (1 - alpha) * back - expected).max() <= 1


def test_premultiplied_planes_are_straight_ones_times_alpha(layers):
    straight, premultiplied = (TRANSPARENT_PAINTS[kind, "planes"](layers) for kind in ("straight", "premultiplied"))
    black = (0 if straight.full_range else 16, 128, 128)
    np.testing.assert_array_equal(premultiplied.alpha, straight.alpha)
    for (front, levels), (found, _), zero in zip(
        *map(planes_with_alpha, (straight, premultiplied)), black, strict=True
    ):
        assert np.abs(zero + levels / 255 * (front.astype(float) - zero) - found).max() <= 1


def test_the_room_is_black_in_straight_planes(layers):
    cutout = TRANSPARENT_PAINTS["straight", "planes"](layers)
    far = cv2.dilate(layers.levels, np.ones((21, 21), np.uint8)) == 0
    assert far.mean() > 0.3
    assert (cutout.y[far] == (0 if cutout.full_range else 16)).all()
    assert (cutout.u[far[::2, ::2]] == 128).all()
    assert (cutout.v[far[::2, ::2]] == 128).all()


def test_side_by_side_planes_are_straight_ones_and_grey(layers):
    cutout, pair = TRANSPARENT_PAINTS["straight", "planes"](layers), PAINTS["side by side", "planes"](layers)
    assert pair.size == (256, 96)
    np.testing.assert_array_equal(pair.y[:, :128], cutout.y)
    grey = np.repeat(layers.levels[..., None], 3, 2)
    expected = planes_of(grey, SIZE, 6, cutout.full_range)
    for plane, wanted in zip((pair.y[:, 128:], pair.u[:, 64:], pair.v[:, 64:]), expected, strict=True):
        assert np.abs(plane.astype(int) - wanted).max() <= 1


def test_a_cutout_goes_to_the_encoder_as_it_is(layers):
    cutout = TRANSPARENT_PAINTS["straight", "planes"](layers)
    frame = ToVideo(Colour(6, 6, 6, cutout.full_range), "yuva420p")(cutout)
    assert (frame.format.name, frame.width, frame.height) == ("yuva420p", *SIZE)
    for plane, values in zip(frame.planes, (cutout.y, cutout.u, cutout.v, cutout.alpha), strict=True):
        stored = np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)[:, : plane.width]
        np.testing.assert_array_equal(stored, values)
