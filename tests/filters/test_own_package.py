"""filters/README.md, followed word for word: a copied folder becomes a package of one's own."""

import subprocess
import sys
from contextlib import closing
from pathlib import Path
from venv import EnvBuilder

import cv2
import numpy as np
import pytest

import streammatte

FILTERS = Path(__file__).parents[2] / "filters"
RENAMES = (("streammatte-mirror", "streammatte-turn"), ('"streammatte_mirror:Mirror"', '"streammatte_turn:Turn"'))


def run(*command, **settings):
    result = subprocess.run([*map(str, command)], capture_output=True, text=True, check=False, **settings)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


@pytest.fixture(scope="module")
def python(tmp_path_factory):
    """The interpreter of a fresh environment with the copied package in it; it sees what this one sees besides."""
    package = tmp_path_factory.mktemp("home") / "my-filter"
    package.mkdir()
    for file in (FILTERS / "mirror").glob("*.*"):
        text = file.read_text(encoding="utf-8").replace("class Mirror", "class Turn").replace("\nmirror =", "\nturn =")
        for old, new in RENAMES:
            text = text.replace(old, new)
        (package / file.name.replace("mirror", "turn")).write_text(text, encoding="utf-8")

    folder = tmp_path_factory.mktemp("venv")
    EnvBuilder(with_pip=False, symlinks=sys.platform != "win32").create(folder)
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    site = Path(run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip())
    (site / "base.pth").write_text("\n".join(path for path in sys.path if Path(path).is_dir()), encoding="utf-8")
    pip = (sys.executable, "-m", "pip", "--python", python, "install")
    run(*pip, "--no-index", "--no-build-isolation", ".", cwd=package)
    return python


def test_the_filter_is_listed_with_its_package(python):
    listed = run(python, "-m", "streammatte", "filters")
    assert "streammatte-turn 1.0" in listed
    assert "Left and right change places; otherwise top and bottom." in " ".join(listed.split())


def test_the_filter_does_what_it_says(python, tmp_path):
    with closing(streammatte.open_source("sample")) as source:
        cv2.imwrite(str(tmp_path / "photo.png"), next(iter(source)).rgb[..., ::-1])
    for name, arguments in (("plain", ()), ("turned", ("--filter", "turn:horizontal=no"))):
        run(python, "-m", "streammatte", "image", "photo.png", f"{name}.png", *arguments, cwd=tmp_path)
    plain, turned = (cv2.imread(str(tmp_path / f"{name}.png"), cv2.IMREAD_UNCHANGED) for name in ("plain", "turned"))
    np.testing.assert_array_equal(turned[..., 3], plain[::-1, :, 3])


def test_the_page_shows_the_filter_as_it_is():
    page = (FILTERS / "README.md").read_text(encoding="utf-8")
    assert (FILTERS / "mirror" / "streammatte_mirror.py").read_text(encoding="utf-8") in page
    for name in ("pyproject.toml", *(old for old, _ in RENAMES)):
        assert name.strip('"') in page
