"""Filters by name, found among distributions that are really installed, if only in a folder of the test."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from streammatte import Filter, FilterError, Frame, Layers, MediaError, StreammatteError
from streammatte.cli import cli
from streammatte.plugins.parameters import Parameter, describe
from streammatte.plugins.registry import Plugin, filter_names, load_filter
from streammatte.plugins.text import join_filter, parse_filter, split_filter

BUILT_IN = {
    *("auto-frame", "blur", "colour", "decontaminate", "feather", "gradient", "held", "image", "light-wrap", "match"),
    *("people", "shadow", "shrink", "spotlight", "transparent", "video"),
}

GOOD = '''
    """Filters of a stranger."""

    from __future__ import annotations

    from dataclasses import dataclass, replace
    from pathlib import Path
    from typing import Literal, Optional

    from streammatte import Layers


    @dataclass
    class Tint:
        """Tints the foreground.

        Parameters
        ----------
        path : Path
            Where the
            palette is.
        times : int
        gamma, gain : float
            Both are exponents.

        Raises
        ------
        ValueError
            Never documented as a parameter.
        """

        path: Path
        times: int = 1
        gamma: float = 2.2
        gain: float = 1.0
        bright: bool = False
        mode: Literal["soft", "hard"] = "soft"
        limit: Optional[int] = None
        mask: Path | None = None
        name: str = "tint"

        def __post_init__(self):
            if self.times < 0:
                raise ValueError("times is below 0")

        def __call__(self, layers: Layers) -> Layers:
            return replace(layers, foreground=layers.foreground // 2)


    class Plain:
        def __call__(self, layers):
            return layers


    not_a_class = 3
'''


@pytest.fixture
def strangers(install):
    install("good", GOOD, {"tint": "Tint", "plain": "Plain", "number": "not_a_class", "gone": "Vanished"})
    install("broken", "import a_package_that_nobody_has", {"shine": "Shine"})


def test_our_own_filters_come_through_the_same_door():
    assert {entry.name for entry in filter_names() if entry.owner.startswith("streammatte ")} == BUILT_IN
    for name in BUILT_IN:
        assert all(parameter.doc for parameter in describe(load_filter(name)))


def test_all_filters_are_listed_with_their_owners_and_none_is_imported(strangers):
    entries = filter_names()
    assert Plugin("tint", "good 1.5", "good_module:Tint") in entries
    assert Plugin("shine", "broken 1.5", "broken_module:Shine") in entries
    assert {"good_module", "broken_module"}.isdisjoint(sys.modules)


def test_listing_imports_neither_numpy_nor_opencv():
    code = "import sys, streammatte.plugins.registry as p; p.filter_names(); sys.exit('cv2' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_strangers_filter_works_like_ours(strangers):
    tint = parse_filter("tint:palette.png")
    assert isinstance(tint, Filter)
    frame = Frame(np.full((4, 4, 3), 200, np.uint8))
    assert tint(Layers.of(frame, np.ones((4, 4), np.float32))).composite.rgb.max() == 100


def test_a_broken_distribution_is_named_and_does_not_hide_the_others(strangers):
    with pytest.raises(FilterError, match=r"shine.*broken 1\.5.*a_package_that_nobody_has.*uninstall"):
        load_filter("shine")
    assert load_filter("plain").__name__ == "Plain"


@pytest.mark.parametrize("name", ["number", "gone"])
def test_an_entry_that_leads_to_no_class_is_refused_with_its_owner(strangers, name):
    with pytest.raises(FilterError, match=r"good 1\.5"):
        load_filter(name)


def test_two_distributions_with_one_name_are_refused_and_both_named(strangers, install):
    install("rival", GOOD, {"tint": "Tint"})
    with pytest.raises(FilterError, match=r"good 1\.5 and rival 1\.5"):
        load_filter("tint")


def test_a_name_that_is_built_in_stays_ours_and_whoever_takes_it_is_named(install):
    install("taker", GOOD, {"blur": "Plain", "plain": "Plain"})
    assert load_filter("blur").__module__ == "streammatte_filters.blur"
    ours, theirs = (entry for entry in filter_names() if entry.name == "blur")
    assert ours.usable
    assert theirs == Plugin("blur", "taker 1.5", "taker_module:Plain", usable=False)
    listing = CliRunner().invoke(cli, ["filters"]).output
    assert "blur (taker 1.5) is not used: the name is built in" in listing
    assert "blur (streammatte " in listing
    assert "plain (taker 1.5): " in listing


def test_an_unknown_filter_is_told_the_names_and_the_nearest(strangers):
    with pytest.raises(FilterError, match=r"'blurr'.*blur, colour.*tint.*did you mean 'blur'\?"):
        parse_filter("blurr:3")


DEFAULTS = {
    "path": Path("p"),
    "times": 1,
    "gamma": 2.2,
    "gain": 1.0,
    "bright": False,
    "mode": "soft",
    "limit": None,
    "mask": None,
    "name": "tint",
}


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("tint:p", {}),
        ("tint:path=p", {}),
        ("tint:p,times=3,gamma=1.8,bright=yes", {"times": 3, "gamma": 1.8, "bright": True}),
        ("tint:p,bright=off,mode=hard", {"bright": False, "mode": "hard"}),
        ("tint:p,limit=4,mask=m.png", {"limit": 4, "mask": Path("m.png")}),
        ("tint:p,limit=none,mask=none,name=none", {"limit": None, "mask": None, "name": "none"}),
        ('tint:"a,b=c.png",times=2', {"path": Path("a,b=c.png"), "times": 2}),
        ('tint:name="a,b",path="x, y.png"', {"name": "a,b", "path": Path("x, y.png")}),
        ("tint:path=a=b.png", {"path": Path("a=b.png")}),
        ("tint:in/a=b.png,times=2,", {"path": Path("in/a=b.png"), "times": 2}),
        (r"tint:C:\new\it's.png", {"path": Path(r"C:\new\it's.png")}),
        ("tint:p,name=#ff0000", {"name": "#ff0000"}),
    ],
)
def test_values_are_read_as_the_annotations_say(strangers, text, values):
    tint = parse_filter(text)
    assert vars(tint) == {**DEFAULTS, **values}
    assert {key: type(value) for key, value in vars(tint).items()} == {
        key: type(value) for key, value in {**DEFAULTS, **values}.items()
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("tint", r"lacks its path.*path \(path, required\)"),
        ("tint:p,tims=3", r"no parameter 'tims'.*times \(whole number, 1\).*gamma \(number, 2\.2\)"),
        ("tint:p,times=three", r"times cannot be 'three'.*times \(whole number, 1\)"),
        ("tint:p,bright=perhaps", r"bright cannot be 'perhaps'.*bright \(yes or no, no\)"),
        ("tint:p,mode=mild", r"mode cannot be 'mild'.*mode \(soft or hard, soft\)"),
        ("tint:p,limit=few", r"limit cannot be 'few'.*limit \(none or whole number, none\)"),
        ("tint:p,times=1,times=2", "times stands twice"),
        ("tint:beach, evening.png", r"' evening\.png' is no key=value.*double quotes"),
        ('tint:"p', "cannot be read"),
        ('tint:"p"q', "cannot be read"),
        ("tint:p,times=-1", "times is below 0"),
        ("gradient:red-blue,angle=inf", "angle"),
        ("gradient:red-blue,angle=nan", "angle"),
        ("plain:3", "plain takes no parameters"),
        ("plain:a=3", "plain takes no parameters"),
        (":3", "there is no filter ''"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line_that_says_what_can(strangers, text, message):
    with pytest.raises(FilterError, match=message) as caught:
        parse_filter(text)
    assert "\n" not in str(caught.value)


def test_a_filters_own_refusal_comes_through():
    with pytest.raises(MediaError, match=r"no-such-file\.jpg"):
        parse_filter("image:no-such-file.jpg")
    with pytest.raises(StreammatteError, match="expected 0"):
        parse_filter("blur:300")


def test_a_filter_describes_its_parameters(strangers):
    parameters = {parameter.name: parameter for parameter in describe(load_filter("tint"))}
    assert list(parameters) == ["path", "times", "gamma", "gain", "bright", "mode", "limit", "mask", "name"]
    assert parameters["path"] == Parameter("path", "path", None, "Where the palette is.")
    assert parameters["gain"] == Parameter("gain", "number", "1", "Both are exponents.")
    assert parameters["mask"] == replace(parameters["mask"], type="none or path", default="none", doc="")
    assert describe(load_filter("plain")) == []


@pytest.mark.parametrize(
    "values",
    [{}, {"strength": "20"}, {"path": "beach, evening.jpg", "fit": "contain"}, {"path": "a=b.jpg"}, {"path": ""}],
)
def test_what_is_split_can_be_joined_again(values):
    name = "blur" if "strength" in values else "image"
    assert split_filter(join_filter(name, values)) == (name, values)


def test_splitting_keeps_to_the_parameters_and_joining_to_what_can_be_read():
    assert split_filter("image:a.jpg,fit=contain") == ("image", {"path": "a.jpg", "fit": "contain"})
    with pytest.raises(FilterError, match="there is no parameter 'colour'"):
        split_filter("blur:colour=1")
    with pytest.raises(FilterError, match="without double quotes"):
        join_filter("image", {"path": 'a"b.jpg'})
