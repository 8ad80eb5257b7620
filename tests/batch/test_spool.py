from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from streammatte.batch.spool import Spool, plain_name, put_away


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("My é holiday (2).MOV", "My é holiday (2).mov"),
        ("../../etc/passwd.mp4", "passwd.mp4"),
        ("C:\\Users\\me\\clip.mp4", "clip.mp4"),
        ("/", "file"),
        ("..", "file"),
        (".hidden.mp4", "hidden.mp4"),
        ("-rf.mp4", "rf.mp4"),
        ("a\0b\n\x1b[31mc:d*.mp4", "a-b-[31mc-d-.mp4"),
        ("\ud800.mp4", "file.mp4"),
        (f"{'é' * 300}.mp4", f"{'é' * 90}.mp4"),
        (" . .mp4", "file.mp4"),
        ("", "file"),
        (f"clip.{'x' * 300}", f"clip.{'x' * 15}"),
    ],
)
def test_a_name_leads_nowhere_else(tmp_path, name, plain):
    assert plain_name(name) == plain
    (tmp_path / plain_name(name)).touch()
    assert len(list(tmp_path.iterdir())) == 1


def test_its_folders_are_this_users_own_and_gone_at_the_end(tmp_path):
    spool = Spool(tmp_path / "a" / "b")
    assert spool.room() > 0
    assert not (tmp_path / "a").exists()
    one, other = spool.folder(), spool.folder()
    assert one != other
    (one / "clip.mp4").touch()
    if sys.platform != "win32":
        assert all(os.stat(each).st_mode & 0o077 == 0 for each in (one, other, one.parent))  # noqa: PTH116
    spool.close()
    spool.close()
    assert list((tmp_path / "a" / "b").iterdir()) == []


KILLED = """
import os, sys
from pathlib import Path
from streammatte.batch.spool import Spool
spool = Spool(Path(sys.argv[1]))
(spool.folder() / "clip.mp4").touch()
os._exit(9)
"""


def test_what_a_killed_one_left_is_removed_and_a_living_ones_is_not(tmp_path):
    living = Spool(tmp_path)
    kept = living.folder()
    (tmp_path / "somebody else's").mkdir()
    assert subprocess.run([sys.executable, "-c", KILLED, tmp_path]).returncode == 9
    assert len(list(tmp_path.glob("*/*/clip.mp4"))) == 1
    Spool(tmp_path)
    assert set(tmp_path.iterdir()) == {kept.parent, tmp_path / "somebody else's"}


def test_nothing_is_put_over_what_is_there(tmp_path):
    folder = tmp_path / "videos" / "streammatte"
    made = tmp_path / "clip.mp4"
    paths = []
    for text in ("one", "two", "three"):
        made.write_text(text)
        paths.append(put_away(made, folder))
    assert [path.name for path in paths] == ["clip.mp4", "clip-2.mp4", "clip-3.mp4"]
    assert [path.read_text() for path in paths] == ["one", "two", "three"]
    assert not made.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="it has no such marks")
def test_nfs_marks_only_what_is_open_for_writing(tmp_path, monkeypatch):
    import fcntl

    flock = fcntl.flock

    def as_on_nfs(descriptor, operation):
        if operation & fcntl.LOCK_EX and fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY:
            raise OSError(9, "Bad file descriptor")
        flock(descriptor, operation)

    monkeypatch.setattr("fcntl.flock", as_on_nfs)
    spool = Spool(tmp_path)
    assert spool.folder().is_dir()
    spool.close()
    assert list(tmp_path.iterdir()) == []


def test_another_file_system_is_copied_to(tmp_path, monkeypatch):
    replace = os.replace

    def refuse(made, path):
        if made.parent != path.parent:
            raise OSError(18, "Invalid cross-device link")
        replace(made, path)

    monkeypatch.setattr("os.replace", refuse)
    copyfile, meanwhile = shutil.copyfile, []

    def watched(made, path):
        meanwhile.append(sorted(each.name for each in (tmp_path / "videos").iterdir()))
        copyfile(made, path)

    monkeypatch.setattr("shutil.copyfile", watched)
    for name in ("clip.mp4", "clip-2.mp4"):
        (tmp_path / "clip.mp4").write_text(name)
        path = put_away(tmp_path / "clip.mp4", tmp_path / "videos")
        assert (path.name, path.read_text()) == (name, name)
        assert not (tmp_path / "clip.mp4").exists()
    # What a kill would leave has a temporary name.
    assert meanwhile == [[".clip.1.partial.mp4"], [".clip-2.1.partial.mp4", "clip.mp4"]]
    monkeypatch.setattr("shutil.copyfile", lambda *_: refuse(Path("a/b"), Path("c")))
    (tmp_path / "clip.mp4").write_text("three")
    with pytest.raises(OSError, match="cross-device"):
        put_away(tmp_path / "clip.mp4", tmp_path / "videos")
    assert (tmp_path / "clip.mp4").read_text() == "three"
    assert sorted(path.name for path in (tmp_path / "videos").iterdir()) == ["clip-2.mp4", "clip.mp4"]
