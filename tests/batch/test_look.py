"""A look of the control page in the words of the commands."""

from __future__ import annotations

from pathlib import Path

import pytest

from streammatte.batch.asked import AskedMatter
from streammatte.batch.look import FileLook
from streammatte.batch.task import Task
from streammatte.cli import cli


@pytest.mark.parametrize(
    ("look", "options", "out"),
    [
        (FileLook(), ("--bg", "blur:40"), "a b.mp4"),
        (
            FileLook(blur=5, quality="best", smoothing="off"),
            ("--bg=blur:5", "--quality=best", "--smooth=off"),
            "a b.mp4",
        ),
        (
            FileLook("red", 0, ("feather:1", "shrink:2")),
            ("--bg", "red", "--filter=feather:1", "--filter=shrink:2"),
            "a b.mp4",
        ),
        (FileLook("red", 8, ("shadow",)), ("--bg", "red", "--filter", "blur:8", "--filter", "shadow"), "a b.mp4"),
        (FileLook("red", 8, suffix=".mov"), ("--bg", "none"), "a b.mov"),
        (FileLook(suffix=".webm"), ("--bg", "none"), "a b.webm"),
    ],
)
@pytest.mark.parametrize("source", ["a b.mkv", "a b.jpg"])
def test_it_is_what_the_command_with_these_options_does(monkeypatch, tmp_path, look, options, out, source):
    picture = source.endswith(".jpg")
    asked = []
    command = "image" if picture else "video"
    out = "a b.png" if picture else out
    monkeypatch.chdir(tmp_path)
    Path(source).touch()
    monkeypatch.setattr(f"streammatte.cli.{command}.do_one", lambda *did, **_: asked.extend(did))
    monkeypatch.setattr(AskedMatter, "open", lambda self: self)
    used = [each for each in options if not (picture and each.startswith("--smooth"))]
    cli([command, source, f"folder/{out}", *used], standalone_mode=False)
    job, task, open_matter = asked
    assert look.work(Path(source), Path("folder")) == (task, job)
    assert look.asked == open_matter()


def test_the_defaults_of_the_tasks_are_those_of_the_commands(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    told = []
    for command in ("video", "image"):
        monkeypatch.setattr(f"streammatte.cli.{command}.do_one", lambda job, task, matter, **_: told.append(task))
        cli([command, "a.png", "b.png"], standalone_mode=False)
    assert told == [Task(), Task(smooth="off")]
