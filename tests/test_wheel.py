"""The built wheel holds all that the program needs, and nothing else."""

import ast
import re
import subprocess
import sys
import zipfile
from importlib.metadata import Distribution
from pathlib import Path

import pytest

import streammatte

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (path,) = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def unpacked(wheel, tmp_path_factory):
    folder = tmp_path_factory.mktemp("unpacked")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def test_it_holds_both_packages_with_all_their_files_and_nothing_else(unpacked):
    found = {path.relative_to(unpacked) for path in unpacked.rglob("*") if path.is_file()}
    code = {path for path in found if not path.parts[0].endswith(".dist-info")}
    sources = [(ROOT, ROOT / "streammatte"), (ROOT / "filters", ROOT / "filters" / "streammatte_filters")]
    expected = {path.relative_to(top) for top, package in sources for path in package.rglob("*") if path.is_file()}
    assert code == {path for path in expected if path.suffix != ".pyc"}


@pytest.mark.parametrize(
    "name",
    [
        "streammatte/py.typed",
        "streammatte_filters/py.typed",
        "streammatte/assets/sample.mp4",
        "streammatte/weights/streammatte.safetensors",
        "streammatte/weights/streammatte.onnx",
    ],
)
def test_it_holds_what_is_not_code(unpacked, name):
    assert (unpacked / name).stat().st_size > 0 or name.endswith("py.typed")


def test_it_registers_the_command_and_the_filters(unpacked):
    (distribution,) = Distribution.discover(path=[str(unpacked)])
    (command,) = distribution.entry_points.select(group="console_scripts")
    assert command.name == "streammatte"
    filters = distribution.entry_points.select(group="streammatte.filters")
    assert {entry.name for entry in filters} >= {"blur", "colour", "image", "video"}
    for entry in (command, *filters):
        home = unpacked / Path(*entry.module.split(".")).with_suffix(".py")
        defined = {node.name for node in ast.parse(home.read_text()).body if hasattr(node, "name")}
        assert entry.attr in defined, f"{entry.value} is not there"


def test_it_carries_the_licence_and_no_second_one(unpacked):
    (distribution,) = Distribution.discover(path=[str(unpacked)])
    assert distribution.metadata["License-Expression"] == "MIT"
    (licence,) = unpacked.glob("*.dist-info/licenses/*")
    assert licence.read_text() == (ROOT / "LICENSE").read_text()


def test_the_version_is_the_one_that_the_code_and_the_changelog_say(unpacked):
    (distribution,) = Distribution.discover(path=[str(unpacked)])
    released = re.findall(r"^## \[(\d[^]]*)\]", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert distribution.version == streammatte.__version__ == released[0]
