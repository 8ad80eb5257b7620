"""What the Tab key gives, as the shells ask for it; see docs/start.md."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from streammatte.cli import cli

DEVICES = ("_nvenc", "_qsv", "_amf", "_videotoolbox", "_mf", "_v4l2m2m")


def complete(*words, shell="bash"):
    environment = {
        "_STREAMMATTE_COMPLETE": f"{shell}_complete",
        "COMP_WORDS": " ".join(["streammatte", *words]),
        "COMP_CWORD": str(len(words)),
    }
    result = CliRunner().invoke(cli, env=environment, prog_name="streammatte")
    assert result.exit_code == 0, result.output
    return result.stdout.split()


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["web"], ["plain,webcam"]),
        (["webcam", "--smo"], ["plain,--smooth"]),
        (["webcam", "--smooth", ""], ["plain,off", "plain,motion"]),
        (["webcam", "--filter", "de"], ["plain,decontaminate"]),
        (["video", "--codec", "he"], [f"plain,hevc{each}" for each in ("", *DEVICES)]),
        (["image", "--matter", "on"], ["plain,onnx"]),
        (["webcam", "--bg", "be"], ["file,be"]),
        (["webcam", "--camera", ""], ["file,"]),
        (["video", "in"], ["file,in"]),
        (["video", "in.mp4", "out"], ["file,out"]),
    ],
)
def test_a_word_is_completed(words, found):
    assert complete(*words) == found


def test_profiles_are_completed(config, usual):
    assert complete("webcam", "--profile", "") == []
    config(usual)
    assert complete("webcam", "--profile", "") == ["plain,office", "plain,home"]
    assert complete("webcam", "--profile", "of") == ["plain,office"]
    assert complete("video", "--profile", "") == []
    config("[webcam\n")
    assert complete("webcam", "--profile", "") == []


def test_the_lines_of_the_page_give_a_script():
    page = (Path(__file__).parents[2] / "docs" / "start.md").read_text(encoding="utf-8")
    shells = re.findall("_STREAMMATTE_COMPLETE=(\\w+)_source", page)
    assert shells == ["bash", "zsh", "fish"]
    for shell in shells:
        result = CliRunner().invoke(cli, env={"_STREAMMATTE_COMPLETE": f"{shell}_source"}, prog_name="streammatte")
        assert (result.exit_code, "streammatte" in result.output) == (0, True)
        if shutil.which(shell):
            assert subprocess.run([shell, "-n"], input=result.output, text=True, check=False).returncode == 0
