from __future__ import annotations

import importlib.metadata
import json
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from streammatte.doctor.commands import pip, reinstall, shell
from streammatte.doctor.installation import packages, python


@pytest.mark.skipif(sys.platform == "win32", reason="has another shell")
def test_a_command_survives_the_shell():
    words = ["install", "openvino>=2024.4", "a b", "$HOME", "it's"]
    program = "import sys; print(sys.argv[1:])"
    told = subprocess.run(shell(sys.executable, "-c", program, *words), shell=True, capture_output=True, text=True)
    assert told.stdout == f"{words}\n"
    assert shlex.split(pip(*words))[1:] == ["-m", "pip", *words]
    assert Path(shutil.which(shlex.split(pip())[0])) == Path(sys.executable)


def test_on_windows_what_its_shell_would_redirect_is_quoted(monkeypatch):
    monkeypatch.setattr(sys, "platform", "win32")
    line = shell(r"C:\Program Files\python.exe", "-m", "pip", "install", "av>=17")
    assert line == r'"C:\Program Files\python.exe" -m pip install "av>=17"'


@pytest.mark.parametrize(
    ("origin", "words"),
    [
        (None, ["streammatte"]),
        ({"url": "file:///home/me/streammatte", "dir_info": {}}, ["file:///home/me/streammatte"]),
        ({"url": "file:///clone", "dir_info": {"editable": True}}, ["--editable", "file:///clone"]),
        ({"url": "https://host/streammatte", "vcs_info": {"vcs": "git"}}, ["git+https://host/streammatte"]),
    ],
)
def test_streammatte_is_installed_again_from_where_it_came(origin, words, monkeypatch):
    class Distribution:
        def read_text(self, name):
            assert name == "direct_url.json"
            return origin and json.dumps(origin)

    monkeypatch.setattr("streammatte.doctor.commands.distribution", lambda name: Distribution())
    assert reinstall() == pip("install", "--force-reinstall", "--no-deps", *words)


def _with_versions(monkeypatch, versions):
    """Pretend that of these packages other versions are installed; None for not installed."""
    really = importlib.metadata.version

    def version(name):
        if name in versions and versions[name] is None:
            raise importlib.metadata.PackageNotFoundError(name)
        return versions.get(name) or really(name)

    monkeypatch.setattr("streammatte.doctor.installation.version", version)
    return {finding.name: finding for finding in packages()}


def test_a_package_that_is_missing_or_too_old_gets_the_pip_command(monkeypatch):
    found = _with_versions(
        monkeypatch, {"pyvirtualcam": "0.13.1", "platformdirs": None, "openvino": None, "numpy": "99rc1"}
    )

    assert found["pyvirtualcam"].status == found["platformdirs"].status == "problem"
    assert found["pyvirtualcam"].remedy == pip("install", "--upgrade", "pyvirtualcam>=0.14")
    assert found["platformdirs"].remedy == pip("install", "platformdirs>=4")
    assert (found["extra openvino"].status, found["extra openvino"].remedy) == (
        "ok",
        pip("install", "openvino>=2024.4"),
    )
    assert found["numpy"].status == "ok"


def test_each_extra_is_looked_at_but_those_of_who_works_on_it():
    extras = set(importlib.metadata.metadata("streammatte").get_all("Provides-Extra"))
    assert {each.name for each in packages()} >= {f"extra {extra}" for extra in extras - {"dev", "docs"}}


def test_opencv_without_its_window_library_is_changed_for_the_headless_one(monkeypatch):
    really = importlib.import_module

    def import_module(name):
        if name == "cv2":
            raise ImportError("libGL.so.1: cannot open shared object file: No such file or directory")
        return really(name)

    monkeypatch.setattr("streammatte.doctor.installation.importlib.import_module", import_module)
    found = _with_versions(monkeypatch, {})["opencv-python"]
    assert found.status == "problem"
    assert "libGL.so.1" in found.detail
    assert found.remedy == (f"{pip('uninstall', '-y', 'opencv-python')} && {pip('install', 'opencv-python-headless')}")


def test_headless_opencv_will_do(monkeypatch):
    found = _with_versions(monkeypatch, {"opencv-python": None, "opencv-python-headless": "4.12.0.88"})
    assert found["opencv-python"].status == "ok"
    assert "opencv-python-headless" in found["opencv-python"].detail


def test_a_system_python_that_refuses_packages_is_told_of(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "prefix", sys.base_prefix)
    monkeypatch.setattr("sysconfig.get_path", lambda name: str(tmp_path))
    assert {each.name: each.status for each in python()} == {"version": "ok", "environment": "ok"}

    (tmp_path / "EXTERNALLY-MANAGED").touch()
    finding = python()[1]
    assert finding.status == "warning"
    assert " -m venv " in finding.remedy
    assert " && " in finding.remedy
