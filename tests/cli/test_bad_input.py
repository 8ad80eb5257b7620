"""Whatever is wrong with what the user gives: one line that helps, an exit code, and nothing half-written or lost."""

from __future__ import annotations

import re

import pytest

LONG = 300 * "x"

CASES = {
    # name: (arguments after "video", exit code, what was wrong, what to do or what was expected)
    "missing file": ("gone.mp4 out.mp4", 1, r"gone\.mp4 does not exist", "check the name"),
    "empty file": ("empty.mp4 out.mp4", 1, r"empty\.mp4 is empty", "expected a video.*again"),
    "text file": ("text.mp4 out.mp4", 1, r"text\.mp4", "expected"),
    "truncated video": ("truncated.mp4 out.mp4", 1, r"truncated\.mp4", "again"),
    "folder": (". out.mp4", 2, r"out\.mp4 is no folder", "expected one for several videos"),
    "no video stream": ("sound.mp4 out.mp4", 1, r"sound\.mp4", "expected"),
    "folder of the output missing": ("clip.mp4 none/out.mp4", 1, "no folder none", "make it first"),
    "folder without videos": ("folder out", 1, "folder holds no videos", r"expected files that end in one of .*\.mp4"),
    "two outputs of one name in a folder": (
        "a/clip.mp4 clip.mp4 folder",
        2,
        "over another output",
        "another folder",
    ),
    "folder of the input": ("clip.mp4 text.mp4 .", 2, r"clip\.mp4 would be written over an input", "another folder"),
    "output under a file": ("clip.mp4 text.mp4/out.mp4", 1, "cannot be written", "choose a folder|make it first"),
    "output is the input": ("clip.mp4 ./clip.mp4", 2, r"clip\.mp4 is the input", "another name"),
    "output is the input under another name": ("clip.mp4 link.mp4", 2, "is the input", "another name"),
    "alpha over the input": ("clip.mp4 out.mp4 --alpha-out clip.mp4", 2, "is the input", "another name"),
    "two outputs of one name": ("clip.mp4 out.mp4 --alpha-out out.mp4", 2, "over another output", "a name of its own"),
    "output over the background": ("clip.mp4 back.mp4 --bg back.mp4", 2, "over an input", "a name of its own"),
    "impossible container": ("clip.mp4 out.xyz", 2, r"cannot write \.xyz", r"expected one of \.mp4"),
    "no suffix": ("clip.mp4 out", 2, "without a suffix", r"expected one of \.mp4"),
    "alpha that the container cannot carry": ("clip.mp4 out.mp4 --bg none", 2, "cannot be transparent", r"write \.mov"),
    "background missing": ("clip.mp4 out.mp4 --bg beach.jpg", 2, "beach.jpg: there is no such file", "expected"),
    "background unreadable": ("clip.mp4 out.mp4 --bg text.jpg", 1, r"text\.jpg", "expected a picture"),
    "background broken": ("clip.mp4 out.mp4 --bg truncated.mp4", 1, r"truncated\.mp4", "again"),
    "background a folder without pictures": ("clip.mp4 out.mp4 --bg folder", 1, "no picture in the folder", "expected"),
    "background no colour": ("clip.mp4 out.mp4 --bg #12345", 2, "#12345", "#rrggbb"),
    "blur too strong": ("clip.mp4 out.mp4 --bg blur:4000", 2, "4000", "expected 0"),
    "blur no number": ("clip.mp4 out.mp4 --bg blur:much", 2, "much", "number"),
    "unknown filter": ("clip.mp4 out.mp4 --filter blurr", 2, "no filter 'blurr'", "did you mean 'blur'"),
    "unknown parameter": ("clip.mp4 out.mp4 --filter blur:power=3", 2, "no parameter 'power'", "takes strength"),
    "unknown option": ("clip.mp4 out.mp4 --bgg x", 2, "No such option", "--help"),
    "a name with a dash": ("-clip.mp4 out.mp4", 2, "No such option", "name that begins with a dash goes after '--'"),
    "standard input into a folder": ("- clip.mp4 folder", 2, "standard input is one video", "name that as OUT"),
    "address": ("http://localhost:9/clip.mp4 out.mp4", 1, "localhost:9/clip.mp4 cannot be read", "check it"),
    "no size of bare pictures": ("clip.mp4 out.mp4 --raw 64x48", 2, "'64x48' cannot be read", "1280x720@25"),
    "input of too long a name": (f"{LONG}.mp4 out.mp4", 1, "cannot be read", "check the name"),
    "output of too long a name": (f"clip.mp4 {LONG}.mp4", 1, "cannot be written", "a shorter name"),
    "pictures of too long a name": (f"clip.mp4 {LONG}_%d.png", 1, "cannot be written", "a shorter name"),
    "background of too long a name": (f"clip.mp4 out.mp4 --bg {LONG}.jpg", 2, "too long", "a shorter one"),
    "no time": ("clip.mp4 out.mp4 --start soon", 2, "the time 'soon' cannot be read", "expected seconds or h:m:s"),
    "two ends": ("clip.mp4 out.mp4 --end 1 --duration 1", 2, "--end and --duration", "leave one of them out"),
    "end before start": ("clip.mp4 out.mp4 --start 2 --end 1", 2, "nothing from 2 s to 1 s", "expected a start"),
    "start after the end": ("clip.mp4 out.mp4 --start 0:05", 2, "nothing of it from 5 s on", "choose an earlier"),
    "alpha of another kind": (
        "clip.mp4 out_%d.png --alpha premultiplied",
        2,
        r"\.png is defined to hold straight alpha, not premultiplied",
        r"leave the kind out, or write \.mov, \.tif or \.exr",
    ),
    "alpha with a background": ("clip.mp4 out.mov --bg red --alpha straight", 2, "gets a background", "leave one of"),
    "unknown choice": ("clip.mp4 out.mp4 --smooth much", 2, "'much'", "'motion'.*--help"),
    "argument missing": ("clip.mp4", 2, "Missing argument 'IN...'", "--help"),
}


@pytest.fixture
def folder(tmp_path, make_clip, monkeypatch):
    monkeypatch.chdir(tmp_path)
    make_clip("clip.mp4")
    make_clip("back.mp4")
    make_clip("sound.mp4", video=False)
    (tmp_path / "truncated.mp4").write_bytes((tmp_path / "clip.mp4").read_bytes()[:1500])
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "text.mp4").write_text("Dear diary, today I filmed nothing.\n" * 50)
    (tmp_path / "text.jpg").write_text("no picture")
    (tmp_path / "out.mp4").write_bytes(b"an older result")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder.mp4").mkdir()
    (tmp_path / "link.mp4").symlink_to("clip.mp4")
    return tmp_path


def contents(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("case", CASES)
def test_one_line_that_helps_and_nothing_lost(case, folder, streammatte, loaded):
    arguments, code, wrong, remedy = CASES[case]
    before = contents(folder)

    result = streammatte("video", *arguments.split())

    (line,) = result.stderr.splitlines()
    assert re.match(f"streammatte: .*{wrong}.*", line), line
    assert re.search(remedy, line), line
    assert (result.exit_code, result.stdout) == (code, "")
    assert contents(folder) == before
    assert not loaded, "the network was loaded before the mistake was found"


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ("image gone.jpg out.png", 1, "gone.jpg does not exist; check"),
        ("image clip.mp4 out.png", 2, "clip.mp4 is no picture by its name; expected one of .* streammatte video"),
        ("image text.jpg out.png", 1, "text.jpg cannot be read as a picture; expected"),
        ("image folder out", 1, "folder holds no pictures; expected"),
        ("image photo.png photo.png", 2, "photo.png is the input itself; give"),
        ("image a/photo.png photo.png out", 2, "photo.png would be written over another output; rename"),
        ("image photo.png out.jpg --bg none", 2, r"out.jpg cannot be transparent; write .*\.png"),
        ("image photo.png out.mp4", 2, "out.mp4 is no picture by its name; expected"),
        ("image photo.png text.jpg text.mp4", 2, "text.mp4 is no folder; expected one for several pictures; give"),
    ],
)
def test_pictures_too(arguments, code, message, folder, streammatte, clip):
    import av

    (folder / "a").mkdir()
    with av.open(clip) as container:
        next(container.decode(video=0)).save("photo.png")
    (folder / "a" / "photo.png").write_bytes((folder / "photo.png").read_bytes())
    before = contents(folder)

    result = streammatte(*arguments.split())

    (line,) = result.stderr.splitlines()
    assert re.match(f"streammatte: .*{message}", line), line
    assert (result.exit_code, result.stdout) == (code, "")
    assert contents(folder) == before


def test_a_bug_still_shows_its_traceback(streammatte, monkeypatch, clip, tmp_path):
    def broken(*_, **__):
        raise RuntimeError("a bug")

    monkeypatch.setattr("streammatte.pipeline.run_chain", broken)
    with pytest.raises(RuntimeError, match="a bug"):
        streammatte("video", clip, tmp_path / "out.mp4")
    assert contents(tmp_path) == {clip: clip.read_bytes()}
