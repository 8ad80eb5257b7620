"""Layers: what filters edit, and what comes out when they are put together."""

from dataclasses import replace
from fractions import Fraction

import cv2
import numpy as np
import pytest

from streammatte import Backdrop, Frame, Layers
from streammatte.planes import Planes, planes_of


@pytest.fixture
def layers():
    random = np.random.default_rng(2)
    frame = Frame(random.integers(0, 256, (12, 16, 3), np.uint8), 7, Fraction(1, 30))
    return Layers.of(frame, random.random((12, 16), np.float32))


def test_without_a_filter_the_frame_comes_out_bit_for_bit(layers):
    assert layers.composite.rgb is layers.frame.rgb


def test_the_composite_keeps_its_time(layers):
    edited = replace(layers, background=np.zeros_like(layers.frame.rgb))
    assert (edited.composite.pts, edited.composite.time_base) == (7, Fraction(1, 30))


def test_alpha_is_applied_once_however_many_filters_there_were(layers):
    red = np.full_like(layers.frame.rgb, (255, 0, 0))
    edited = replace(replace(layers, background=red), background=red)
    alpha = layers.alpha[..., None]
    np.testing.assert_allclose(edited.composite.rgb, alpha * layers.frame.rgb + (1 - alpha) * red, atol=0.51)


def test_without_a_background_the_composite_is_on_black(layers):
    edited = replace(layers, background=None)
    black = replace(layers, background=np.zeros_like(layers.frame.rgb))
    difference = edited.composite.rgb.astype(int) - black.composite.rgb
    assert abs(difference).max() <= 1


def test_an_edit_of_edited_layers_is_composited_anew(layers):
    assert layers.composite is layers.composite
    black = np.zeros_like(layers.frame.rgb)
    assert replace(layers, foreground=black, background=black).composite.rgb.max() == 0


@pytest.fixture
def planar():
    """A frame that comes as planes, and a list of when it was made into R,G,B."""
    coarse = np.random.default_rng(4).integers(0, 256, (6, 8, 3), np.uint8)
    rgb, asked = cv2.resize(coarse, (64, 48)), []
    planes = Planes(*planes_of(rgb, (64, 48), 6, False), 6, False, lambda _: asked.append(1) or rgb)
    return Frame(planes, 7, Fraction(1, 30)), asked


def test_rgb_is_made_when_somebody_asks(planar):
    frame, asked = planar
    layers = Layers.of(frame, np.full((12, 16), 0.5, np.float32))
    assert layers.composite is frame
    shown = layers.decontaminated().with_background(Backdrop(np.full((1, 1, 3), 255, np.uint8), (64, 48))).composite
    assert (shown.planes is not None, shown.pts, shown.size) == (True, 7, (64, 48))
    assert not asked
    assert layers.foreground is layers.background is frame.rgb
    assert len(asked) == 1


@pytest.mark.parametrize("decontaminated", [False, True])
@pytest.mark.parametrize("background", [None, "red", "own"])
def test_planes_and_rgb_give_the_same_composite(planar, background, decontaminated):
    frame, _ = planar
    small = np.zeros((24, 32), np.float32)
    cv2.circle(small, (16, 12), 8, 1.0, -1)
    small = cv2.GaussianBlur(small, (0, 0), 1.5)
    composites = []
    for each in (frame, Frame(frame.rgb)):
        layers = Layers.of(each, small)
        layers = layers.decontaminated() if decontaminated else layers
        if background != "own":
            layers = layers.with_background(background and np.full((48, 64, 3), (255, 0, 0), np.uint8))
        picture = layers.composite.picture
        if isinstance(picture, Planes):
            picture = np.concatenate([picture.y.reshape(-1), picture.u.reshape(-1), picture.v.reshape(-1)])
        else:
            picture = np.concatenate([plane.reshape(-1) for plane in planes_of(picture, (64, 48), 6, False)])
        composites.append(picture.astype(int))
    assert np.abs(composites[0] - composites[1]).mean() < 1.0
    assert np.abs(composites[0] - composites[1]).max() < 24  # where chroma changes within two pixels


def test_colours_that_a_filter_has_made_are_laid_over_in_planes_too(planar):
    frame, _ = planar
    green = np.full((48, 64, 3), (20, 160, 60), np.uint8)
    layers = Layers.of(frame, np.full((48, 64), 0.5, np.float32)).with_background(green)
    found = layers.with_foreground(255 - frame.rgb).composite.planes
    expected = planes_of(np.rint(0.5 * (255 - frame.rgb) + 0.5 * green).astype(np.uint8), (64, 48), 6, False)
    for plane, wanted in zip((found.y, found.u, found.v), expected, strict=True):
        assert np.abs(plane.astype(int) - wanted).max() <= 2


def test_a_small_alpha_becomes_the_frames_size(planar):
    frame, _ = planar
    small = np.zeros((24, 32), np.float32)
    small[:, 16:] = 1
    layers = Layers.of(frame, small)
    assert layers.alpha.shape == (48, 64)
    assert np.abs(layers.levels - 255 * layers.alpha).max() <= 0.5
    assert (layers.alpha[:, :28] == 0).all()
    assert (layers.alpha[:, 36:] == 1).all()
    np.testing.assert_array_equal(layers.alpha_at((32, 24)), small)


def test_replace_of_dataclasses_works_too(planar):
    frame, _ = planar
    layers = Layers.of(frame, np.ones((48, 64), np.float32))
    black = np.zeros((48, 64, 3), np.uint8)
    assert replace(layers, background=black).background is black
    assert layers.with_background(black).background is black
    assert layers.keeps_background
    assert not layers.with_background(black).keeps_background
