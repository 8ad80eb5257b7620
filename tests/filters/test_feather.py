"""The feathered edge, against the Gaussian's own integral."""

from math import erf

import numpy as np
import pytest

from streammatte import Frame, Layers, parse_filter


def half(height):
    """Layers whose left half is somebody."""
    width = 16 * height // 9
    alpha = np.zeros((height, width), np.float32)
    alpha[:, : width // 2] = 1
    return Layers.of(Frame(np.zeros((height, width, 3), np.uint8)), alpha)


@pytest.mark.parametrize(("height", "px"), [(720, 1), (720, 3), (360, 6), (720, 20)])
def test_a_straight_edge_becomes_the_integral_of_a_gaussian(height, px):
    layers = half(height)
    deviation = px * height / 720
    across = np.arange(layers.frame.size[0]) + 0.5 - layers.frame.size[0] // 2
    expected = [0.5 - 0.5 * erf(distance / deviation / 2**0.5) for distance in across]
    feathered = parse_filter(f"feather:{px}")(layers).alpha
    assert np.abs(feathered - np.array(expected)).max() < 0.02  # in each row, at the frame's upper border, too


@pytest.mark.parametrize("px", [2, 8, 30])
def test_nothing_of_the_room_shows_beyond_the_edge(px):
    room = half(720)
    rgb = np.where(room.alpha[..., None] > 0, np.uint8(90), np.uint8(255)).repeat(3, axis=2)
    before = Layers.of(Frame(rgb), room.alpha).with_background(np.zeros_like(rgb))
    after = parse_filter(f"feather:{px}")(before)
    assert np.abs(after.composite.rgb - 90 * after.alpha[..., None]).max() < 3
    np.testing.assert_array_equal(after.foreground[room.alpha == 1], rgb[room.alpha == 1])


def test_0_is_the_identity():
    layers = half(48)
    assert parse_filter("feather:0")(layers) is layers


def test_a_single_pixel_stays_one():
    layers = Layers.of(Frame(np.full((1, 1, 3), 90, np.uint8)), np.full((1, 1), 0.5, np.float32))
    assert parse_filter("feather:2")(layers).alpha == 0.5
