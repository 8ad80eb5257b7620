from __future__ import annotations

import cv2
import numpy as np
import pytest

from streammatte.matting.matter import shipped_weights
from streammatte.research.cli.evaluate import evaluate
from streammatte.research.evaluate.rivals import RIVALS


class Half:
    """Says that half of every pixel is foreground."""

    def matte(self, frame):
        return np.full((4, 4), 0.5, np.float32)


@pytest.fixture
def run(streammatte, monkeypatch):
    """Run `streammatte evaluate` with a double of the network."""
    monkeypatch.setattr("streammatte.matting.matter.load", lambda *args, **options: Half())
    return lambda *arguments: streammatte("evaluate", *arguments)


@pytest.fixture
def composition(tmp_path):
    for kind, value in (("fg", 200), ("alpha", 255), ("bg", 20)):
        (tmp_path / kind).mkdir()
        cv2.imwrite(str(tmp_path / kind / "one.png"), np.full((8, 8, 3), value, np.uint8))
    return tmp_path


def test_composites_and_rivals_are_one_table(run, composition, monkeypatch):
    exact = {"exact": lambda rgb, trimap: np.ones(trimap.shape, np.float32)}
    monkeypatch.setattr("streammatte.research.evaluate.rivals.open_rivals", lambda names: exact)
    lines = run("--data", composition, "--rivals", "exact").stdout.splitlines()
    assert lines[0] == (
        "| method | pictures | SAD / 1000 | MSE x 1000 | Grad / 1000 | Conn / 1000 | CPU s per picture |"
    )
    assert lines[2].startswith("| streammatte, no trimap | 1 | 320 | 250 | 0 | 320 |")
    assert lines[3].startswith("| exact, trimap | 1 | 0 | 0 | 0 | 0 |")


def test_another_matter_is_measured_under_its_name(streammatte, composition):
    matter = f"onnx:model={shipped_weights().with_suffix('.onnx')}"
    result = streammatte("evaluate", "--data", composition, "--protocol", "composition", "--matter", matter)
    assert result.stdout.splitlines()[2].startswith("| onnx, no trimap | 1 | ")


def test_rooms_are_one_table_with_strips(run, tmp_path):
    (tmp_path / "val" / "rooms").mkdir(parents=True)
    cv2.imwrite(str(tmp_path / "val" / "rooms" / "one.png"), np.zeros((8, 8, 3), np.uint8))
    result = run("--data", tmp_path, "--strips", tmp_path / "strips")
    assert result.stdout.splitlines()[-1] == "| rooms | 1 | 500 | 500 |"
    assert [path.name for path in (tmp_path / "strips").iterdir()] == ["rooms_0.500_one.png"]


def test_the_help_names_every_rival():
    (option,) = [each for each in evaluate.params if each.name == "rivals"]
    assert all(name in option.help for name in RIVALS)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--rivals", "knn", "--protocol", "pack"), "use --protocol composition"),
        (("--rivals", "knn,magic"), "no rival 'magic'"),
        (("--protocol", "composition", "--strips", "out"), "use --protocol pack"),
        (("--protocol", "composition", "--groups"), "use --protocol pack"),
        (("--protocol", "composition", "--at", "frame"), "leave them out"),
        (("--groups", "--smooth", "motion"), "leave them out"),
    ],
)
def test_contradictions_are_refused(run, composition, arguments, message):
    result = run("--data", composition, *arguments)
    assert result.exit_code == 2
    assert message in result.stderr
    assert result.stderr.count("\n") == 1
