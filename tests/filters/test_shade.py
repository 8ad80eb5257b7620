"""Shadow and spotlight: where the background gets darker, and by how much."""

import cv2
import numpy as np
import pytest

from streammatte import Frame, Layers, parse_filter

SIZE = 640, 360


@pytest.fixture
def layers():
    """A round person before light grey."""
    alpha = np.zeros(SIZE[::-1], np.float32)
    cv2.circle(alpha, (240, 180), 90, 1.0, -1)
    frame = Frame(np.full((*SIZE[::-1], 3), 60, np.uint8))
    return Layers.of(frame, alpha).with_background(np.full_like(frame.rgb, 200))


@pytest.mark.parametrize(("distance", "softness"), [(0, 20), (40, 20), (80, 12)])
def test_the_shadow_is_alpha_moved_and_blurred(layers, distance, softness):
    shadowed = parse_filter(f"shadow:60,distance={distance},softness={softness}")(layers).background
    moved = np.roll(layers.alpha, (distance // 2, distance // 2), (0, 1))  # pixels of 720p are half as many here
    expected = 200 * (1 - 0.6 * cv2.GaussianBlur(moved, (0, 0), softness / 2))
    assert np.abs(shadowed[..., 0] - expected).max() < 8  # it is made at half the size
    assert np.abs(shadowed[..., 0] - expected).mean() < 0.5


def test_a_person_who_leaves_the_picture_below_has_a_shadow_to_its_border(layers):
    standing = layers.alpha.copy()
    standing[180:, 150:331] = 1
    background = parse_filter("shadow:100,distance=0,softness=8")(layers.with_alpha(standing)).background
    assert background[-1, 170:310].max() == 0


def test_the_spotlight_leaves_the_person_alone_and_gets_dark_away_from_them(layers):
    lit = parse_filter("spotlight:80")(layers)
    assert lit.foreground is layers.foreground
    assert lit.alpha is layers.alpha
    row = lit.background[180, 330:, 0].astype(int)  # from the person's edge to the frame's
    assert np.all(np.diff(row) <= 0)
    assert row[0] > 100
    assert row[-1] == pytest.approx(0.2 * 200, abs=4)
    assert abs(lit.background[180, :241].astype(int) - lit.background[180, 240:481][::-1])[10:].max() <= 12


def test_where_nobody_is_all_is_dark(layers):
    empty = layers.with_alpha(np.zeros_like(layers.alpha))
    assert np.all(parse_filter("spotlight:75")(empty).background == 50)


@pytest.mark.parametrize("name", ["shadow", "spotlight"])
def test_strength_0_changes_nothing(name, layers):
    assert parse_filter(f"{name}:0")(layers) is layers
