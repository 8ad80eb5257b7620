"""The program as a process: how fast it answers, how it stops, what it leaves behind."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

HEAVY = {"torch", "av", "cv2", "numpy", "onnxruntime", "rich", "pyvirtualcam", "tomlkit", "platformdirs"}

SLOW_PROGRAM = """
import sys, time
import numpy as np
import streammatte.matting.matter
from streammatte.__main__ import main

class Slow:
    engine = device = "double"
    def matte(self, frame):
        time.sleep(0.2)
        return np.ones((frame.size[1], frame.size[0]), np.float32)
    def reset(self):
        print("running", flush=True)

streammatte.matting.matter.load = lambda *_, **__: Slow()
main()
"""


def start(*arguments, program=("-m", "streammatte"), **options):
    return subprocess.Popen(
        [sys.executable, *program, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


def test_help_answers_at_once():
    process, before = start("--help"), os.times()
    output, _ = process.communicate(timeout=20)
    after = os.times()

    assert process.returncode == 0
    assert "  video " in output
    assert "  devices " in output
    # CPU time, because the machine may be busy with something else.
    assert after.children_user + after.children_system - before.children_user - before.children_system < 0.3


def test_no_command_needs_the_heavy_packages_for_its_help():
    listing = (
        "import sys, click; from streammatte.cli import cli\n"
        "for name in cli.list_commands(None):\n"
        "    command = cli.get_command(None, name); command.get_help(click.Context(command))\n"
        "print(*{module.partition('.')[0] for module in sys.modules})"
    )
    process = start(program=("-c", listing))
    output, errors = process.communicate(timeout=20)
    assert process.returncode == 0, errors
    assert not HEAVY & set(output.split())


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends Ctrl-C to a whole group of processes")
@pytest.mark.parametrize(("name", "times"), [("SIGINT", 1), ("SIGINT", 3), ("SIGTERM", 1), ("SIGHUP", 1)])
def test_ctrl_c_and_its_like_end_cleanly_and_leave_nothing(name, times, make_clip, tmp_path):
    clip = make_clip(tmp_path / "clip.mp4", frames=200)
    process = start(
        "video", clip, tmp_path / "out.mp4", "--alpha-out", tmp_path / "alpha.mp4", program=("-c", SLOW_PROGRAM)
    )
    assert process.stdout.readline() == "running\n"
    time.sleep(0.3)
    assert len(list(tmp_path.iterdir())) == 3  # two of them half-written

    for _ in range(times):
        process.send_signal(getattr(signal, name))
        time.sleep(0.05)
    output, errors = process.communicate(timeout=20)

    assert process.returncode == 128 + getattr(signal, name)
    assert (output, errors.strip()) == ("", "streammatte: stopped; what was not complete is removed")
    assert list(tmp_path.iterdir()) == [clip]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps what is open from being removed")
def test_what_a_killed_run_left_is_removed_by_the_next_but_not_what_a_living_one_writes(
    make_clip, streammatte, tmp_path
):
    clip = make_clip(tmp_path / "clip.mp4", frames=200)
    (tmp_path / "pictures").mkdir()
    outputs = tmp_path / "out.mp4", "--alpha-out", tmp_path / "pictures" / "a_%02d.png"
    runs = []
    for _ in range(2):
        runs.append(start("video", clip, *outputs, program=("-c", SLOW_PROGRAM)))
        assert runs[-1].stdout.readline() == "running\n"
    left = {tmp_path / ".out.1.partial.mp4", tmp_path / "pictures" / ".a_%02d.1.partial.png"}
    living = {tmp_path / ".out.2.partial.mp4", tmp_path / "pictures" / ".a_%02d.2.partial.png"}
    assert set(tmp_path.rglob(".*")) == left | living
    runs[0].kill()
    runs[0].communicate(timeout=20)

    result = streammatte("video", make_clip(tmp_path / "short.mp4"), *outputs)
    assert set(tmp_path.rglob(".*")) == living
    for each in left:
        assert f"{each} was left by a run that was killed, and is removed" in result.stderr
    for each in living:
        assert f"is being written by another run too, as {each.name}; " in result.stderr
    assert len(result.stderr.splitlines()) == 4
    assert (tmp_path / "pictures" / "a_12.png").exists()
    runs[1].terminate()
    runs[1].communicate(timeout=20)
    assert not [*tmp_path.rglob(".*")]


def test_a_mistake_is_one_line_here_too(tmp_path):
    process = start("video", tmp_path / "gone.mp4", tmp_path / "out.mp4")
    output, errors = process.communicate(timeout=20)
    assert (process.returncode, output, errors.count("\n")) == (1, "", 1)


@pytest.mark.parametrize("command", ["filters", "--help", ""])
def test_a_reader_that_goes_away_is_no_failure(command):
    reading, writing = os.pipe()
    os.close(reading)
    program = [sys.executable, "-m", "streammatte", *command.split()]
    process = subprocess.run(program, stdout=writing, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writing)
    assert (process.returncode, process.stderr) == (0, "")


@pytest.mark.skipif(sys.platform == "win32", reason="closes streams as a POSIX shell does")
@pytest.mark.parametrize("streams", ["2>&-", "<&- 2>&-", "2>/dev/full", "2>&1 | true", "| true"])
def test_the_work_is_done_whatever_becomes_of_what_is_said(clip, tmp_path, streams):
    outputs = tmp_path / "out.mp4", tmp_path / "alpha.mp4"
    words = "-m", "streammatte", "video", clip, outputs[0], "--bg", "red", "--alpha-out", outputs[1]
    command = f"{shlex.join(map(str, (sys.executable, *words)))} {streams}; exit ${{PIPESTATUS[0]}}"
    process = subprocess.run(["bash", "-c", command], stderr=subprocess.PIPE, check=False)
    assert (process.returncode, process.stderr) == (0, b"")
    assert all(path.exists() for path in outputs)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_under_what_is_printed_is_told_in_a_line():
    with Path("/dev/full").open("w") as full:
        words = [sys.executable, "-m", "streammatte", "filters"]
        process = subprocess.run(words, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert process.returncode == 1
    assert process.stderr == "streammatte: there is no room left where the output goes; make room, and do it again\n"


def test_progress_in_plain_lines(streammatte, clip, tmp_path, monkeypatch):
    monkeypatch.setattr("streammatte.cli.progress._LINE_EVERY_S", 0.0)
    result = streammatte("video", clip, tmp_path / "out.mp4")
    lines = result.stderr.splitlines()
    assert len(lines) == 12
    assert lines[2].startswith("3 of 12 frames, ")
    assert lines[2].endswith(" left")


def test_without_a_command_it_explains_itself(streammatte):
    assert streammatte().stdout == streammatte("--help").stdout
    assert streammatte("--version").stdout.startswith("streammatte, version ")
    unknown = streammatte("vidoe")
    assert unknown.exit_code == 2
    assert unknown.stderr.startswith("streammatte: No such command 'vidoe'.")


def test_filters_are_listed_with_parameters_and_owners(streammatte):
    listing = streammatte("filters").stdout
    assert "blur (streammatte " in listing
    assert "    strength: number, default 40" in listing
    assert "    path: path, required" in listing
