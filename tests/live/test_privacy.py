"""Whatever fails, the room is not shown: what comes out at the sink is compared with the camera's own pixels."""

from __future__ import annotations

from fractions import Fraction
from threading import Event
from time import monotonic

import numpy as np
import pytest

from streammatte.compositing.frames import Frame
from streammatte.io import ListSink
from streammatte.live.controls import LiveControls
from streammatte.live.session import LiveSession
from streammatte.plugins.parameters import describe
from streammatte.plugins.registry import filter_names, load_filter

PICTURES = np.random.default_rng(1).integers(0, 256, (4, 48, 64, 3), np.uint8)
"""What the camera gives, one after the other: noise, of which no pixel comes about by chance."""


class Output(ListSink):
    device, rate = "/dev/video99", Fraction(50)

    def readers(self):
        return None

    @property
    def pictures(self):
        return [layers.composite.rgb for layers in self.layers]


class Failing:
    """Takes the left half for the person, until it is told to do otherwise."""

    def __init__(self):
        self.how, self.asked = "works", 0
        self.stalled, self.go_on = Event(), Event()

    def matte(self, frame):
        self.asked += 1
        alpha = np.zeros((48, 64), np.float32)
        alpha[:, :32] = 1
        if self.how == "raises":
            raise RuntimeError("out of memory")
        if self.how == "stalls":
            self.stalled.set()
            self.go_on.wait(20)
        if self.how == "not a number":
            alpha[0, 0] = np.nan
        return alpha * 0 if self.how == "empty" else alpha

    def reset(self): ...


@pytest.fixture
def room(camera, monkeypatch):
    """A camera in a room."""

    def frames(self):
        count = 0
        while not self.closed.wait(0.01):
            count += 1
            yield Frame(PICTURES[count % len(PICTURES)].copy(), round(monotonic() * 1e6), Fraction(1, 1_000_000))

    monkeypatch.setattr(camera, "__iter__", frames)
    return camera


@pytest.fixture
def matter():
    made = Failing()
    yield made
    made.go_on.set()


@pytest.fixture
def start(room, matter):
    """Start a session with a background; returns it and its output."""
    running = []

    def started(background="#ff0000", **options):
        output = Output()
        controls = LiveControls([background], decontaminate=False, **options)
        running.append(LiveSession(room, controls, matter, open_output=lambda *_: output))
        return running[-1], output

    yield started
    matter.go_on.set()
    for session in running:
        session.close()


def shows_room(picture, columns=slice(32, None)):
    """Whether part of the camera's picture, where nobody is, is in another one."""
    same = (picture[None, :, columns] == PICTURES[:, :, columns]).all(axis=-1)
    return bool(same.mean(axis=(1, 2)).max() > 0.01)


def is_card(picture):
    return bool((picture[0] == 40).all())


def person_there(picture):
    return bool((picture[None, :, :32] == PICTURES[:, :, :32]).all(axis=(1, 2, 3)).any())


def test_these_tests_know_the_room(start, until):
    session, output = start()
    session.controls.toggle("on")
    until(lambda: any(map(shows_room, output.pictures)))


@pytest.mark.parametrize("background", ["#ff0000", "blur"])
@pytest.mark.parametrize("how", ["raises", "not a number"])
def test_where_matting_fails_a_card_is_shown_until_it_works_again(start, matter, until, background, how):
    session, output = start(background)
    until(lambda: any(map(person_there, output.pictures)))
    matter.how = how
    until(lambda: session.status().failed > 5 and is_card(output.pictures[-1]))
    assert is_card(session.shown.composite.rgb)
    matter.how = "works"
    until(lambda: person_there(output.pictures[-1]))
    assert not any(map(shows_room, output.pictures))
    told = [notice for notice in session.controls.notices if "a card is shown" in notice]
    assert len(told) == 1
    assert {"raises": "out of memory", "not a number": "NaN"}[how] in told[0]


def test_where_matting_stalls_the_last_composite_is_shown_and_then_a_card(start, matter, until, monkeypatch):
    monkeypatch.setattr("streammatte.live.clock._HELD_S", 0.5)
    session, output = start()
    until(lambda: any(map(person_there, output.pictures)))
    matter.how = "stalls"
    until(lambda: is_card(output.pictures[-1]))
    assert is_card(session.shown.composite.rgb)
    begun = next(index for index, picture in enumerate(output.pictures) if not is_card(picture))
    held = next(index for index, picture in enumerate(output.pictures[begun:], begun) if is_card(picture))
    assert all(np.array_equal(each, output.pictures[held - 1]) for each in output.pictures[held - 5 : held])
    matter.how = "works"
    matter.go_on.set()
    until(lambda: person_there(output.pictures[-1]))
    assert not any(map(shows_room, output.pictures))


@pytest.mark.parametrize("frozen", [False, True])
def test_when_matting_is_turned_on_the_room_goes_at_once_though_alpha_is_late(start, matter, until, frozen):
    session, output = start()
    session.controls.toggle("on")
    until(lambda: shows_room(output.pictures[-1]))
    if frozen:
        session.controls.toggle("frozen")
    matter.how = "stalls"
    session.controls.toggle("on")
    until(lambda: matter.stalled.is_set() and is_card(output.pictures[-1]))
    before = len(output.layers)
    until(lambda: len(output.layers) > before + 10)
    assert all(map(is_card, output.pictures[before:]))
    matter.go_on.set()
    until(lambda: person_there(output.pictures[-1]))
    assert not any(map(shows_room, output.pictures[before:]))


@pytest.mark.parametrize("how", ["raises", "stalls"])
def test_what_fails_from_the_first_frame_on_shows_the_card_alone(start, matter, until, how):
    matter.how = how
    _, output = start()
    until(lambda: matter.asked and len(output.layers) > 20)
    assert all(map(is_card, output.pictures))


@pytest.mark.parametrize("background", ["#ff0000", "blur"])
def test_an_empty_alpha_shows_the_background_alone(start, matter, until, background):
    matter.how = "empty"
    session, output = start(background)
    until(lambda: session.status().found > 5 and len(output.layers) > 20)
    assert not any(shows_room(picture, slice(None)) for picture in output.pictures)
    assert not is_card(output.pictures[-1])


@pytest.mark.parametrize("background", ["blur:0", "blur:0.1,shape=lens", "blur"])
def test_the_least_blur_does_not_show_the_room(start, until, background):
    session, output = start(background)
    session.controls.set_blur(0)
    until(lambda: any(map(person_there, output.pictures)))
    assert not any(map(shows_room, output.pictures))
    assert session.controls.look.blur == 10


@pytest.mark.parametrize(
    "name",
    [each.name for each in filter_names() if all(p.default is not None for p in describe(load_filter(each.name)))],
)
def test_no_look_shows_the_room_behind_an_empty_alpha(make, show_with, matter, name):
    matter.how = "empty"
    show = show_with(make("#ff0000", filters=[name]), matter)
    for picture in PICTURES:
        frame, shown = show(picture)
        assert not (shown == frame.rgb).all(axis=-1).any()


def test_a_filter_that_raises_leaves_grey_and_not_the_room(start, until, monkeypatch):
    def fails(layers):
        raise ValueError("it broke")

    monkeypatch.setattr("streammatte.live.controls.parse_filter", lambda text: fails)
    session, output = start(kept=["any"])  # before the background: what follows is left out
    until(lambda: any(map(person_there, output.pictures)))
    assert (output.pictures[-1][:, 33:] == 128).all()
    assert not any(map(shows_room, output.pictures))
    assert "it broke; the background is grey" in session.controls.notices[-1]


@pytest.mark.parametrize("how", ["works", "stalls"])
def test_cover_shows_a_card_at_once_whatever_the_matter_does(start, matter, until, how):
    session, output = start()
    until(lambda: any(map(person_there, output.pictures)))
    matter.how = how
    until(lambda: how == "works" or matter.stalled.is_set())
    session.controls.press("c")
    assert is_card(session.shown.composite.rgb)
    before = len(output.layers)
    until(lambda: len(output.layers) > before + 10)
    assert all(map(is_card, output.pictures[before + 1 :]))  # one may have been on its way
    assert session.status().covered
    matter.how = "works"
    matter.go_on.set()
    session.controls.press("c")
    until(lambda: person_there(output.pictures[-1]))
    assert not session.status().covered


def test_the_network_rests_while_it_is_covered(start, matter, until):
    session, output = start()
    session.controls.toggle("covered")
    until(lambda: len(output.layers) > 20)
    asked, before = matter.asked, len(output.layers)
    until(lambda: len(output.layers) > before + 20)
    assert matter.asked == asked
    assert session.matted is None


def test_cover_hides_a_picture_with_matting_off_and_a_frozen_one(start, until):
    session, output = start()
    session.controls.toggle("on")
    until(lambda: any(map(shows_room, output.pictures)))
    session.controls.toggle("frozen")
    session.controls.toggle("covered")
    before = len(output.layers)
    until(lambda: len(output.layers) > before + 10)
    assert all(map(is_card, output.pictures[before + 1 :]))
