from __future__ import annotations

import json
import os
import sys
from dataclasses import replace

import pytest

from streammatte import __version__
from streammatte.doctor import Finding
from streammatte.doctor.mending import run_command

FINE = Finding("packages", "av", "ok", "18.1.0 (>=17)")
EXTRA = Finding("packages", "extra openvino", "ok", "is not installed", "pip install openvino")
SLOW = Finding("cameras", "/dev/video0", "warning", "A webcam\nYUYV: 640x480 [30 fps]", "kill 41")
NONE = Finding("virtual cameras", "virtual camera", "problem", "there is none", "sudo modprobe " + "v4l2loopback " * 12)


@pytest.fixture
def found(monkeypatch):
    """Let an examination find this; the options of each are noted."""
    calls = []

    def put(*findings):
        monkeypatch.setattr("streammatte.doctor.examine", lambda **options: calls.append(options) or list(findings))
        return calls

    return put


@pytest.mark.parametrize(
    ("findings", "code", "end"),
    [
        ([FINE], 0, "all is in order"),
        ([FINE, SLOW], 0, "1 warning"),
        ([FINE, NONE, SLOW, SLOW], 1, "1 problem and 2 warnings"),
        ([NONE, NONE], 1, "2 problems"),
    ],
)
@pytest.mark.parametrize("options", [[], ["--json"]])
def test_the_exit_code_tells_of_problems_alone(findings, code, end, options, streammatte, found):
    found(*findings)
    result = streammatte("doctor", *options)
    assert (result.exit_code, result.stderr) == (code, "")
    assert options or result.stdout.splitlines()[-1] == end


def test_findings_stand_in_their_sections_with_the_remedy_beneath(streammatte, found):
    found(FINE, EXTRA, SLOW, NONE)
    lines = [line.rstrip() for line in streammatte("doctor").stdout.splitlines()]
    assert [line for line in lines if line in ("packages", "cameras", "virtual cameras")] == [
        "packages",
        "cameras",
        "virtual cameras",
    ]
    assert "YUYV: 640x480 [30 fps]" in "\n".join(lines)  # not taken for markup
    problem = next(index for index, line in enumerate(lines) if line.startswith("problem"))
    assert lines[problem + 1] == f"  mend: {NONE.remedy}".rstrip()  # in one line, however long
    assert "  add: pip install openvino" in lines


def test_json_is_one_document_with_everything(streammatte, found):
    found(FINE, NONE)
    document = json.loads(streammatte("doctor", "--json").stdout)
    assert document.keys() == {"version", "system", "findings"}
    assert document["version"] == __version__
    assert [Finding(**each) for each in document["findings"]] == [FINE, NONE]


def test_the_self_test_can_be_left_out(streammatte, found):
    calls = found(FINE)
    streammatte("doctor")
    streammatte("doctor", "--no-self-test")
    assert calls == [{"test": True}, {"test": False}]


class Mending:
    """A machine with two faults, whose commands are scripts that mend them."""

    def __init__(self, folder, monkeypatch) -> None:
        self.looks = []
        self._mended = folder / "mended"
        self.first = Finding("packages", "av", "problem", "is missing", f"echo av >> {self._mended}", mends=True)
        second = Finding("cameras", "b", "warning", "is slow", f"echo b >> {self._mended}; exit 7", mends=True)
        self._all = FINE, replace(EXTRA, mends=True), self.first, self.first, second, SLOW
        monkeypatch.setattr("streammatte.doctor.examine", self.examine)

    def examine(self, test):
        self.looks.append(test)
        return [each for each in self._all if each is not self.first or "av" not in self.mended]

    @property
    def mended(self):
        return self._mended.read_text().split() if self._mended.exists() else []


@pytest.fixture
def mending(tmp_path, monkeypatch):
    return Mending(tmp_path, monkeypatch)


def test_fix_runs_each_command_after_a_yes_and_looks_again(streammatte, mending, monkeypatch):
    monkeypatch.setattr("streammatte.cli.doctor._at_a_terminal", lambda: True)
    result = streammatte("doctor", "--fix", "--no-self-test", answers="y\nn\n")
    assert mending.mended == ["av"]  # once, and neither the second nor what only adds
    assert mending.looks == [False, False]
    assert result.exit_code == 0
    assert result.stdout.splitlines()[-1] == "2 warnings"

    result = streammatte("doctor", "--fix", answers="n\n")
    assert (mending.mended, len(mending.looks)) == (["av"], 3)
    assert "nothing was run" in result.stdout


def test_yes_runs_all_without_asking_and_tells_what_failed(streammatte, mending):
    result = streammatte("doctor", "--fix", "--yes")
    assert mending.mended == ["av", "b"]
    assert "it failed, with exit code 7" in result.stdout
    assert result.exit_code == 0


@pytest.mark.parametrize("options", [["--fix"], ["--yes"], ["--fix", "--yes", "--json"]])
def test_fix_is_refused_where_nobody_can_answer_or_read(streammatte, mending, options):
    result = streammatte("doctor", *options)
    assert (result.exit_code, len(result.stderr.splitlines()), result.stdout) == (2, 1, "")
    assert (mending.looks, mending.mended) == ([], [])


@pytest.mark.skipif(sys.platform == "win32", reason="a shell script")
@pytest.mark.parametrize(("user", "written"), [(0, "plain"), (1000, "sudo plain")])
def test_sudo_is_left_out_for_root_alone(user, written, monkeypatch, tmp_path):
    program = tmp_path / "sudo"
    program.write_text(f'#!/bin/sh\nprintf "sudo " >> {tmp_path}/out\nexec "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setattr("os.geteuid", lambda: user)
    assert run_command(f"true && sudo sh -c 'printf plain >> {tmp_path}/out'") == 0
    assert (tmp_path / "out").read_text() == written
