"""Several files by one command."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from streammatte.batch.jobs import Job
from streammatte.batch.ledger import fingerprint
from streammatte.errors import MediaError


@pytest.fixture
def clips(make_clip, tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    for name in ("a.mp4", "b.mkv", "c.mov"):
        make_clip(folder / name)
    return folder


def names(folder):
    return sorted(path.name for path in folder.glob("[!.]*"))


def states(result):
    """What is told of each file as it ends."""
    return dict(re.findall(r"^\d of \d: (\S+): ([a-z ]*[a-z])", result.stderr, re.MULTILINE))


def test_the_videos_of_a_folder(streammatte, clips, loaded, pictures, tmp_path):
    result = streammatte("video", clips, tmp_path / "out", "--bg", "red", "--alpha-out", tmp_path / "alpha")
    assert result.exit_code == 0, result.output
    assert names(tmp_path / "out") == names(tmp_path / "alpha") == ["a.mp4", "b.mp4", "c.mp4"]
    assert len(loaded) == 1  # for all of them
    assert len(pictures(tmp_path / "out" / "b.mp4")) == 12
    assert states(result) == {"a.mp4": "done in", "b.mkv": "done in", "c.mov": "done in"}
    summary = rf"wrote 3 of 3 videos to {tmp_path}/out: 36 frames in [\d.]+ s \([\d.]+ fps\); background: red\n"
    assert re.fullmatch(summary, result.stdout)


@pytest.mark.parametrize(
    ("options", "expected"), [((), "a.mp4"), (("--bg", "none"), "a.mov"), (("--suffix", ".webm"), "a.webm")]
)
def test_their_kind(streammatte, clips, probe, tmp_path, options, expected):
    out = tmp_path / "2026.11.30"
    assert streammatte("video", clips / "a.mp4", clips / "b.mkv", out, *options).exit_code == 0
    assert names(out)[0] == expected


def test_what_is_done_is_skipped_until_something_is_another(streammatte, clips, make_clip, loaded, tmp_path):
    out, skipped = tmp_path / "out", "done before"

    def again(*options):
        return states(streammatte("video", clips, out, "--bg", "red", *options))

    again()
    written = {path: path.stat().st_mtime_ns for path in out.iterdir()}
    assert again("--threads", "1") == dict.fromkeys(["a.mp4", "b.mkv", "c.mov"], skipped)
    assert {path: path.stat().st_mtime_ns for path in out.iterdir()} == written
    assert len(loaded) == 1  # not at all the second time
    make_clip(clips / "a.mp4", frames=5)
    (out / "b.mp4").write_bytes(b"something else")
    (out / "c.mp4").unlink()
    assert again() == dict.fromkeys(["a.mp4", "b.mkv", "c.mov"], "done in")
    assert set(again("--crf", "30").values()) == {"done in"}
    assert set(again("--crf", "30").values()) == {skipped}


def test_other_weights_give_another_result(streammatte, clips, tmp_path):
    weights = tmp_path / "weights.safetensors"
    arguments = "video", clips, tmp_path / "out", "--bg", "red", "--weights", weights
    weights.write_bytes(b"some")
    streammatte(*arguments)
    assert set(states(streammatte(*arguments)).values()) == {"done before"}
    weights.write_bytes(b"others")
    assert set(states(streammatte(*arguments)).values()) == {"done in"}


def test_another_picture_that_a_filter_reads_gives_another_result(streammatte, clips, tmp_path):
    beach = tmp_path / "beach.png"
    cv2.imwrite(str(beach), np.zeros((8, 8, 3), np.uint8))
    arguments = "video", clips, tmp_path / "out", "--filter", f"image:{beach}"
    streammatte(*arguments)
    assert set(states(streammatte(*arguments)).values()) == {"done before"}
    cv2.imwrite(str(beach), np.full((8, 8, 3), 255, np.uint8))
    assert set(states(streammatte(*arguments)).values()) == {"done in"}


def test_another_source_of_the_same_name_size_and_time_is_another(streammatte, clips, tmp_path):
    shutil.copytree(clips, tmp_path / "other")
    for folder in (clips, tmp_path / "other"):
        assert set(states(streammatte("video", folder, tmp_path / "out")).values()) == {"done in"}


def test_an_address_is_never_done_before():
    job = Job("http://127.0.0.1/a/clip.mp4", Path("out/clip.mp4"))
    assert fingerprint(job, (), ()) != fingerprint(job, (), ())


def test_half_a_line_of_a_killed_run_spoils_nothing(streammatte, clips, tmp_path):
    arguments = "video", clips, tmp_path / "out", "--bg", "red"
    streammatte(*arguments)
    ledger = tmp_path / "out" / ".streammatte.jsonl"
    _, *lines = ledger.read_text().splitlines()
    ledger.write_text("\n".join([*lines[:2], lines[2][:20]]))
    assert states(streammatte(*arguments)) == {"a.mp4": "done before", "b.mkv": "done before", "c.mov": "done in"}
    assert set(states(streammatte(*arguments)).values()) == {"done before"}


def test_where_nothing_can_be_noted_nothing_is_begun(streammatte, clips, tmp_path, monkeypatch):
    opened = Path.open

    def open_(path, mode="r", *arguments, **options):
        if path.name == ".streammatte.jsonl" and mode == "a":
            raise PermissionError(13, "Permission denied", str(path))
        return opened(path, mode, *arguments, **options)

    monkeypatch.setattr("pathlib.Path.open", open_)
    result = streammatte("video", clips, tmp_path / "out", "--bg", "red")
    assert result.exit_code == 1
    told = "out/.streammatte.jsonl cannot be written (Permission denied); choose a folder that you may write to"
    assert result.stderr.splitlines() == [f"streammatte: {tmp_path}/{told}"]
    assert names(tmp_path / "out") == []


def test_one_failure_stops_none_of_the_others(streammatte, clips, tmp_path):
    (clips / "b.mkv").write_bytes(b"broken")
    arguments = "video", clips, tmp_path / "out", "--bg", "red"
    result = streammatte(*arguments)
    assert result.exit_code == 1
    assert names(tmp_path / "out") == ["a.mp4", "c.mp4"]
    assert states(result)["b.mkv"] == "not done"
    *_, reason, last = result.stderr.splitlines()
    assert reason.startswith(f"streammatte: {clips}/b.mkv is not a video but text")
    assert last == "streammatte: 1 of 3 videos are not done; the same command does them again, and them alone"
    assert result.stdout.startswith("wrote 2 of 3 videos")
    assert set(states(streammatte(*arguments)).values()) == {"done before", "not done"}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--filter", "blurr"), "no filter 'blurr'"),
        (("--codec", "vp9"), "vp9 is not written to .mp4"),
        (("--bg", "gone.jpg"), "gone.jpg: there is no such file"),
        (("--weights", "gone.safetensors"), "there are no weights at gone.safetensors"),
    ],
)
def test_what_would_spoil_all_of_them_is_refused_at_once(streammatte, clips, tmp_path, options, message):
    result = streammatte("video", clips, tmp_path / "out", "--bg", "red", *options)
    assert result.exit_code in (1, 2)
    (line,) = result.stderr.splitlines()
    assert message in line
    assert not (tmp_path / "out").exists()


def test_a_folder_that_may_not_be_read_is_named(streammatte, clips, tmp_path, monkeypatch):
    def refuse(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("pathlib.Path.iterdir", refuse)
    result = streammatte("video", clips, tmp_path / "out", "--bg", "red")
    assert result.exit_code == 1
    (line,) = result.stderr.splitlines()
    assert line == f"streammatte: {clips} cannot be used (Permission denied); check its name and its permissions"


def test_an_error_that_nobody_expects_is_one_too(streammatte, clips, monkeypatch, tmp_path):
    class Broken:
        engine = device = "double"

        def matte(self, frame):
            raise RuntimeError("a bug")

        def reset(self):
            pass

    monkeypatch.setattr("streammatte.matting.matter.load", lambda *_, **__: Broken())
    result = streammatte("video", clips, tmp_path / "out", "--bg", "red")
    assert result.exit_code == 1
    assert f"streammatte: {clips}/a.mp4: RuntimeError: a bug; done by itself, it shows" in result.stderr
    assert names(tmp_path / "out") == []


@pytest.mark.parametrize("command", ["video", "image"])
def test_overwriting(streammatte, clips, tmp_path, monkeypatch, command):
    source = tmp_path / "in" / "a.mp4"
    if command == "image":
        source = tmp_path / "a.png"
        streammatte("video", clips / "a.mp4", tmp_path / "%d.png", "--duration", "0.04")
        (tmp_path / "1.png").rename(source)
    out = tmp_path / f"out{source.suffix}"
    (tmp_path / "folder").mkdir()
    for each in (out, tmp_path / "folder" / source.name):
        each.write_bytes(b"old")
        arguments = command, source, out if each == out else tmp_path / "folder", "--bg", "red", "--overwrite"
        left = streammatte(*arguments, "no")
        assert (left.exit_code, each.read_bytes()) == (0, b"old")
        assert "there already" in left.stderr
        asked = streammatte(*arguments, "ask")
        assert (asked.exit_code, each.read_bytes()) == (2, b"old")
        assert f"{each} is there already, and there is no terminal to ask at; say --overwrite yes" in asked.stderr
        assert streammatte(*arguments, "yes").exit_code == 0
        assert each.stat().st_size > 100


def test_nothing_that_is_there_is_replaced_whichever_output_it_is(streammatte, clips, tmp_path):
    mask, first = tmp_path / "mask.mp4", tmp_path / "7.png"
    for each in mask, first:
        each.write_bytes(b"old")
    for outputs in (tmp_path / "new.mp4", "--alpha-out", mask), (tmp_path / "%d.png",):
        result = streammatte("video", clips / "a.mp4", *outputs, "--bg", "red", "--overwrite", "no")
        assert (result.exit_code, "is there already" in result.stderr) == (0, True)
    (tmp_path / "alpha").mkdir()
    (tmp_path / "alpha" / "a.mp4").write_bytes(b"old")
    streammatte("video", clips, tmp_path / "out", "--alpha-out", tmp_path / "alpha", "--bg", "red", "--overwrite", "no")
    assert names(tmp_path / "out") == ["b.mp4", "c.mp4"]
    assert all(each.read_bytes() == b"old" for each in (mask, first, tmp_path / "alpha" / "a.mp4"))
    assert not (tmp_path / "new.mp4").exists()


def test_files_that_differ_in_their_suffix_keep_it(streammatte, make_clip, tmp_path):
    clips = [make_clip(tmp_path / name) for name in ("a.mp4", "a.mov", "b.mkv")]
    assert streammatte("video", *clips, tmp_path / "out", "--bg", "red").exit_code == 0
    assert names(tmp_path / "out") == ["a.mov.mp4", "a.mp4.mp4", "b.mp4"]


@pytest.mark.parametrize("options", [["-"], ["out", "--alpha-out", "alpha.mp4"]])
def test_what_several_videos_go_into_is_a_folder(streammatte, clips, tmp_path, options):
    first, *others = options
    out = first if first == "-" else tmp_path / first
    others = [tmp_path / each if each.endswith(".mp4") else each for each in others]
    result = streammatte("video", clips, out, *others)
    assert result.exit_code == 2
    assert "is no folder" in result.stderr
    assert not (tmp_path / "alpha.mp4").exists()


def test_what_is_left_aside_in_a_folder_is_told(streammatte, clips, tmp_path):
    (clips / "notes.txt").write_text("no video")
    (clips / "d.MP5").write_bytes(b"unheard of")
    (clips / "lost.mp4").symlink_to(tmp_path / "a disk that is not there")
    (clips / "more.mp4").mkdir()
    result = streammatte("video", clips, tmp_path / "out", "--bg", "red")
    assert result.stderr.startswith(f"streammatte: left aside in the folder {clips}: 1 .MP5, 1 .txt; videos end in ")
    assert f"{clips / 'lost.mp4'}" in result.stderr
    assert (result.exit_code, names(tmp_path / "out")) == (1, ["a.mp4", "b.mp4", "c.mp4"])


def test_a_folder_is_not_read_and_written_at_once(streammatte, clips):
    result = streammatte("video", clips, clips, "--bg", "red")
    assert result.exit_code == 2
    assert "is read and written at once: what it gets would be read the next time; choose another" in result.stderr
    assert names(clips) == ["a.mp4", "b.mkv", "c.mov"]


def test_done_is_done_from_wherever_it_is_named(streammatte, clips, tmp_path, monkeypatch):
    assert streammatte("video", clips, tmp_path / "out", "--bg", "red").exit_code == 0
    monkeypatch.chdir(tmp_path)
    assert set(states(streammatte("video", "in", "out", "--bg", "red")).values()) == {"done before"}


def test_a_stopped_run_tells_why_files_failed(streammatte, clips, tmp_path, monkeypatch):
    (clips / "a.mp4").write_bytes(b"broken")

    def full(ledger, job, mark):
        raise MediaError("the disk is full")

    monkeypatch.setattr("streammatte.batch.ledger.Ledger.add", full)
    result = streammatte("video", clips, tmp_path / "out", "--bg", "red")
    assert f"streammatte: {clips}/a.mp4 is not a video but text" in result.stderr
    assert result.stderr.endswith("streammatte: the disk is full\n")


def test_names_that_differ_in_case_alone_are_told_apart(streammatte, make_clip, tmp_path):
    clips = [make_clip(tmp_path / name) for name in ("Talk.mp4", "talk.mov")]
    assert streammatte("video", *clips, tmp_path / "out", "--bg", "red").exit_code == 0
    assert names(tmp_path / "out") == ["Talk.mp4.mp4", "talk.mov.mp4"]
