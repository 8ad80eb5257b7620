from __future__ import annotations

import os
import subprocess
import sys

import cv2
import numpy as np
import pytest

PHOTO = np.zeros((40, 60, 3), np.uint8)
PHOTO[10:30, 20:40] = [40, 200, 255]  # as OpenCV has it, B,G,R; bright to the double
PHOTO[:, :, 0] += 30


@pytest.fixture
def photos(tmp_path):
    (tmp_path / "in").mkdir()
    for name in ("a.png", "b.bmp"):
        cv2.imwrite(str(tmp_path / "in" / name), PHOTO)
    return tmp_path / "in"


def read(path):
    return cv2.imread(str(path), cv2.IMREAD_UNCHANGED)


def test_a_png_has_straight_alpha_by_default(streammatte, photos, tmp_path):
    result = streammatte("image", photos / "a.png", tmp_path / "out.png")

    assert result.stdout.startswith(f"wrote {tmp_path}/out.png: 1 picture in ")
    assert "background: none (transparent), by default" in result.stdout
    bgra = read(tmp_path / "out.png")
    inside = PHOTO.mean(axis=2) > 127
    np.testing.assert_array_equal(bgra[..., 3], np.where(inside, 255, 0))
    np.testing.assert_array_equal(bgra[12:28, 22:38, :3], PHOTO[12:28, 22:38])


def test_another_background(streammatte, photos, tmp_path):
    streammatte("image", photos / "a.png", tmp_path / "out.png", "--bg", "#0000ff")
    result = read(tmp_path / "out.png")
    assert result.shape == (40, 60, 3)
    assert result[0, 0].tolist() == [255, 0, 0]


def test_one_bad_picture_of_several_does_not_stop_the_others(streammatte, photos, tmp_path):
    (photos / "aa.jpg").write_bytes(b"no picture")
    (photos / "c.png").touch()
    result = streammatte("image", photos, tmp_path / "out", "-q")
    assert sorted(path.name for path in (tmp_path / "out").glob("[!.]*")) == ["a.png", "b.png"]
    assert result.exit_code == 1
    first, second, last = result.stderr.splitlines()
    assert first.startswith(f"streammatte: {photos / 'aa.jpg'} cannot be read as a picture")
    assert second.startswith(f"streammatte: {photos / 'c.png'} is empty")
    assert last.startswith("streammatte: 2 of 4 pictures are not done; ")


def test_a_folder_and_several_pictures(streammatte, photos, loaded, tmp_path):
    for index, inputs in enumerate([[photos], [photos / "a.png", photos / "b.bmp"]]):
        out = tmp_path / f"out{index}"
        assert streammatte("image", *inputs, out).exit_code == 0
        assert sorted(path.name for path in out.glob("[!.]*")) == ["a.png", "b.png"]
        assert read(out / "b.png").shape == (40, 60, 4)
    assert len(loaded) == 2  # once a command, not once a picture


def test_a_filter_knows_nothing_of_the_picture_before(streammatte, tmp_path):
    left, right = np.s_[20:70, 10:50], np.s_[10:70, 150:190]
    for name, people in (("a.png", [left]), ("b.png", [left, right])):
        photo = np.zeros((80, 200, 3), np.uint8)
        for person in people:
            photo[person] = 255
        cv2.imwrite(str(tmp_path / name), photo)
    streammatte("image", tmp_path / "a.png", tmp_path / "b.png", tmp_path / "out", "--filter", "people:largest")
    alpha = read(tmp_path / "out" / "b.png")[..., 3]
    assert (alpha[left].max(), alpha[right].min()) == (0, 255)


def test_a_picture_that_a_filter_reads_is_not_overwritten(streammatte, photos, tmp_path):
    beach = tmp_path / "beach.png"
    beach.write_bytes((photos / "a.png").read_bytes())
    before = beach.read_bytes()
    slides = tmp_path / "slides"
    slides.mkdir()
    (slides / "one.png").write_bytes(before)
    for out, options in ((beach, ("--filter", f"image:{beach}")), (slides / "one.png", ("--bg", slides))):
        result = streammatte("image", photos / "b.bmp", out, *options)
        assert result.exit_code == 2
        assert "would be written over an input" in result.stderr
    assert beach.read_bytes() == (slides / "one.png").read_bytes() == before


@pytest.mark.skipif(sys.platform != "linux", reason="needs a file system that takes any bytes as a name")
def test_a_name_that_is_no_text(photos, tmp_path):
    name = os.fsdecode(b"caf\xe9.png")
    (photos / "a.png").rename(photos / name)
    command = [sys.executable, "-m", "streammatte", "image", photos / name, tmp_path / name]
    done = subprocess.run(command, capture_output=True, check=True, env=os.environ | {"PYTHONUTF8": "1"})
    assert rb"caf\udce9.png: 1 picture" in done.stdout
    stored = cv2.imdecode(np.frombuffer((tmp_path / name).read_bytes(), np.uint8), cv2.IMREAD_UNCHANGED)
    assert stored.shape == (40, 60, 4)


def test_a_suffix_is_for_several(streammatte, photos, tmp_path):
    result = streammatte("image", photos / "a.png", tmp_path / "out.png", "--suffix", ".webp")
    assert result.exit_code == 2
    assert "--suffix is for files that go into a folder" in result.stderr
