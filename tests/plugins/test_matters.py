"""Matters by name, found as filters are."""

import numpy as np
import pytest
from click.testing import CliRunner

from streammatte import FilterError, Frame, Matter, UsageError
from streammatte.cli import cli
from streammatte.plugins.parameters import describe
from streammatte.plugins.registry import load_matter, matter_names
from streammatte.plugins.text import parse_matter

STRANGE = '''
    """A stranger's matter."""

    import numpy as np


    class Threshold:
        """Takes for foreground what is bright.

        Parameters
        ----------
        level : int
            From which on.
        """

        def __init__(self, level: int, threads: int = 1) -> None:
            self.level, self.threads = level, threads

        def matte(self, frame):
            return (frame.rgb.mean(axis=2) >= self.level).astype(np.float32)

        def reset(self):
            pass
'''


def test_a_strangers_matter_comes_through_the_same_door(install):
    install("bright", STRANGE, {"threshold": "Threshold", "onnx": "Threshold"}, kind="matters")
    entries = {(entry.name, entry.owner.split()[0], entry.usable) for entry in matter_names()}
    ours = {("onnx", "streammatte", True), ("streammatte", "streammatte", True)}
    assert entries == ours | {("threshold", "bright", True), ("onnx", "bright", False)}
    matter = parse_matter("threshold:100", threads=3, engine="torch")
    assert isinstance(matter, Matter)
    assert (matter.level, matter.threads) == (100, 3)
    assert parse_matter("threshold:100,threads=2", threads=3).threads == 2
    frame = Frame(np.full((4, 4, 3), 120, np.uint8))
    assert matter.matte(frame).min() == 1
    listing = CliRunner().invoke(cli, ["matters"]).output
    assert "threshold (bright 1.5): Takes for foreground what is bright." in listing
    assert "    level: whole number, required. From which on." in listing
    assert "onnx (bright 1.5) is not used: the name is built in" in listing


def test_our_own_matters_say_what_they_take():
    for plugin in matter_names():
        assert all(parameter.doc for parameter in describe(load_matter(plugin.name)))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("modnet", r"there is no matter 'modnet'; expected one of onnx, streammatte"),
        ("onnx", r"the matter 'onnx' lacks its model; onnx takes model \(path, required\)"),
        ("streammatte:quality=superb", r"quality cannot be 'superb' in the matter.*\(fast or normal or best, normal\)"),
    ],
)
def test_a_matter_that_cannot_be_is_refused_as_one(text, message):
    with pytest.raises(UsageError, match=message) as caught:
        parse_matter(text)
    assert not isinstance(caught.value, FilterError)
    assert caught.value.subject == text
