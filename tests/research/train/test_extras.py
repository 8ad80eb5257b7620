from __future__ import annotations

import cv2
import numpy as np

from streammatte.research.train.colour import Layer
from streammatte.research.train.data import Person
from streammatte.research.train.extras import drawn_headphones, painted_headphones, with_extra


def test_an_extra_goes_before_or_behind() -> None:
    colours = np.full((4, 3, 3), 100, np.uint8)
    alpha = np.array([[0.0, 0.5, 1.0]] * 4, np.float32)
    red = np.zeros((4, 3, 3), np.uint8)
    red[..., 0] = 200
    solid = np.full((4, 3), 255, np.uint8)
    before, covered = with_extra(Layer(red, solid), False, colours, alpha)
    assert (before == red).all()
    assert (covered == 1).all()
    behind, total = with_extra(Layer(red, solid), True, colours, alpha)
    assert (total == 1).all()
    assert behind[0].tolist() == [[200, 0, 0], [150, 50, 50], [100, 100, 100]]


def bust(head: tuple[int, int] = (80, 60)) -> Person:
    """A round head, 60 wide, on shoulders."""
    alpha = np.zeros((200, 160), np.uint8)
    cv2.circle(alpha, head, 30, 255, -1)
    cv2.fillPoly(alpha, [np.array([(60, 85), (100, 85), (140, 120), (140, 200), (20, 200), (20, 120)])], 255)
    nothing = np.zeros((200, 160, 3), np.uint8)
    return Person.of("p", nothing, alpha, nothing)


def test_headphones_lie_over_the_head_and_at_both_sides_of_it() -> None:
    person, frame = bust(), (320, 400)
    twice = np.array([[2, 0, 0], [0, 2, 0]], np.float32)
    levels = []
    for seed in range(20):
        drawn = drawn_headphones(np.random.default_rng(seed), person, twice)
        assert drawn is not None
        found = painted_headphones(drawn, *frame)
        solid = found.alpha > 128
        x, y, width, height = cv2.boundingRect(solid.astype(np.uint8))
        # the head is from 100 to 220 across and from 60 down to 180
        assert 50 < x < 105
        assert 215 < x + width < 270
        assert 45 < y < 65
        assert 100 < y + height < 200
        assert solid[40:75, 160].any()  # the band
        assert not solid[100:140, 150:170].any()  # the face is free
        levels.append(found.colours[solid].mean())
    assert np.ptp(levels) > 100


def test_a_head_that_is_cut_off_has_none() -> None:
    still = np.eye(2, 3, dtype=np.float32)
    for head in ((80, 20), (10, 60)):  # at the photo's top, at its side
        assert drawn_headphones(np.random.default_rng(0), bust(head), still) is None
