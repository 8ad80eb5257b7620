from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from streammatte import Frame, Layers, parse_filter

SIZE = 320, 180


def people(*boxes, time_ms=0):
    """Layers with solid people at (left, top, right, bottom), whose edges are soft."""
    alpha = np.zeros((SIZE[1], SIZE[0]), np.float32)
    for left, top, right, bottom in boxes:
        alpha[max(0, top - 2) : bottom + 2, max(0, left - 2) : right + 2] = 0.4
        alpha[top:bottom, left:right] = 1
    return Layers.of(Frame(np.zeros((SIZE[1], SIZE[0], 3), np.uint8), time_ms, Fraction(1, 1000)), alpha)


WIDE, TALL = (20, 120, 160, 180), (240, 40, 290, 180)


def kept(layers, box):
    left, top, right, bottom = box
    return float(layers.alpha[top:bottom, left:right].mean())


@pytest.mark.parametrize(("keep", "who", "other"), [("largest", WIDE, TALL), ("nearest", TALL, WIDE)])
def test_one_is_kept_whole_and_the_other_is_clear(keep, who, other):
    before = people(WIDE, TALL)
    after = parse_filter(f"people:{keep}")(before)
    left, top, right, bottom = who
    around = np.s_[max(0, top - 4) : bottom + 4, max(0, left - 4) : right + 4]
    assert np.array_equal(after.alpha[around], before.alpha[around])
    rest = after.alpha.copy()
    rest[around] = 0
    assert rest.max() <= 0.4
    assert kept(after, other) == 0


def test_one_person_is_left_as_he_is():
    before = people(TALL)
    assert parse_filter("people")(before) is before


def test_a_part_close_by_belongs_to_the_person():
    hand = (296, 90, 310, 104)
    after = parse_filter("people")(people(TALL, hand, (20, 150, 60, 180)))
    assert kept(after, hand) == 1
    assert kept(after, (20, 150, 60, 180)) == 0


def test_it_does_not_jump_between_two_of_about_one_size():
    keep = parse_filter("people")
    left, right = (20, 80, 100, 180), (200, 80, 280, 180)
    first = keep(people(left, (200, 90, 280, 180)))
    assert kept(first, left) == 1
    for shrunk in (85, 95, 105):  # the other is the larger now, but not by much
        assert kept(keep(people((20, shrunk, 100, 180), right, time_ms=shrunk)), right) == 0
    assert kept(keep(people((20, 140, 100, 180), right, time_ms=140)), right) == 1


def test_one_who_is_missed_for_a_moment_is_not_given_up():
    keep = parse_filter("people")
    left, right = (20, 80, 100, 180), (200, 90, 280, 180)
    assert kept(keep(people(left, right)), left) == 1
    assert keep(people(right, time_ms=400)).alpha.max() == 0
    assert kept(keep(people(left, right, time_ms=800)), left) == 1
    assert kept(keep(people(right, time_ms=2000)), right) == 1


def test_after_a_reset_nothing_is_known_of_who_was_kept():
    keep = parse_filter("people")
    left, larger = (20, 90, 100, 180), (200, 70, 280, 180)
    assert kept(keep(people(left)), left) == 1
    assert keep(people(larger)).alpha.max() == 0  # missed for a moment
    keep.reset()
    assert kept(keep(people(left, larger)), larger) == 1
