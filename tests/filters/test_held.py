"""A still, noisy room with a person whose alpha is known, and things that come into it."""

from __future__ import annotations

from fractions import Fraction

import cv2
import numpy as np
import pytest

from streammatte import Frame, Layers, UsageError, parse_filter

SIZE = WIDTH, HEIGHT = 320, 180
RATE = 10
PERSON = np.s_[60:180, 120:200]
WALKED = np.s_[60:180, 70:150]
BESIDE = np.s_[80:120, 200:240]  # touches the person
APART = np.s_[20:60, 270:310]


class Room:
    """Shows one frame after the other to the filter."""

    def __init__(self):
        self.random = np.random.default_rng(7)
        self.wall = cv2.resize(self.random.integers(60, 200, (9, 16, 3), np.uint8), SIZE).astype(np.float32)
        self.edit = parse_filter("held")
        self.count = 0

    def show(self, seconds, things=None, *, light=1.0, person=PERSON):
        """Return the last frame's layers before and after the filter; `things` are slices and what they look like."""
        for _ in range(round(seconds * RATE)):
            rgb = self.wall.copy()
            rgb[person] = 30
            for where, look in (things or {}).items():
                region = self.at(where)
                rgb[region] = look(rgb[region]) if callable(look) else look
            rgb = np.clip(rgb * light + self.random.normal(0, 3, rgb.shape), 0, 255).astype(np.uint8)
            alpha = np.zeros((HEIGHT, WIDTH), np.float32)
            alpha[person] = 1
            layers = Layers.of(Frame(rgb, self.count, Fraction(1, RATE)), alpha)
            edited = self.edit(layers)
            self.count += 1
        return layers.alpha, edited.alpha

    @staticmethod
    def at(where):
        return {"beside": BESIDE, "apart": APART}[where]


RED = np.array([230.0, 20.0, 20.0])
STRIPES = np.where(np.arange(40)[:, None, None] % 20 < 10, RED, RED[::-1])


def test_what_touches_the_person_is_kept_and_what_does_not_is_left_out():
    room = Room()
    room.show(3)
    before, after = room.show(0.5, {"beside": RED, "apart": RED})
    expected = before.copy()
    expected[BESIDE] = 1
    assert np.abs(after - expected).mean() < 0.01
    assert after[BESIDE].mean() > 0.95
    assert after[APART].max() == 0


def test_an_empty_hand_adds_nothing():
    room = Room()
    before, after = room.show(4)
    np.testing.assert_array_equal(after, before)


def test_a_shadow_is_not_held():
    room = Room()
    room.show(3)
    _, after = room.show(0.5, {"beside": lambda wall: wall * 0.65})
    assert after[BESIDE].mean() < 0.05


def test_what_lies_still_becomes_background():
    room = Room()
    room.show(3)
    _, after = room.show(8, {"beside": RED})
    assert after[BESIDE].mean() > 0.95
    _, after = room.show(3, {"beside": RED})
    assert after[BESIDE].max() == 0


def test_what_is_shaken_stays_held_however_long():
    room = Room()
    room.show(3)
    for count in range(200):
        _, after = room.show(0.2, {"beside": np.roll(STRIPES, 3 * count, axis=0)})
    assert after[BESIDE].mean() > 0.95
    before, after = room.show(0.2)
    np.testing.assert_array_equal(after, before)


def test_it_works_for_a_person_who_hides_most_of_the_picture():
    room = Room()
    room.show(3)
    near = np.s_[:180, 0:200]
    room.show(0.5, person=near)
    _, after = room.show(1, {"beside": RED}, person=near)
    assert after[BESIDE].mean() > 0.95


def test_a_light_switched_on_keeps_nothing():
    room = Room()
    room.show(3, light=0.5)
    before, after = room.show(0.5, light=1.1)
    np.testing.assert_array_equal(after, before)


def test_a_light_switched_on_keeps_nothing_of_where_the_person_stood():
    room = Room()
    room.show(3, light=0.5, person=WALKED)
    room.show(3, light=0.5)
    for _ in range(5):
        before, after = room.show(0.1, light=1.1)
        np.testing.assert_array_equal(after, before)


def test_what_was_hidden_while_the_light_changed_is_not_held():
    room = Room()
    room.show(3, person=WALKED)
    for light in np.linspace(1, 0.5, 35):
        room.show(1, light=light)
    before, after = room.show(0.1, light=0.5, person=WALKED)
    np.testing.assert_array_equal(after, before)


def test_after_a_reset_the_background_is_learnt_anew():
    room = Room()
    room.show(3)
    room.edit.reset()
    before, after = room.show(0.5, {"beside": RED})
    np.testing.assert_array_equal(after, before)


def test_nobody_holds_nothing():
    room = Room()
    room.show(3)
    rgb = room.wall.copy()
    rgb[BESIDE] = RED
    empty = Layers.of(Frame(rgb.astype(np.uint8), room.count, Fraction(1, RATE)), np.zeros((HEIGHT, WIDTH), np.float32))
    assert room.edit(empty).alpha.max() == 0


def test_it_refuses_to_forget_at_once():
    with pytest.raises(UsageError, match="forget_s"):
        parse_filter("held:0")
