"""Composites against the equation itself, in float64."""

import numpy as np
import pytest

from streammatte.compositing import over, premultiply


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
