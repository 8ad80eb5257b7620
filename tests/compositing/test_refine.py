"""Refinements: against slow versions of the same equations, another library, and scenes whose truth is known."""

import cv2
import numpy as np
import pytest

from streammatte.compositing.decontamination import estimate_foreground
from streammatte.compositing.over import over
from streammatte.compositing.refine import upsample_alpha


def texture(seed, low, high, size=(640, 360)):
    """A picture with coarse and fine structure, its levels between `low` and `high`."""
    random = np.random.default_rng(seed)
    coarse = random.integers(low, high, (9, 16, 3), np.uint8)
    fine = random.normal(0, 6, (size[1], size[0], 3))
    return np.clip(cv2.resize(coarse, size, interpolation=cv2.INTER_CUBIC) + fine, 0, 255).astype(np.uint8)


def edge(size=(640, 360)):
    """A solid body with a wavy, nearly hard edge."""
    y, x = np.mgrid[: size[1], : size[0]]
    inside = x - size[0] / 2 + 40 * np.sin(y / 25) + 6 * np.sin(y / 3)
    return np.clip(inside / 2 + 0.5, 0, 1).astype(np.float32)


def hair(size=(640, 360)):
    """A solid body with soft strands of 1 to 3 pixels on it."""
    random, alpha = np.random.default_rng(5), np.zeros((size[1], size[0]), np.float32)
    centre = size[0] // 2, size[1]
    cv2.circle(alpha, centre, size[1] // 2, 1.0, -1)
    for angle, length in zip(random.uniform(np.pi, 2 * np.pi, 150), random.uniform(0.5, 0.9, 150), strict=True):
        tip = centre[0] + length * size[1] * np.cos(angle), centre[1] + length * size[1] * np.sin(angle)
        cv2.line(alpha, centre, (round(tip[0]), round(tip[1])), 1.0, int(random.integers(1, 3)), cv2.LINE_AA)
    return cv2.GaussianBlur(alpha, (0, 0), 0.8)


def small(alpha, factor=4):
    return cv2.resize(alpha, (alpha.shape[1] // factor, alpha.shape[0] // factor), interpolation=cv2.INTER_AREA)


def band(alpha):
    return (alpha > 0.02) & (alpha < 0.98)


def slow_mean(values):
    """Mean of 3x3 pixels, the picture mirrored at its border."""
    padded = np.pad(values, 1, mode="reflect")
    return np.array([[padded[y : y + 3, x : x + 3].mean() for x in range(values.shape[1])] for y in range(len(values))])


def slow_enlarge(values, factor):
    """Cubic convolution (Keys 1981, a = -0.75), the border repeated."""

    def kernel(t):
        t = abs(t)
        inner, outer = 1.25 * t**3 - 2.25 * t**2 + 1, -0.75 * (t**3 - 5 * t**2 + 8 * t - 4)
        return inner if t <= 1 else outer if t < 2 else 0.0

    def matrix(length):
        weights = np.zeros((length * factor, length))
        for row in range(length * factor):
            at = (row + 0.5) / factor - 0.5
            for near in range(int(np.floor(at)) - 1, int(np.floor(at)) + 3):
                weights[row, np.clip(near, 0, length - 1)] += kernel(at - near)
        return weights

    return matrix(values.shape[0]) @ values @ matrix(values.shape[1]).T


def slow_upsample(alpha, rgb):
    factor = rgb.shape[0] // alpha.shape[0]
    luma = np.rint(rgb @ [0.299, 0.587, 0.114])
    blocks = luma.reshape(alpha.shape[0], factor, alpha.shape[1], factor)
    guide, luma, alpha = np.rint(blocks.mean((1, 3))) / 255, luma / 255, alpha.astype(np.float64)
    covariance = slow_mean(guide * alpha) - slow_mean(guide) * slow_mean(alpha)
    slope = covariance / (slow_mean(guide**2) - slow_mean(guide) ** 2 + 1e-3)
    return np.clip(slow_enlarge(slope, factor) * luma + slow_enlarge(alpha - slope * guide, factor), 0, 1)


def test_upsampling_is_its_equations():
    size = 96, 64
    truth = edge(size)
    rgb = over(texture(1, 120, 250, size), truth, texture(2, 0, 90, size))
    # 2.5e-4 for the stretch that keeps 0 and 1 exact; the rest for levels that are rounded the other way.
    np.testing.assert_allclose(upsample_alpha(small(truth), rgb), slow_upsample(small(truth), rgb), atol=0.02)


def test_upsampling_finds_the_edge_of_the_picture():
    truth = edge()
    rgb = over(texture(1, 120, 250), truth, texture(2, 0, 90))
    bilinear = cv2.resize(small(truth), (640, 360))
    guided = upsample_alpha(small(truth), rgb)
    near = cv2.dilate(band(truth).astype(np.uint8), np.ones((9, 9))) > 0
    assert np.abs(guided - truth)[near].mean() < 0.5 * np.abs(bilinear - truth)[near].mean()


@pytest.mark.parametrize("colours", ["told apart", "alike"])
def test_upsampling_does_not_hurt_hair(colours):
    truth = hair()
    rgb = over(texture(1, 0, 70), truth, texture(2, 0, 70) if colours == "alike" else texture(2, 120, 250))
    bilinear = np.abs(cv2.resize(small(truth), (640, 360)) - truth)[band(truth)].mean()
    guided = np.abs(upsample_alpha(small(truth), rgb) - truth)[band(truth)].mean()
    assert guided < {"told apart": 0.7, "alike": 1.0}[colours] * bilinear


def test_upsampled_alpha_is_exactly_0_or_1_where_the_small_one_is():
    truth = edge()
    guided = upsample_alpha(small(truth), texture(3, 0, 255))
    assert guided.dtype == np.float32
    far = cv2.dilate(band(truth).astype(np.uint8), np.ones((41, 41))) == 0
    np.testing.assert_array_equal(guided[far], np.rint(truth[far]))
    assert guided.min() == 0
    assert guided.max() == 1


def test_an_alpha_of_the_frames_size_is_returned_as_it_is():
    alpha = edge()
    assert upsample_alpha(alpha, texture(1, 0, 255)) is alpha


def test_a_larger_alpha_is_averaged():
    alpha = edge()
    expected = alpha.reshape(90, 4, 160, 4).mean((1, 3))
    np.testing.assert_allclose(upsample_alpha(alpha, texture(1, 0, 255, (160, 90))), expected, atol=1e-5)


@pytest.mark.parametrize("seed", range(3))
def test_the_foregrounds_colour_is_found(seed):
    pymatting = pytest.importorskip("pymatting")
    foreground, alpha, background = texture(seed, 0, 100), hair(), texture(10 + seed, 80, 255)
    rgb = over(foreground, alpha, background)

    def error(estimate):
        return (alpha[..., None] * np.abs(estimate.astype(np.float64) - foreground))[band(alpha)].mean()

    ours = error(estimate_foreground(rgb, alpha))
    assert ours < 0.3 * error(rgb)
    # A method that takes fifty times as long, as a mark of what can be had.
    assert ours < 2 * error(255 * pymatting.estimate_foreground_ml(rgb / 255, alpha.astype(np.float64)))


def test_colours_outside_the_soft_band_are_left_alone():
    rgb, alpha = texture(1, 0, 255), hair()
    solid = (alpha == 0) | (alpha == 1)
    np.testing.assert_array_equal(estimate_foreground(rgb, alpha)[solid], rgb[solid])


@pytest.mark.parametrize("value", [0.0, 0.001, 0.5, 1.0])
@pytest.mark.parametrize("size", [(64, 48), (1, 1)])
def test_one_alpha_everywhere_leaves_the_picture_as_it_is(value, size):
    rgb = np.full((size[1], size[0], 3), (200, 100, 50), np.uint8)
    estimate = estimate_foreground(rgb, np.full((size[1], size[0]), value, np.float32))
    assert np.abs(estimate.astype(int) - rgb).max() <= 1
