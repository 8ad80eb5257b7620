"""What holds for every filter that comes with streammatte."""

from dataclasses import replace
from fractions import Fraction

import cv2
import numpy as np
import pytest

from streammatte import Filter, Frame, Layers, parse_filter
from streammatte.plugins.registry import filter_names
from streammatte.stages import close_all, reset_all

SIZE = 65, 48
OURS = [entry.name for entry in filter_names() if entry.owner.startswith("streammatte ")]
EDITS = {
    **{name: {"foreground"} for name in ("decontaminate", "light-wrap", "match")},
    **{name: {"alpha", "foreground"} for name in ("auto-frame", "feather")},
    "shrink": {"alpha"},
    **{name: set() for name in ("held", "people")},  # one person, who holds nothing
}


@pytest.fixture
def arguments(tmp_path):
    """The text after a filter's name, where it needs any."""
    picture = np.random.default_rng(4).integers(0, 256, (30, 50, 3), np.uint8)
    cv2.imwrite(str(tmp_path / "still.png"), picture)
    return {
        "image": f":{tmp_path / 'still.png'}",
        "video": f":{tmp_path / 'still.png'}",
        "colour": ":teal",
        "gradient": ":teal-white",
    }


@pytest.fixture
def layers():
    random = np.random.default_rng(5)
    rgb = cv2.resize(random.integers(0, 256, (6, 8, 3), np.uint8), SIZE)
    alpha = np.zeros(SIZE[::-1], np.float32)
    cv2.circle(alpha, (30, 30), 15, 1.0, -1)
    taken = Layers.of(Frame(rgb, 3, Fraction(1, 25)), cv2.GaussianBlur(alpha, (0, 0), 2))
    return taken.with_background(rgb // 2)  # some edit nothing before another background is there


@pytest.mark.parametrize("name", OURS)
class TestEveryFilter:
    def test_it_is_one(self, name, arguments):
        assert isinstance(parse_filter(name + arguments.get(name, "")), Filter)

    def test_layers_keep_their_shapes_and_types(self, name, arguments, layers):
        edited = parse_filter(name + arguments.get(name, ""))(layers)
        assert (edited.frame.time, edited.frame.size) == (layers.frame.time, layers.frame.size)
        assert (edited.alpha.shape, edited.alpha.dtype) == (layers.alpha.shape, np.float32)
        for picture in (edited.foreground, edited.background):
            assert picture is None or (picture.shape, picture.dtype) == (layers.frame.rgb.shape, np.uint8)

    def test_it_edits_its_layers_and_no_array_in_place(self, name, arguments, layers):
        copies = layers.frame.rgb.copy(), layers.alpha.copy()
        edited = parse_filter(name + arguments.get(name, ""))(layers)
        np.testing.assert_array_equal(layers.frame.rgb, copies[0])
        np.testing.assert_array_equal(layers.alpha, copies[1])
        changed = {key for key in ("foreground", "alpha", "background") if vars(edited)[key] is not vars(layers)[key]}
        assert changed == EDITS.get(name, {"background"})

    def test_it_takes_frames_of_another_size(self, name, arguments, layers):
        edit = parse_filter(name + arguments.get(name, ""))
        edit(layers)
        larger = Layers.of(Frame(np.zeros((60, 80, 3), np.uint8), 4, Fraction(1, 25)), np.ones((60, 80), np.float32))
        edited = edit(larger)
        assert edited.background is None or edited.background.shape == (60, 80, 3)

    def test_after_a_reset_it_is_as_new(self, name, arguments, layers):
        edit = parse_filter(name + arguments.get(name, ""))
        for count in range(3):
            edit(Layers.of(Frame(layers.frame.rgb[::-1].copy(), count), np.roll(layers.alpha, 20, axis=1)))
        reset_all([edit])
        again = edit(layers).composite.rgb
        close_all([edit])
        np.testing.assert_array_equal(again, parse_filter(name + arguments.get(name, ""))(layers).composite.rgb)

    def test_it_takes_layers_without_a_background(self, name, arguments, layers):
        parse_filter(name + arguments.get(name, ""))(replace(layers, background=None)).composite  # noqa: B018
