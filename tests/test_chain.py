"""A chain: what its parts may return."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from streammatte.chain import Chain, makers_of_colours
from streammatte.compositing.backdrop import Backdrop
from streammatte.compositing.frames import Frame
from streammatte.errors import FilterError, ShapeError
from streammatte.plugins.registry import load_filter
from streammatte.plugins.text import parse_filter


class Matter:
    """Sees everything half transparent, at a size (w, h)."""

    def __init__(self, size):
        self.size = size

    def matte(self, frame):
        return np.full(self.size[::-1], 0.5, np.float32)

    def reset(self):
        pass


def frame():
    return Frame(np.random.default_rng(0).integers(0, 256, (6, 8, 3), np.uint8), 7, Fraction(1, 30))


def test_a_small_alpha_is_brought_to_the_frames_size():
    layers, times = Chain(Matter((4, 3)))(frame())
    np.testing.assert_allclose(layers.alpha, np.full((6, 8), 0.5), atol=1e-3)
    assert times.matte_ms >= 0


def test_an_alpha_larger_than_the_frame_is_refused():
    with pytest.raises(ShapeError, match="12x9; expected 8x6"):
        Chain(Matter((12, 9)))(frame())


@pytest.mark.parametrize(
    ("value", "message"), [(1.5, "alpha reaches from 1.5 to 1.5; expected"), (np.nan, "has NaN in it")]
)
def test_an_alpha_beyond_its_range_is_refused(value, message):
    matter = Matter((4, 3))
    matter.matte = lambda frame: np.full((3, 4), value, np.float32)
    with pytest.raises(ShapeError, match=message):
        Chain(matter)(frame())


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"alpha": lambda alpha: alpha.astype(float)}, "alpha is an array (6, 8) of float64; expected"),
        ({"alpha": lambda alpha: alpha[..., None]}, "alpha is an array (6, 8, 1) of float32; expected"),
        ({"alpha": lambda alpha: alpha[:3]}, "alpha is 8x3; expected 8x6, as the frame"),
        ({"alpha": lambda alpha: alpha * np.float32("nan")}, "alpha has NaN in it; expected"),
        ({"alpha": lambda alpha: alpha * 255}, "alpha reaches from 127.5 to 127.5; expected"),
        ({"foreground": lambda rgb: rgb[:, :4]}, "foreground is 4x6; expected 8x6, as the frame"),
        ({"background": lambda rgb: rgb / 2}, "background is an array (6, 8, 3) of float64; expected"),
        ({"background": lambda rgb: Backdrop(rgb[:3])}, "background is a Backdrop that is shown at 8x3; expected 8x6"),
        ({"background": lambda rgb: "red"}, "background is a str; expected an array (H, W, 3) of uint8"),
    ],
)
def test_what_no_filter_may_return_is_refused_by_its_name(changed, reason):
    class Careless:
        def __call__(self, layers):
            return replace(layers, **{name: change(getattr(layers, name)) for name, change in changed.items()})

    with pytest.raises(FilterError, match="Careless returned") as caught:
        Chain(Matter((8, 6)), filters=[Careless()])(frame())
    assert reason in str(caught.value)


def test_a_function_that_errs_is_named_too():
    def nothing(layers):
        return None

    with pytest.raises(FilterError, match=r"test_chain\..*nothing returned a NoneType; expected Layers"):
        Chain(Matter((8, 6)), filters=[nothing])(frame())


def test_filters_that_make_colours_of_their_own_are_found_and_forget_it():
    class Remembers:
        seen = 0

        def __call__(self, layers):
            self.seen += 1
            return layers

        def reset(self):
            self.seen = 0

    remembers = Remembers()
    texts = ("decontaminate", "blur", "colour:red", "match", "shadow", "light-wrap", "feather:px=3")
    found = makers_of_colours([*map(parse_filter, texts), remembers], (96, 64))
    assert [each.rpartition(".")[2] for each in found] == ["Match", "LightWrap", "Feather"]
    assert remembers.seen == 0


def test_filters_may_come_one_by_one():
    chain = Chain(Matter((8, 6)), filters=map(parse_filter, ["colour:red"]))
    for _ in range(2):
        chain.reset()
        layers, _ = chain(frame())
        assert (layers.background == (255, 0, 0)).all()


@pytest.mark.parametrize("kind", ["blur:30", load_filter("blur"), None])
def test_what_is_no_filter_yet_is_refused_with_what_makes_one(kind):
    with pytest.raises(FilterError, match=r"is no filter; .*; parse_filter\('blur:30'\) makes one of a text"):
        Chain(Matter((8, 6)), filters=[kind])
