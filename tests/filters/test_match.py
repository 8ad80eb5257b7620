"""The person in the new background's light: how far it goes, and that it does not flicker."""

from fractions import Fraction

import cv2
import numpy as np
import pytest

from streammatte import Backdrop, Frame, Layers, parse_filter

SIZE = 160, 90


def scene(seed=3):
    """A picture with grey, bright and coloured things in it."""
    coarse = np.random.default_rng(seed).integers(20, 140, (9, 16, 3), np.uint8)
    return cv2.resize(coarse, SIZE, interpolation=cv2.INTER_NEAREST)


def under(rgb, gains):
    """The picture as it would be if its light were multiplied, in levels of gamma 2.2."""
    return np.rint(rgb * np.array(gains) ** (1 / 2.2)).astype(np.uint8)


def person(rgb, background, time_ms=0):
    alpha = np.zeros(SIZE[::-1], np.float32)
    alpha[:, 40:120] = 1
    return Layers.of(Frame(rgb, time_ms, Fraction(1, 1000)), alpha).with_background(Backdrop(background))


def means(layers):
    """Mean levels of the person and of the background, by channel."""
    return layers.foreground[:, 40:120].mean((0, 1)), layers.background.mean((0, 1))


@pytest.mark.parametrize("gains", [(0.9, 0.7, 0.6), (0.6, 0.7, 0.85), (0.8, 0.8, 0.8)])
def test_at_full_strength_the_person_is_as_under_the_other_light(gains):
    half = scene()
    half[:, 40:120] = np.roll(half, 80, axis=1)[:, 40:120]  # what the person shows, the rest of the room shows too
    matched = parse_filter("match:100")(person(half, under(half, gains)))
    assert np.abs(matched.foreground.astype(int) - under(half, gains)).max() <= 5


@pytest.mark.parametrize("background", [np.full((90, 160, 3), (30, 40, 60), np.uint8), scene(4) // 2 + 120])
def test_means_move_towards_the_backgrounds_and_not_beyond(background):
    before = person(scene(), background)
    (was, wanted), (now, _) = means(before), means(parse_filter("match")(before))
    moved = (now.mean() - was.mean()) / (wanted.mean() - was.mean())
    assert 0.05 < moved <= 1


def test_white_stays_white_where_light_grows():
    rgb = scene()
    rgb[40:50, 60:70] = 255
    matched = parse_filter("match:100")(person(rgb, np.full((90, 160, 3), 230, np.uint8))).foreground
    assert np.all(matched[40:50, 60:70] == 255)
    assert matched.mean() > rgb.mean() + 10


def gain(match, rgb, background, time_ms):
    return match(person(rgb, background, time_ms)).foreground.astype(float).mean() / rgb.mean()


def test_it_stays_steady_while_the_picture_flickers():
    match, dusk = parse_filter("match:100"), under(scene(), (0.7, 0.7, 0.7))
    flickering = [under(scene(), (1 - 0.15 * (index % 2),) * 3) for index in range(50)]
    steady = [gain(match, rgb, dusk, 40 * index) for index, rgb in enumerate(flickering)]
    alone = [gain(parse_filter("match:100"), rgb, dusk, 0) for rgb in flickering]
    assert np.ptp(alone) > 0.05
    assert np.abs(np.diff(steady)).max() < 0.1 * np.ptp(alone)


def test_a_change_of_light_is_followed_within_seconds_and_at_once_after_a_reset():
    match, day, dusk = parse_filter("match:100"), scene(), under(scene(), (0.6, 0.6, 0.6))
    assert gain(match, scene(), day, 0) == pytest.approx(1, abs=0.01)
    late = [gain(match, scene(), dusk, time_ms) for time_ms in range(40, 10_000, 40)]
    wanted = 0.6 ** (1 / 2.2)
    assert late[0] > 0.98
    assert late[-1] == pytest.approx(wanted, abs=0.01)
    assert late[50] == pytest.approx(1 - 0.63 * (1 - wanted), abs=0.02)
    match.reset()
    assert gain(match, scene(), day, 10_000) == pytest.approx(1, abs=0.01)


def test_before_another_background_is_there_and_where_nobody_is_it_changes_nothing():
    room = Layers.of(Frame(scene()), np.ones((90, 160), np.float32))
    assert parse_filter("match")(room) is room
    nobody = room.with_alpha(np.zeros((90, 160), np.float32)).with_background(Backdrop(scene(5)))
    assert parse_filter("match")(nobody) is nobody
