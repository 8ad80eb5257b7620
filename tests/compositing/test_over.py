"""Composites against the equation itself, in float64."""

import cv2
import numpy as np
import pytest

from streammatte.compositing.band import Band, Bands
from streammatte.compositing.decontamination import estimate_foreground, own_colours
from streammatte.compositing.over import over, over_planes, premultiply
from streammatte.compositing.planes import Planes, planes_of
from streammatte.errors import ShapeError


@pytest.fixture
def pictures():
    random = np.random.default_rng(1)
    foreground, background = random.integers(0, 256, (2, 37, 53, 3), np.uint8)
    alpha = random.random((37, 53), np.float32)
    alpha[:5], alpha[5:10] = 0, 1
    return foreground, alpha, background


def slow_over(foreground, alpha, background):
    alpha = alpha.astype(np.float64)[..., None]
    return alpha * foreground + (1 - alpha) * background


def test_over_is_the_equation_rounded(pictures):
    result = over(*pictures)
    assert result.dtype == np.uint8
    # A little more than half a level: OpenCV divides by the sum of the weights plus 1e-5.
    np.testing.assert_allclose(result, slow_over(*pictures), atol=0.505)


def test_over_is_exact_where_alpha_is_0_or_1(pictures):
    foreground, _, background = pictures
    result = over(*pictures)
    np.testing.assert_array_equal(result[:5], background[:5])
    np.testing.assert_array_equal(result[5:10], foreground[5:10])


def test_a_picture_over_itself_is_itself(pictures):
    foreground, alpha, _ = pictures
    assert over(foreground, alpha, foreground) is foreground


def test_over_takes_pictures_that_are_views(pictures):
    foreground, alpha, background = pictures
    views = foreground[::-1, :, ::-1], alpha[:, ::-1], background[:, ::-1]
    copies = [np.ascontiguousarray(each) for each in views]
    np.testing.assert_array_equal(over(*views), over(*copies))


def test_premultiplying_is_laying_over_black(pictures):
    foreground, alpha, _ = pictures
    black = np.zeros_like(foreground)
    np.testing.assert_allclose(premultiply(foreground, alpha), slow_over(foreground, alpha, black), atol=0.501)


def planar(seed, size=(64, 48), low=0, high=256):
    coarse = np.random.default_rng(seed).integers(low, high, (size[1] // 8, size[0] // 8, 3), np.uint8)
    rgb = cv2.resize(coarse, size, interpolation=cv2.INTER_LINEAR)
    return rgb, Planes(*planes_of(rgb, size, 6, False), 6, False, lambda _: rgb)


def soft_disc(size=(64, 48)):
    levels = np.zeros((size[1], size[0]), np.uint8)
    cv2.circle(levels, (size[0] // 2, size[1] // 2), size[1] // 4, 255, -1)
    return cv2.GaussianBlur(levels, (0, 0), 2.5)


def bands_of(levels):
    return Bands.of(Band(levels), (levels.shape[1] // 2, levels.shape[0] // 2))


def test_planes_are_laid_over_planes_as_the_equation_says():
    (_, front), (_, back), levels = planar(1), planar(2), soft_disc()
    result = over_planes(front, bands_of(levels), (back.y, back.u, back.v))
    half = levels.reshape(24, 2, 32, 2).mean((1, 3))
    for name, alpha in (("y", levels / 255), ("u", half / 255), ("v", half / 255)):
        foreground, background = (getattr(each, name).astype(np.float64) for each in (front, back))
        expected = alpha * foreground + (1 - alpha) * background
        assert np.abs(getattr(result, name) - expected).max() <= 1, name


def test_planes_outside_the_soft_band_are_copies():
    (_, front), (_, back), levels = planar(1), planar(2), soft_disc()
    bands = bands_of(levels)
    result = over_planes(front, bands, (back.y, back.u, back.v), own_colours(front, bands))
    np.testing.assert_array_equal(result.y[levels == 255], front.y[levels == 255])
    np.testing.assert_array_equal(result.y[levels == 0], back.y[levels == 0])


def test_planes_are_decontaminated_as_pictures_are():
    size = 256, 192
    person, room, white = (np.full((192, 256, 3), colour, np.uint8) for colour in ((60, 90, 160), (30, 200, 40), 255))
    levels = soft_disc(size)
    alpha = (levels / 255).astype(np.float32)
    mixed = over(person, alpha, room)
    planes = Planes(*planes_of(mixed, size, 6, False), 6, False, lambda _: mixed)
    behind = planes_of(white, size, 6, False)
    bands = bands_of(levels)
    result = over_planes(planes, bands, behind, own_colours(planes, bands))
    expected = planes_of(over(estimate_foreground(mixed, alpha), alpha, white), size, 6, False)
    plain = over_planes(planes, bands, behind)
    for name, wanted in zip("yuv", expected, strict=True):
        assert np.abs(getattr(result, name).astype(int) - wanted).max() <= 4, name
    assert np.abs(plain.u.astype(int) - expected[1]).max() > 8  # so there was something to do


@pytest.mark.parametrize("change", [lambda alpha: alpha[::2, ::2], lambda alpha: np.uint8(255 * alpha), np.float64])
def test_an_alpha_of_another_kind_or_size_is_refused(pictures, change):
    foreground, alpha, background = pictures
    with pytest.raises(ShapeError, match=r"alpha is .*; expected"):
        over(foreground, change(alpha), background)
    with pytest.raises(ShapeError, match=r"alpha is .*; expected"):
        estimate_foreground(foreground, change(alpha))
