"""The queue with a double in the place of the process that does a file; at the end with that process itself."""

from __future__ import annotations

import subprocess
import sys
from threading import Event, Lock

import cv2
import numpy as np
import pytest

from streammatte.batch.jobs import Outcome
from streammatte.batch.look import FileLook
from streammatte.batch.queue import FileQueue
from streammatte.errors import MediaError, UsageError


class Apart:
    """Does files until each is let go: it tells that one of two frames is done, and waits."""

    def __init__(self):
        self.go, self.error = Event(), None
        self.begun, self.at_once, self.most = [], 0, 0
        self._lock = Lock()

    def __call__(self, task, asked, job, *, tell, show, stop):
        with self._lock:
            self.at_once += 1
            self.most = max(self.most, self.at_once)
            self.begun.append(job.source)
        tell(1, 2)
        show(b"picture")
        while not (self.go.wait(0.01) or stop.is_set()):
            pass
        with self._lock:
            self.at_once -= 1
        if stop.is_set():
            return None
        if self.error is None:
            job.out.write_text(job.source)
        return Outcome(job, 2, 1.0, (f"{job.source}: a notice",), self.error and f"{job.source} {self.error}")


@pytest.fixture
def apart(monkeypatch):
    apart = Apart()
    monkeypatch.setattr("streammatte.batch.queue.do_apart", apart)
    return apart


@pytest.fixture
def queue(tmp_path):
    queue = FileQueue(tmp_path / "spool", tmp_path / "videos", tmp_path / "pictures")
    yield queue
    queue.close()
    assert list((tmp_path / "spool").glob("*")) == []


def dropped(queue, name="clip.mkv", look=FileLook()):  # noqa: B008
    entry = queue.add(name, None, look)
    entry.source.write_text("a clip")
    queue.start(entry.number)
    return entry


def test_two_at_a_time_in_the_order_in_which_they_came(queue, apart, until):
    entries = [dropped(queue) for _ in range(5)]
    until(lambda: apart.at_once == 2)
    assert [each.state for each in entries] == ["working"] * 2 + ["waiting"] * 3
    apart.go.set()
    until(lambda: all(each.state == "done" for each in entries))
    assert apart.most == 2
    assert set(apart.begun[:2]) == {str(each.source) for each in entries[:2]}


def test_results_have_the_usual_names_and_never_replace_anything(queue, apart, until, tmp_path):
    apart.go.set()
    (tmp_path / "videos").mkdir()
    (tmp_path / "videos" / "clip.mp4").write_text("mine")
    entries = [dropped(queue), dropped(queue, look=FileLook(suffix=".mov")), dropped(queue, "photo.jpg")]
    until(lambda: all(each.state == "done" for each in entries))
    assert [each.result for each in entries] == [
        tmp_path / "videos" / "clip-2.mp4",
        tmp_path / "videos" / "clip.mov",
        tmp_path / "pictures" / "photo.png",
    ]
    assert (tmp_path / "videos" / "clip.mp4").read_text() == "mine"
    assert entries[0].notices == ("clip.mkv: a notice",)  # and no word of where it lies meanwhile


def test_how_far_it_is(queue, apart, until):
    entry = dropped(queue)
    until(lambda: entry.glimpses == 1)
    assert (entry.frames, entry.total, entry.glimpse, entry.rate) == (1, 2, b"picture", None)
    entry.first = 1, entry.first[1] - 2
    entry.tell(9, 10)
    assert entry.rate == pytest.approx(4, abs=0.5)


def test_stopped_it_stays_and_can_be_done_again_with_another_look(queue, apart, until, tmp_path):
    entries = [dropped(queue) for _ in range(3)]
    until(lambda: apart.at_once == 2)
    for each in entries:
        queue.stop(each.number)
    assert entries[2].state == "stopped"  # it never began
    until(lambda: [each.state for each in entries] == ["stopped"] * 3)
    assert not (tmp_path / "videos").exists()
    apart.go.set()
    with pytest.raises(UsageError, match=r"clip\.mkv is stopped"):
        queue.start(1)
    queue.start(1, FileLook("red", suffix=".webm"))
    until(lambda: queue.entry(1).state == "done")
    assert queue.entry(1).result.name == "clip.webm"
    assert [each.number for each in queue.entries] == [1, 2, 3]


def test_one_that_fails_says_why_and_holds_nobody_up(queue, apart, until, tmp_path):
    apart.go.set()
    apart.error = "is broken"
    failing = dropped(queue)
    until(lambda: failing.state == "failed")
    assert failing.error == "clip.mkv is broken"
    apart.error = None
    (tmp_path / "videos").touch()
    other = dropped(queue)
    until(lambda: other.state == "failed")
    assert str(tmp_path / "videos") in other.error
    (tmp_path / "videos").unlink()
    last = dropped(queue)
    until(lambda: last.state == "done")


def test_a_result_that_cannot_be_put_away_is_kept_and_moved_later(queue, apart, until, tmp_path):
    apart.go.set()
    (tmp_path / "videos").touch()
    entries = [dropped(queue), dropped(queue)]
    until(lambda: [each.state for each in entries] == ["failed"] * 2)
    assert f"clip.mp4 is made, and cannot be put into {tmp_path / 'videos'} (File exists)" in entries[0].error
    (tmp_path / "videos").unlink()
    queue.start(1, FileLook())
    queue.start(2, FileLook("red"))
    until(lambda: [each.state for each in queue.entries] == ["done"] * 2)
    assert [apart.begun.count(str(each.source)) for each in entries] == [1, 2]  # another look is other work
    assert queue.entry(1).frames == 2
    assert queue.entry(1).notices == ("clip.mkv: a notice",)
    assert queue.entry(1).result.read_text() == str(entries[0].source)
    assert not (entries[0].source.parent / "result").exists()


def test_why_it_cannot_be_put_away_is_told_whatever_the_error(queue, apart, until, monkeypatch):
    def refuse(made, folder):
        raise MediaError(f"{folder} is in the way", remedy="remove it")

    monkeypatch.setattr("streammatte.batch.queue.put_away", refuse)
    apart.go.set()
    entry = dropped(queue)
    until(lambda: entry.state == "failed")
    assert "is in the way; remove it)" in entry.error


def test_removed_it_is_gone_with_its_file_and_its_result_stays(queue, apart, until, tmp_path):
    working, coming = dropped(queue), queue.add("other.mp4", None, FileLook())
    until(lambda: apart.at_once == 1)
    queue.remove(working.number)
    queue.remove(coming.number)
    assert queue.entries == []
    until(lambda: not working.source.parent.exists())
    assert not coming.source.parent.exists()
    apart.go.set()
    done = dropped(queue)
    until(lambda: done.state == "done")
    queue.remove(done.number)
    assert not done.source.parent.exists()
    assert done.result.exists()
    with pytest.raises(UsageError, match="no file 3 any more; drop it again"):
        queue.remove(3)


def test_what_is_on_its_way_cannot_be_started_twice(queue, apart, until):
    entry = dropped(queue)
    until(lambda: apart.at_once == 1)
    for look in (None, FileLook()):
        with pytest.raises(UsageError, match=r"clip\.mkv is working; stop it first"):
            queue.start(entry.number, look)


@pytest.mark.parametrize("suffix", [".mp4", ".mov"])
def test_the_result_is_the_same_as_the_commands(write_clip, probe, until, tmp_path, suffix):
    clip = write_clip("clip.mkv", 6, sounds=[("aac", 0, "eng")])
    queue = FileQueue(tmp_path / "spool", tmp_path / "videos", tmp_path / "pictures")
    try:
        entry = queue.add("clip.mkv", None, FileLook("#204060", 0, ("shrink:1",), suffix=suffix))
        entry.source.write_bytes(clip.read_bytes())
        queue.start(entry.number)
        out = tmp_path / f"out{suffix}"
        background = "#204060" if suffix == ".mp4" else "none"
        command = [sys.executable, "-m", "streammatte", "video", clip, out, "--bg", background, "--filter", "shrink:1"]
        subprocess.run(command, check=True, capture_output=True)
        until(lambda: entry.state not in ("waiting", "working"), 60)
        assert entry.state == "done", entry.error
        assert entry.frames == 6
        assert entry.glimpses >= 1
        made, expected = probe(entry.result), probe(out)
        assert (made.codec, made.pixels, made.times) == (expected.codec, expected.pixels, expected.times)
        assert [track.packets for track in made.tracks] == [track.packets for track in expected.tracks]
        for one, other in zip(made.frames, expected.frames, strict=True):
            assert [bytes(plane) for plane in one.planes] == [bytes(plane) for plane in other.planes]
    finally:
        queue.close()


def test_a_photo_is_the_same_as_the_commands(until, tmp_path):
    photo = tmp_path / "photo.jpg"
    cv2.imwrite(str(photo), np.random.default_rng(0).integers(0, 256, (48, 64, 3), np.uint8))
    queue = FileQueue(tmp_path / "spool", tmp_path / "videos", tmp_path / "pictures")
    try:
        entry = queue.add("photo.jpg", None, FileLook("navy", 0))
        entry.source.write_bytes(photo.read_bytes())
        queue.start(entry.number)
        command = [sys.executable, "-m", "streammatte", "image", photo, tmp_path / "out.png", "--bg", "navy"]
        subprocess.run(command, check=True, capture_output=True)
        until(lambda: entry.state not in ("waiting", "working"), 60)
        assert entry.glimpses == 1
        assert entry.result.read_bytes() == (tmp_path / "out.png").read_bytes()
    finally:
        queue.close()


def test_a_file_that_is_no_video_fails_with_the_commands_own_words(until, tmp_path):
    queue = FileQueue(tmp_path / "spool", tmp_path / "videos", tmp_path / "pictures")
    try:
        entry = queue.add("notes.mp4", None, FileLook())
        entry.source.write_text("these are my notes")
        queue.start(entry.number)
        until(lambda: entry.state == "failed", 60)
        assert entry.error.startswith("notes.mp4 ")
        assert str(tmp_path) not in entry.error
    finally:
        queue.close()
