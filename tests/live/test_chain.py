"""The filters of a running session are reset and closed like those of a file."""

from __future__ import annotations

import weakref
from dataclasses import replace

import numpy as np
import pytest

from streammatte.live.chain import LiveChain


class Remembers:
    """Notes what is asked of it."""

    def __init__(self, name, calls):
        self.name, self.calls = name, calls

    def __call__(self, layers):
        self.calls.append(f"{self.name} call")
        return layers

    def reset(self):
        self.calls.append(f"{self.name} reset")

    def close(self):
        self.calls.append(f"{self.name} close")


@pytest.fixture
def calls(monkeypatch):
    """What is asked of filters that stand under any name of one letter."""
    calls = []
    whole = "streammatte.live.controls.parse_filter"
    monkeypatch.setattr(whole, lambda text: Remembers(text, calls))
    return calls


def taken(calls):
    noted = calls.copy()
    calls.clear()
    return noted


def test_filters_are_reset_before_their_first_frame_and_closed_after_their_last(make, half, show_with, calls, until):
    controls = make("#ff0000", kept=["k"], filters=["a", "b"])
    show = show_with(controls, half)
    show.chain.reset()
    taken(calls)
    show()
    assert taken(calls)[-3:] == ["k call", "a call", "b call"]
    controls.set_filters(["c"])
    until(lambda: controls.look.filters == ("c",))
    assert taken(calls) == []  # a frame may be in the filters
    show()
    assert sorted(calls[:2]) == ["a close", "b close"]
    assert taken(calls)[2:] == ["c reset", "k call", "c call"]
    controls.set_filters(["d"])
    controls.set_filters(["e"])
    until(lambda: controls.look.filters == ("e",))
    show()
    assert taken(calls) == ["d close", "c close", "e reset", "k call", "e call"]
    controls.close()
    assert sorted(taken(calls)) == ["e close", "k close"]


@pytest.mark.parametrize("switch", ["on", "frozen"])
def test_after_a_rest_all_is_reset(make, half, show_with, calls, switch):
    controls = make("#ff0000", filters=["a"])
    show = show_with(controls, half)
    show()
    controls.toggle(switch)
    show()
    controls.toggle(switch)
    taken(calls)
    if switch == "on":
        show()  # the card
    show()
    show()
    assert taken(calls) == ["a reset", "a call", "a call"]


def test_when_the_camera_comes_back_all_is_reset_with_its_first_frame(make, half, show_with, calls):
    controls = make("#ff0000", filters=["a"])
    show = show_with(controls, half)
    show()
    show()
    taken(calls)
    show.since_s = 0.16  # the fourth frame's
    show()
    show()
    show()
    assert taken(calls) == ["a call", "a reset", "a call", "a call"]


def test_what_no_filter_may_return_hides_the_room(make, half, show_with):
    controls = make("#ff0000")
    show = show_with(controls, half)
    controls.look = replace(controls.look, steps=(lambda layers: replace(layers, alpha=layers.alpha * np.nan),))
    _, picture = show()
    assert (picture[:, 32:] == 128).all()
    assert "alpha has NaN in it" in controls.notices[-1]


@pytest.mark.parametrize("method", ["reset", "close"])
def test_a_filter_that_cannot_be_reset_or_closed_is_told_and_the_call_goes_on(
    make, half, show_with, calls, until, monkeypatch, method
):
    def fails(self):
        raise OSError("out of order")

    monkeypatch.setattr(Remembers, method, fails)
    controls = make("#ff0000", filters=["a"])
    show = show_with(controls, half)
    show()
    controls.set_filters([])
    until(lambda: controls.look.filters == ())
    _, picture = show()
    assert (picture[:, 33:] == (255, 0, 0)).all()
    assert controls.notices[-1].startswith("out of order")


def test_the_network_is_reset_with_the_rest(make, half, show_with):
    resets = []
    half.reset = lambda: resets.append(True)
    show = show_with(make("#ff0000", smoothing="motion"), half)
    assert isinstance(show.chain, LiveChain)
    show()
    taken(resets)
    show.since_s = 0.08
    show()
    assert resets == [True]


def test_a_network_that_was_replaced_is_let_go(make, half, show_with):
    first = type(half)()
    controls = make("#ff0000")
    show = show_with(controls, first)
    show()
    gone = weakref.ref(first)
    del first
    controls.look = replace(controls.look, matter=half)
    show()
    assert gone() is None
    assert half.asked
