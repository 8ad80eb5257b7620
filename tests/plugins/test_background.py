from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from streammatte.errors import FilterError, MediaError, UsageError
from streammatte.plugins.background import Background, without_folders
from streammatte.plugins.text import parse_filter
from streammatte.stages import close_all


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("rooms").mkdir()
    Path("bare").mkdir()
    for name in ("beach.jpg", "red", "blur", "none", "rooms/b.PNG", "rooms/a.webp", "rooms/notes.txt"):
        cv2.imwrite("picture.png", np.zeros((4, 4, 3), np.uint8))
        Path("picture.png").replace(name)
    return tmp_path


@pytest.mark.parametrize(
    ("text", "kind", "reads"),
    [
        ("beach.jpg", "picture", True),
        ("gone.JPEG", "picture", True),
        ("gone.mp4", "video", True),
        ("red", "video", True),  # a file of this name goes before the colour
        ("green", "colour", False),
        ("#336699", "colour", False),
        ("blur", "blur", False),  # and these words before a file
        ("blur:20", "blur", False),
        ("none", "none", False),
        ("gradient:navy-white", "gradient", False),
        ("blurred", "colour", False),
        ("rooms", "folder", True),
        ("", "folder", True),
        ("x" * 5000, "colour", False),
        ("a\0b", "colour", False),
    ],
)
def test_what_a_text_means(text, kind, reads, folder):
    background = Background.parse(text)
    assert (background.text, background.kind) == (text, kind)
    assert background.paths == ((Path(text),) if reads else ())


@pytest.mark.parametrize(
    ("text", "output", "told"),
    [
        (None, None, "blur, by default"),
        (None, "out.mp4", "blur, by default"),
        (None, "out.png", "none (transparent), by default"),
        ("none", "out.mov", "none (transparent)"),
        ("white", "out.png", "white"),
    ],
)
def test_the_output_chooses_where_nobody_does(text, output, told):
    assert str(Background.of(text, output and Path(output))) == told


@pytest.mark.parametrize("output", [None, Path("out.mp4")])
def test_what_cannot_be_transparent_says_what_to_do(output):
    with pytest.raises(UsageError, match="cannot be transparent") as caught:
        Background.of("none", output)
    assert caught.value.remedy
    assert caught.value.subject == "none"


@pytest.mark.parametrize(
    ("text", "error"),
    [("gone.jpg", UsageError), ("grue", UsageError), ("gradient:navy-nay", FilterError), ("bare", MediaError)],
)
def test_what_is_no_background_is_refused_by_its_text(text, error, folder):
    with pytest.raises(error, match=text.split("-")[-1]) as caught:
        Background.parse(text).filters(decontaminate=True)
    assert caught.value.subject == text


def test_what_moves_is_played(folder):
    from streammatte_filters.image import ImageBackground
    from streammatte_filters.video import VideoBackground

    animation = cv2.Animation()
    animation.frames, animation.durations = [np.zeros((8, 8, 4), np.uint8), np.full((8, 8, 4), 255, np.uint8)], [40, 40]
    cv2.imwriteanimation("moving.webp", animation)
    cv2.imwriteanimation("moving.gif", animation)
    cv2.imwrite("still.webp", np.zeros((4, 4, 3), np.uint8))
    for text, kind in (
        ("moving.webp", VideoBackground),
        ("moving.gif", VideoBackground),
        ("rooms", VideoBackground),
        ("still.webp", ImageBackground),
    ):
        (made,) = Background.parse(text).filters(decontaminate=False, fit="stretch", end="hold")
        assert isinstance(made, kind)


@pytest.mark.parametrize("text", ["gone.mp4", "white", "blur", "rooms", "beach.jpg"])
def test_what_does_not_end_is_refused_where_its_end_is_asked_for(text, folder):
    with pytest.raises(UsageError, match=f"--bg {text} does not say when it ends; expected a video"):
        _ = Background.parse(text).duration_s


def test_a_mistaken_colour_is_told_all_names(folder):
    with pytest.raises(
        UsageError, match=r"no such file, and 'grue' is no colour; .*aliceblue, .*yellowgreen; or a picture"
    ):
        Background.parse("grue").filters(decontaminate=False)


@pytest.mark.parametrize(("text", "count"), [("blur:5", 1), ("white", 2), ("beach.jpg", 2)])
def test_only_a_blur_keeps_the_old_colours(text, count, folder):
    assert len(Background.parse(text).filters(decontaminate=True)) == count
    assert len(Background.parse(text).filters(decontaminate=False)) == 1


def test_a_folder_stands_for_its_pictures(folder):
    inside = [str(Path("rooms", name)) for name in ("a.webp", "b.PNG")]
    assert without_folders(["blur", "rooms", "white"]) == ["blur", *inside, "white"]
    with pytest.raises(UsageError, match=r"--bg bare: there is no picture in this folder; expected \.bmp"):
        without_folders(["bare"])


def test_a_folder_that_may_not_be_read_is_named(tmp_path, monkeypatch):
    def refuse(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("pathlib.Path.iterdir", refuse)
    with pytest.raises(MediaError, match=r"this folder cannot be read \(Permission denied\); check its permissions"):
        without_folders([str(tmp_path)])


def test_hidden_files_of_a_folder_are_no_slides(tmp_path):
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((4, 4, 3), np.uint8))
    (tmp_path / "._a.png").write_bytes(b"what macOS leaves on other disks")
    assert without_folders([str(tmp_path)]) == [str(tmp_path / "a.png")]
    close_all([parse_filter(f"video:{tmp_path}")])
