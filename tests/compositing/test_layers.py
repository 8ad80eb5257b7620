"""Layers: what filters edit, and what comes out when they are put together."""

from dataclasses import replace
from fractions import Fraction

import cv2
import numpy as np
import pytest

from streammatte import Backdrop, Frame, Layers, parse_filter
from streammatte.compositing.planes import Planes, planes_of


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
    assert not layers.with_background(np.zeros((48, 64, 3), np.uint8)).keeps_background
    assert not asked
    assert layers.with_background(frame.rgb).keeps_background
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


def test_own_colours_are_the_same_in_a_composite_and_by_themselves(planar):
    frame, _ = planar
    small = cv2.GaussianBlur(np.float32(np.indices((24, 32))[1] > 15), (0, 0), 2)
    matte = Layers.of(frame, small)
    layers = matte.decontaminated().with_background(Backdrop(np.full((1, 1, 3), 255, np.uint8), (64, 48)))
    own, shown = layers.foreground_planes, layers.composite.planes
    assert np.abs(own.y.astype(int) - frame.planes.y).max() > 8
    weight = matte.levels / 255
    assert np.abs(shown.y - (weight * own.y + (1 - weight) * 235)).max() <= 0.51


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


def middle_of(picture):
    """The half of a picture around its middle, at its size: cut out, then enlarged."""
    height, width = picture.shape[:2]
    return cv2.resize(picture[height // 4 : -height // 4, width // 4 : -width // 4], (width, height))


INSIDE = np.s_[4:-4, 4:-4]  # at the border a cut-out picture has no neighbours


@pytest.mark.parametrize("steps", [1, 4])
def test_cropped_planes_are_each_cut_out_and_enlarged(planar, steps):
    frame, asked = planar
    wide = frame.picture.with_each(lambda plane: plane if steps == 1 else plane.astype(np.uint16) * 4)
    layers = Layers.of(frame.with_picture(wide), np.ones((48, 64), np.float32))
    cropped = layers.cropped(0.25, 0.25, 0.5)
    assert cropped.composite is cropped.frame
    assert cropped.frame.time == frame.time
    made = cropped.frame.planes
    for before, after in ((wide.y, made.y), (wide.u, made.u), (wide.v, made.v)):
        assert after.dtype == before.dtype
        assert np.abs(after.astype(int) - middle_of(before))[INSIDE].max() <= steps
    assert not asked


def test_cropping_takes_foreground_and_alpha_along_but_no_other_background(planar):
    frame, _ = planar
    alpha = cv2.resize(np.random.default_rng(5).random((6, 8), np.float32), (64, 48))
    layers = Layers.of(Frame(frame.rgb), alpha)
    edited = layers.with_foreground(255 - frame.rgb).with_background(Backdrop(frame.rgb // 2))
    cropped = edited.cropped(0.25, 0.25, 0.5)
    assert np.abs(cropped.alpha - middle_of(alpha))[INSIDE].max() < 0.02
    assert np.abs(cropped.foreground.astype(int) - middle_of(edited.foreground))[INSIDE].max() <= 3
    np.testing.assert_array_equal(cropped.background, frame.rgb // 2)
    assert layers.with_background(None).cropped(0.25, 0.25, 0.5).background is None


@pytest.mark.parametrize("look", ["blur", "blur:shape=lens", "spotlight"])
def test_a_background_made_of_the_frame_is_cropped_with_it(planar, look):
    frame, _ = planar
    alpha = np.zeros((48, 64), np.float32)
    alpha[16:32, 24:40] = 1
    real = replace(frame.planes, to_rgb=lambda planes: planes.at(planes.size))
    for each in (frame.with_picture(real), Frame(frame.rgb)):
        edited = parse_filter(look)(Layers.of(each, alpha))
        cropped = edited.cropped(0.25, 0.25, 0.5)
        assert np.abs(cropped.background.astype(int) - middle_of(edited.background))[INSIDE].mean() < 3


def test_a_shadow_moves_with_the_person_on_a_background_that_does_not(planar):
    frame, _ = planar
    alpha = np.zeros((48, 64), np.float32)
    alpha[16:32, 24:40] = 1
    grey = Layers.of(frame, alpha).with_background(np.full((48, 64, 3), 200, np.uint8))
    shadowed = parse_filter("shadow")(grey)
    cropped = shadowed.cropped(0.25, 0.25, 0.5)
    assert np.abs(cropped.background.astype(int) - middle_of(shadowed.background))[INSIDE].max() <= 3


def test_own_colours_of_a_part_are_found_in_it(planar):
    frame, _ = planar
    alpha = cv2.GaussianBlur(cv2.circle(np.zeros((48, 64), np.float32), (32, 24), 10, 1.0, -1), (0, 0), 3)
    layers = Layers.of(frame, alpha)
    here, there = (
        each.with_background(None).foreground
        for each in (layers.cropped(0.25, 0.25, 0.5).decontaminated(), layers.decontaminated().cropped(0.25, 0.25, 0.5))
    )
    np.testing.assert_array_equal(here, there)
