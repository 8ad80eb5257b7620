"""The product's commands where only the product is installed, as processes in which the extras cannot be imported."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

EXTRAS = ("torch", "safetensors", "onnx", "pymatting", "openvino", "skimage")
PROGRAM = f"import sys; sys.modules.update(dict.fromkeys({EXTRAS})); from streammatte.__main__ import main; main()"


def streammatte(*arguments):
    command = [sys.executable, "-c", PROGRAM, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_a_video_and_a_picture_are_matted(write_clip, probe, tmp_path):
    clip = write_clip("clip.mp4", 3)
    result = streammatte("video", clip, tmp_path / "out.mp4", "--bg", "white")
    assert result.returncode == 0, result.stderr
    assert len(probe(tmp_path / "out.mp4").frames) == 3

    result = streammatte("image", clip.parents[0] / "missing.png", tmp_path / "out.png")
    assert (result.returncode, "Traceback" in result.stderr) == (1, False)


def test_what_there_is_is_listed():
    for command, expected in (("devices", "--device cpu"), ("filters", "decontaminate"), ("--version", "streammatte")):
        result = streammatte(command)
        assert result.returncode == 0, result.stderr
        assert expected in result.stdout


def test_the_doctor_examines_and_calls_no_extra_a_problem():
    result = streammatte("doctor", "--json")
    findings = {each["name"]: each for each in json.loads(result.stdout)["findings"]}
    assert findings["chosen"]["detail"] == "onnxruntime on cpu"
    problems = {each["section"] for each in findings.values() if each["status"] == "problem"}
    assert problems <= {"cameras", "virtual cameras"}


def test_webcam_runs_as_far_as_the_machine_has_cameras():
    result = streammatte("webcam", "--camera", "/dev/video99")
    assert result.returncode == 1
    assert result.stderr.startswith("streammatte: ")
    assert "torch" not in result.stderr


@pytest.mark.parametrize(
    ("arguments", "extra"),
    [
        (("video", "sample", "out.mp4", "--device", "cuda"), "gpu"),
        (("video", "sample", "out.mp4", "--engine", "torch"), "gpu"),
        (("video", "sample", "out.mp4", "--engine", "openvino"), "openvino"),
        (("train", "--data", "data", "--out", "run"), "train"),
        (("evaluate", "--data", "data", "--rivals", "knn"), "train"),
        (("export", "network.onnx"), "train"),
        (("model",), "train"),
        (("model", "--table", "2"), "train"),
    ],
)
def test_what_needs_an_extra_names_it(arguments, extra):
    result = streammatte(*arguments)
    assert result.returncode == 1
    assert result.stderr.startswith("streammatte: ")
    assert f"pip install 'streammatte[{extra}]'" in result.stderr
    assert result.stderr.count("\n") == 1
