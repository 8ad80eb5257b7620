"""The shrunk outline, where geometry says how large it is then."""

import cv2
import numpy as np
import pytest

from streammatte import FilterError, Frame, Layers, parse_filter


def layers_of(alpha):
    return Layers.of(Frame(np.zeros((*alpha.shape, 3), np.uint8)), alpha)


@pytest.mark.parametrize(("height", "px"), [(720, 1), (720, 2.5), (360, 3), (360, 0.5), (1080, 4)])
def test_a_straight_edge_moves_by_so_many_pixels(height, px):
    alpha = np.zeros((height, 200), np.float32)
    alpha[:, :100] = 1
    shrunk = parse_filter(f"shrink:{px}")(layers_of(alpha)).alpha
    np.testing.assert_allclose(shrunk.sum(axis=1), 100 - px * height / 720, atol=1e-3)  # none at the frame's border


def test_a_round_figure_stays_round():
    alpha = np.zeros((720, 720), np.float32)
    cv2.circle(alpha, (360, 360), 100, 1.0, -1)
    y, x = np.indices(alpha.shape)
    shrunk = parse_filter("shrink:6")(layers_of(alpha)).alpha
    radius = np.hypot(x - 360, y - 360)
    assert shrunk[radius <= 92.5].min() == 1
    assert shrunk[radius >= 95.5].max() == 0


def test_soft_alpha_is_the_least_around_and_0_the_identity():
    alpha = np.random.default_rng(8).random((36, 50), np.float32)
    padded = np.pad(alpha, 1, constant_values=1)
    cross = [padded[1 + y : 37 + y, 1 + x : 51 + x] for y, x in ((0, 0), (1, 0), (-1, 0), (0, 1), (0, -1))]
    layers = layers_of(alpha)
    np.testing.assert_allclose(
        parse_filter("shrink:10")(layers).alpha, 0.5 * alpha + 0.5 * np.min(cross, axis=0), atol=1e-6
    )
    assert parse_filter("shrink:0")(layers) is layers


def test_too_much_is_refused():
    with pytest.raises(FilterError, match="px is 11; expected 0"):
        parse_filter("shrink:11")
