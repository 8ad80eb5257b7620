"""Backgrounds that replace the old one: a colour, a picture, nothing."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from streammatte import FilterError, Frame, Layers, MediaError, fitted, parse_filter
from streammatte_filters.colour import ColourBackground
from streammatte_filters.css import NAMES
from streammatte_filters.image import ImageBackground
from streammatte_filters.transparent import TransparentBackground

RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)


def layers_of(width, height):
    return Layers.of(Frame(np.full((height, width, 3), 128, np.uint8)), np.zeros((height, width), np.float32))


def quarters(width, height):
    """Black, red / green, blue."""
    rgb = np.zeros((height, width, 3), np.uint8)
    rgb[: height // 2, width // 2 :] = RED
    rgb[height // 2 :, : width // 2] = GREEN
    rgb[height // 2 :, width // 2 :] = BLUE
    return rgb


def write(path: Path, rgb):
    assert cv2.imwrite(str(path), rgb[..., ::-1])
    return path


def turned_jpeg(path: Path, rgb, orientation):
    """A JPEG file whose camera was held otherwise; the tag is written by hand."""
    data = cv2.imencode(".jpg", np.ascontiguousarray(rgb[..., ::-1]), [cv2.IMWRITE_JPEG_QUALITY, 100])[1].tobytes()
    entry = bytes([1, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0])  # tag 0x112, one short
    exif = b"Exif\0\0" + b"MM\0*\0\0\0\x08" + b"\0\x01" + entry + b"\0\0\0\0"
    path.write_bytes(data[:2] + b"\xff\xe1" + (len(exif) + 2).to_bytes(2, "big") + exif + data[2:])
    return path


@pytest.mark.parametrize(
    ("text", "colour"),
    [
        ("#ff8000", (255, 128, 0)),
        ("#F80", (255, 136, 0)),
        ("lime", GREEN),
        ("Grey", (128, 128, 128)),
        ("green", (0, 128, 0)),
        ("RebeccaPurple", (102, 51, 153)),
    ],
)
def test_colours(text, colour):
    background = ColourBackground(text)(layers_of(7, 5)).background
    assert (background.reshape(-1, 3) == colour).all()


@pytest.mark.parametrize("text", ["", "#12", "#gggggg", "ff0000", "purpleish", "#ff00000"])
def test_what_is_no_colour_is_refused(text):
    with pytest.raises(FilterError, match="expected #rrggbb"):
        ColourBackground(text)


def test_every_colour_of_css_has_its_name(ffmpeg):
    """FFmpeg has the same, but for a young one and two of an old draft; and it writes most greys in one way only."""
    listed = ffmpeg("ffmpeg", "-colors")
    differing = {"rebeccapurple": "#663399", "mediumpurple": "#9370db", "palevioletred": "#db7093"}
    expected = {**dict(line.lower().replace("grey", "gray").split() for line in listed.splitlines()[1:]), **differing}
    assert {name.replace("grey", "gray"): value for name, value in NAMES.items()} == expected
    assert len(NAMES) == 148


@pytest.mark.parametrize(
    ("text", "corners"),
    [
        ("red-blue", (RED, RED, BLUE, BLUE)),  # upper left, upper right, lower left, lower right
        ("red-blue,angle=0", (BLUE, BLUE, RED, RED)),
        ("red-blue,angle=90", (RED, BLUE, RED, BLUE)),
        ("red-#0f0-blue,angle=-90", (BLUE, RED, BLUE, RED)),
    ],
)
def test_a_gradient_runs_from_side_to_side(text, corners):
    background = parse_filter(f"gradient:{text}")(layers_of(640, 480)).background
    np.testing.assert_allclose(background[[0, 0, -1, -1], [0, -1, 0, -1]], corners, atol=1)
    middle = GREEN if "#0f0" in text else (128, 0, 128)
    np.testing.assert_allclose(background[240, 320], middle, atol=2)
    assert np.abs(np.diff(background.astype(int), axis=0)).max() <= 2


def test_a_slanted_gradient_reaches_its_colours_in_the_corners():
    background = parse_filter("gradient:white-black,angle=135")(layers_of(300, 200)).background[..., 0]
    assert (background[0, 0], background[-1, -1]) == (254, 1)  # in the middles of the two pixels
    assert (np.diff(background.astype(int), axis=0) <= 0).all()
    assert (np.diff(background.astype(int), axis=1) <= 0).all()


@pytest.mark.parametrize("text", ["red", "red-", "red-bleu", "-"])
def test_what_is_no_gradient_is_refused(text):
    with pytest.raises(FilterError, match="expected"):
        parse_filter(f"gradient:{text}")


def test_transparent_leaves_no_background():
    assert TransparentBackground()(layers_of(7, 5)).background is None


@pytest.mark.parametrize("size", [(100, 50), (50, 100), (200, 200), (99, 51), (400, 300)])
def test_cover_fills_the_frame_from_the_middle_and_keeps_the_aspect(size):
    picture = np.zeros((120, 160, 3), np.uint8)
    cv2.circle(picture, (80, 60), 30, (255, 255, 255), -1)
    result = fitted(picture, size)
    assert result.shape == (size[1], size[0], 3)
    y, x = np.nonzero(result[..., 0] > 127)
    scale = max(size[0] / 160, size[1] / 120)
    assert np.ptp(x) + 1 == pytest.approx(min(61 * scale, size[0]), abs=2)
    assert np.ptp(y) + 1 == pytest.approx(min(61 * scale, size[1]), abs=2)
    assert (x.mean(), y.mean()) == pytest.approx((size[0] / 2, size[1] / 2), abs=1.5)


@pytest.mark.parametrize("size", [(100, 50), (50, 100), (400, 300), (30, 90)])
def test_contain_shows_all_between_black_bars(size):
    result = fitted(np.full((120, 160, 3), 255, np.uint8), size, "contain")
    assert result.shape == (size[1], size[0], 3)
    scale = min(size[0] / 160, size[1] / 120)
    assert (result[..., 0] > 127).sum() == pytest.approx(160 * 120 * scale**2, rel=0.1)
    assert set(np.unique(result)) <= {0, 255}


@pytest.mark.parametrize("size", [(100, 50), (50, 100), (400, 300)])
def test_stretch_shows_all_of_it_everywhere(size):
    result = fitted(quarters(160, 120), size, "stretch")
    assert result.shape == (size[1], size[0], 3)
    np.testing.assert_array_equal(result[[2, 2, -3, -3], [2, -3, 2, -3]], [(0, 0, 0), RED, GREEN, BLUE])


def test_a_picture_of_the_frames_size_is_shown_as_it_is(tmp_path):
    rgb = np.random.default_rng(7).integers(0, 256, (48, 64, 3), np.uint8)
    image = ImageBackground(write(tmp_path / "a.png", rgb))
    np.testing.assert_array_equal(image(layers_of(64, 48)).background, rgb)


def test_it_is_fitted_once_for_all_frames(tmp_path):
    image = ImageBackground(write(tmp_path / "a.png", quarters(64, 48)))
    layers = layers_of(32, 32)
    assert image(layers).background is image(layers).background
    assert image(layers_of(16, 32)).background.shape == (32, 16, 3)


@pytest.mark.parametrize(("orientation", "corner"), [(1, RED), (3, GREEN), (6, (0, 0, 0)), (8, BLUE)])
def test_it_is_turned_as_the_camera_says(tmp_path, orientation, corner):
    image = ImageBackground(turned_jpeg(tmp_path / "a.jpg", quarters(64, 48), orientation))
    size = (64, 48) if orientation in (1, 3) else (48, 64)
    background = image(layers_of(*size)).background
    np.testing.assert_allclose(background[4, -5], corner, atol=6)  # the upper right one


@pytest.mark.parametrize("depth", [np.uint8, np.uint16])
def test_what_is_transparent_in_it_is_laid_over_black(tmp_path, depth):
    full = np.iinfo(depth).max
    bgra = np.zeros((20, 30, 4), depth)
    bgra[..., 2] = full  # red
    bgra[:, 10:20, 3], bgra[:, 20:, 3] = full // 2, full
    cv2.imwrite(str(tmp_path / "a.png"), bgra)
    background = ImageBackground(tmp_path / "a.png")(layers_of(30, 20)).background
    np.testing.assert_allclose(background[0, [5, 15, 25]], [(0, 0, 0), (127, 0, 0), RED], atol=1)


def test_a_grey_picture_is_a_picture(tmp_path):
    cv2.imwrite(str(tmp_path / "a.png"), np.full((20, 30), 77, np.uint8))
    assert (ImageBackground(tmp_path / "a.png")(layers_of(30, 20)).background == 77).all()


@pytest.mark.parametrize("content", [None, b"", b"no picture at all", b"\x89PNG\r\n\x1a\n and then nothing"])
def test_what_cannot_be_read_is_refused_at_once_by_name(tmp_path, content):
    path = tmp_path / "beach.jpg"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(MediaError, match=r"beach\.jpg.*expected a picture"):
        ImageBackground(path)


def test_a_folder_is_refused_by_name(tmp_path):
    with pytest.raises(MediaError, match="expected a picture"):
        ImageBackground(tmp_path)
