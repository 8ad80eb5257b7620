"""Light from the new background alone, on the person's edge alone."""

import cv2
import numpy as np
import pytest

from streammatte import Frame, Layers, parse_filter

SIZE = 320, 180


def figure(room=0):
    """A grey person in a room of noise."""
    alpha = np.zeros(SIZE[::-1], np.float32)
    cv2.circle(alpha, (160, 90), 60, 1.0, -1)
    rgb = np.random.default_rng(room).integers(0, 256, (*SIZE[::-1], 3), np.uint8)
    rgb[alpha > 0] = 100
    return Layers.of(Frame(rgb), alpha)


def seen(layers):
    """The foreground's colours where it is seen."""
    return layers.foreground[layers.alpha > 0].astype(int)


def test_it_takes_nothing_from_the_old_background():
    first, second = (parse_filter("light-wrap")(parse_filter("colour:orange")(figure(room))) for room in (1, 2))
    np.testing.assert_array_equal(seen(first), seen(second))
    room = figure()
    assert parse_filter("light-wrap")(room) is room


def test_a_black_background_lends_no_light():
    dark = parse_filter("light-wrap:100")(parse_filter("colour:black")(figure()))
    assert np.all(seen(dark) == 100)


@pytest.mark.parametrize("strength", [50, 100])
def test_it_is_the_blurred_background_screened_onto_the_edge(strength):
    before = parse_filter("colour:#c08000")(figure())
    after = parse_filter(f"light-wrap:{strength},width=24")(before).foreground
    outside = (1 - before.alpha)[..., None] * np.array([0xC0, 0x80, 0])
    light = cv2.GaussianBlur(outside, (0, 0), 24 * 180 / 720) * strength / 100
    expected = 255 - (255 - before.foreground.astype(float)) * (255 - light) / 255
    assert np.abs(after - expected)[before.alpha > 0].max() < 4
    assert np.all(after[90, 160] == 100)  # the middle of the person is left as it is
    assert after[90, 218, 0] > 110
