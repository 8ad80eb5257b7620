"""A crop that follows people: where they stand in it, measured in the pictures that come out."""

from fractions import Fraction

import cv2
import numpy as np
import pytest

from streammatte import FilterError, Frame, Layers, parse_filter

SIZE = 640, 360
ROOM = cv2.resize(np.random.default_rng(3).integers(60, 200, (18, 32, 3), np.uint8), SIZE)


def scene(*people, ms=0, room=ROOM):
    """Layers of round people (x, y, radius) at a time."""
    alpha = np.zeros(SIZE[::-1], np.float32)
    for x, y, radius in people:
        cv2.circle(alpha, (x, y), radius, 1.0, -1, cv2.LINE_AA)
    rgb = room.copy()
    rgb[alpha > 0.5] = 250
    return Layers.of(Frame(rgb, ms, Fraction(1, 1000)), np.clip(alpha, 0, 1))


def box(layers):
    """Left, top, right and bottom of whom alpha shows."""
    x, y, width, height = cv2.boundingRect((layers.alpha > 0.5).astype(np.uint8))
    return np.array([x, y, x + width, y + height])


def middle(layers):
    return (box(layers)[:2] + box(layers)[2:]) / 2


def after(edit, *people, start_s, seconds, fps=25):
    """What comes out when people have stood there for some time."""
    for index in range(round(seconds * fps)):
        shown = edit(scene(*people, ms=round(1000 * (start_s + index / fps))))
    return shown


def test_whole_people_stand_large_in_the_middle_and_are_not_stretched():
    before = scene((200, 150, 50))
    shown = parse_filter("auto-frame:3")(before)
    left, top, right, bottom = box(shown)
    assert abs((right - left) - (bottom - top)) <= 2  # round as before
    assert bottom - top == pytest.approx(0.75 * 360, rel=0.08)  # of the height, but for strays
    np.testing.assert_allclose(middle(shown), (320, 180), atol=3)
    white = cv2.boundingRect((shown.composite.rgb.min(2) > 215).astype(np.uint8))
    np.testing.assert_allclose(white, (left, top, right - left, bottom - top), atol=4)  # the picture goes along


@pytest.mark.parametrize("zoom", [1.0, 1.5, 4.0])
def test_nobody_is_enlarged_by_more_than_is_asked_for(zoom):
    before = scene((320, 180, 25))
    left, _, right, _ = box(parse_filter(f"auto-frame:{zoom}")(before))
    assert (right - left) / 50 == pytest.approx(zoom, rel=0.04)


def test_of_somebody_cut_off_below_head_and_chest_are_shown_with_room_above():
    before = scene((260, 150, 50))
    before.alpha[200:, 180:340] = 1
    shown = parse_filter("auto-frame")(before)
    left, top, right, bottom = box(shown)
    assert right - left > 1.4 * 160
    assert 20 < top < 60
    assert bottom == 360
    assert (left + right) / 2 == pytest.approx(320, abs=4)


@pytest.mark.parametrize("move", [(120, 0), (-60, 40), (0, -50)])
def test_who_moves_is_in_the_same_place_again(move):
    edit = parse_filter("auto-frame:2")
    before = edit(scene((280, 180, 45)))
    follows = after(edit, (280 + move[0], 180 + move[1], 45), start_s=0.04, seconds=6)
    np.testing.assert_allclose(middle(follows), middle(before), atol=4)
    assert box(follows)[2] - box(follows)[0] == pytest.approx(box(before)[2] - box(before)[0], abs=3)


def test_the_crop_never_reaches_beyond_the_frame():
    shown = parse_filter("auto-frame:2")(scene((40, 40, 40)))
    np.testing.assert_allclose(box(shown), (0, 0, 160, 160), atol=2)


def test_it_stands_still_while_people_move_only_a_little():
    edit = parse_filter("auto-frame:2")
    kept = [edit(scene((300 + round(6 * np.sin(i)), 180, 45), ms=40 * i)) for i in range(50)]
    for layers in kept[1:]:
        np.testing.assert_array_equal(layers.composite.rgb[:60], kept[0].composite.rgb[:60])  # the room


def test_it_comes_to_rest_where_people_have_come_to_rest():
    edit = parse_filter("auto-frame:2")
    edit(scene((280, 180, 45)))
    after(edit, (400, 180, 45), start_s=0.04, seconds=6)
    first, later = (edit(scene((400, 180, 45), ms=ms)).composite.rgb for ms in (6100, 6200))
    np.testing.assert_array_equal(first, later)


def test_time_constants_are_seconds_at_any_rate():
    gone = {}
    for fps in (15, 30):
        edit = parse_filter("auto-frame:2,follow_s=1")
        edit(scene((250, 180, 45)))
        places = [edit(scene((280, 180, 45), ms=round(1000 * i / fps))) for i in range(1, 2 * fps + 1)]
        start, end = 320 + 2 * 30, 320  # twice as large, so 30 px are 60
        gone[fps] = [(start - middle(places[i * fps // 15 - 1])[0]) / (start - end) for i in (5, 15, 30)]
        assert gone[fps][1] == pytest.approx(1 - 3 / np.e**2, abs=0.03)  # a critically damped spring, at 2 / rate
    np.testing.assert_allclose(gone[15], gone[30], atol=0.02)


def test_it_begins_and_ends_to_move_softly():
    edit = parse_filter("auto-frame:2,follow_s=1")
    edit(scene((250, 180, 45)))
    places = np.array([middle(edit(scene((280, 180, 45), ms=33 * i)))[0] for i in range(120)])
    assert places[0] - places[-1] > 55
    assert np.abs(np.diff(places, 2)).max() < 1.6  # px per frame, each frame; they are measured to half a px


def test_nobody_walks_out_of_it():
    edit = parse_filter("auto-frame:1.5")
    for i in range(40):  # at a third of the frame in a second
        shown = edit(scene((160 + round(8.5 * i), 180, 45), ms=40 * i))
        assert box(shown)[2] < 640


def test_where_nobody_is_it_goes_back_slowly_to_the_whole_frame():
    edit = parse_filter("auto-frame:2")
    edit(scene((280, 180, 45)))
    soon = after(edit, start_s=0.04, seconds=0.4)
    assert np.abs(soon.composite.rgb.astype(int) - ROOM).mean() > 5
    late = after(edit, start_s=0.44, seconds=20, fps=10)
    np.testing.assert_array_equal(late.composite.rgb, ROOM)


def test_two_people_are_both_shown():
    shown = parse_filter("auto-frame:4")(scene((200, 160, 30), (380, 200, 30)))
    left, top, right, bottom = box(shown)
    assert left > 20
    assert top > 20
    assert right < 620
    assert bottom < 340
    assert right - left > 1.5 * 240


def test_after_a_cut_it_starts_afresh():
    edit = parse_filter("auto-frame:2")
    for i in range(3):
        edit(scene((200, 150, 45), ms=40 * i))
    shown = edit(scene((450, 220, 45), ms=120, room=255 - ROOM))
    np.testing.assert_allclose(middle(shown), (320, 180), atol=4)


@pytest.mark.parametrize("text", ["auto-frame:0.5", "auto-frame:5", "auto-frame:follow_s=-1"])
def test_numbers_that_cannot_be_are_refused(text):
    with pytest.raises(FilterError, match="expected"):
        parse_filter(text)
