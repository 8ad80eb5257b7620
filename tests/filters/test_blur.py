"""The blurred background: against a slow version of its definition, and against what people complain of."""

import cv2
import numpy as np
import pytest

from streammatte import FilterError, Frame, Layers, over
from streammatte_filters.blur import BackgroundBlur


def figure(width, height, soft):
    """Head and shoulders; `soft` is the deviation of the edge in pixels."""
    alpha = np.zeros((height, width), np.float32)
    cv2.circle(alpha, (width // 2, height // 2), height // 5, 1.0, -1)
    cv2.ellipse(alpha, (width // 2, height), (height // 2, height // 3), 0, 0, 360, 1.0, -1)
    return cv2.GaussianBlur(alpha, (0, 0), soft)


def room(width, height):
    coarse = np.random.default_rng(6).integers(0, 256, (24, 42, 3), np.uint8)
    return cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)


def slow_blur(rgb, alpha, deviation):
    """Normalised convolution in float64; also the weight near each pixel."""
    height, width = alpha.shape
    covered = np.pad(alpha.astype(np.float64).reshape(height // 2, 2, width // 2, 2).mean((1, 3)), 1)
    visible = np.empty((height, width))
    for y, x in np.ndindex(height, width):
        visible[y, x] = max(0, 1 - 8 * covered[y // 2 : y // 2 + 3, x // 2 : x // 2 + 3].max())
    margin = 14
    colours = np.pad(rgb.astype(np.float64), ((margin, margin), (margin, margin), (0, 0)), mode="symmetric")
    visible = np.pad(visible, margin, mode="symmetric")
    offset = np.arange(-margin, margin + 1)
    kernel = np.exp(-(offset[:, None] ** 2 + offset**2) / (2 * deviation**2))
    kernel /= kernel.sum()
    blurred, weights = np.empty(rgb.shape), np.empty(alpha.shape)
    for y, x in np.ndindex(height, width):
        window = np.s_[y : y + 2 * margin + 1, x : x + 2 * margin + 1]
        weight = kernel * visible[window]
        weights[y, x] = weight.sum()
        blurred[y, x] = (weight[..., None] * colours[window]).sum((0, 1)) / max(weights[y, x], 1e-9)
    return blurred, weights


def test_it_is_a_normalised_convolution():
    rgb, alpha = room(96, 64), figure(96, 64, 1.0)
    blurred = BackgroundBlur(100)(Layers.of(Frame(rgb), alpha)).background
    expected, weights = slow_blur(rgb, alpha, 0.05 * 64)
    near = weights > 0.1
    assert near.mean() > 0.5
    difference = np.abs(blurred - expected)[near]
    assert difference.max() < 4
    assert difference.mean() < 0.6


@pytest.mark.parametrize("strength", [20, 40, 100])
@pytest.mark.parametrize("soft", [1, 3, 6])
def test_a_white_figure_on_black_does_not_glow(strength, soft):
    alpha = figure(1280, 720, soft)
    rgb = np.rint(np.repeat(255 * alpha[..., None], 3, axis=2)).astype(np.uint8)
    layers = Layers.of(Frame(rgb), alpha)
    assert BackgroundBlur(strength)(layers).background.max() <= 4
    seen = (1 - alpha[..., None]) * BackgroundBlur(strength, "lens")(layers).background
    assert seen.max() <= 7
    assert seen[alpha < 0.05].max() <= 4


def test_the_hole_behind_the_person_is_filled_with_the_colours_around():
    alpha = figure(640, 360, 1)
    red, wall = (np.full((360, 640, 3), colour, np.uint8) for colour in ((255, 0, 0), (40, 120, 200)))
    background = BackgroundBlur(10)(Layers.of(Frame(over(red, alpha, wall)), alpha)).background.astype(int)
    assert abs(background - wall)[alpha == 1].max() <= 2


@pytest.mark.parametrize("strength", [40, 80])
def test_behind_a_lens_a_light_becomes_an_even_disc_of_the_same_deviation(strength):
    rgb, nobody = np.zeros((720, 1280, 3), np.uint8), np.zeros((720, 1280), np.float32)
    rgb[352:368, 632:648] = 255
    disc = BackgroundBlur(strength, "lens")(Layers.of(Frame(rgb), nobody)).background[..., 0].astype(float)
    radius_px = 2 * strength / 100 * 0.05 * 720
    y, x = np.indices(disc.shape)
    distance = np.hypot(x - 639.5, y - 359.5)
    inside = disc[distance < radius_px - 14]
    assert inside.min() > 0.9 * inside.max()
    assert disc[distance > radius_px + 14].max() < 0.1 * inside.max()
    soft = BackgroundBlur(strength)(Layers.of(Frame(rgb), nobody)).background
    assert inside.max() > 2 * soft.max()


def test_a_lens_leaves_one_colour_as_it_is():
    wall = np.full((360, 640, 3), (40, 120, 200), np.uint8)
    blurred = BackgroundBlur(60, "lens")(Layers.of(Frame(wall), figure(640, 360, 1))).background
    assert np.abs(blurred.astype(int) - wall).max() <= 1


def test_a_picture_without_background_does_not_break_it():
    rgb = room(64, 48)
    background = BackgroundBlur()(Layers.of(Frame(rgb), np.ones((48, 64), np.float32))).background
    assert abs(background.mean((0, 1)) - rgb.mean((0, 1))).max() < 1


def test_the_look_is_the_same_at_any_size():
    pictures = [
        BackgroundBlur(40)(Layers.of(Frame(room(width, height)), figure(width, height, height / 360))).composite.rgb
        for width, height in ((640, 360), (1920, 1080))
    ]
    small, large = pictures[0], cv2.resize(pictures[1], (640, 360), interpolation=cv2.INTER_AREA)
    assert np.abs(small.astype(int) - large).mean() < 1


def test_a_replaced_background_is_blurred_whole():
    frame, alpha, beach = Frame(np.zeros((360, 640, 3), np.uint8)), np.ones((360, 640), np.float32), room(640, 360)
    edited = BackgroundBlur(60)(Layers(frame, alpha, frame.rgb, beach))
    expected = cv2.GaussianBlur(beach, (0, 0), 0.6 * 0.05 * 360)
    assert np.abs(edited.background.astype(int) - expected).mean() < 1


def test_strength_0_changes_nothing():
    layers = Layers.of(Frame(room(64, 48)), figure(64, 48, 1))
    assert BackgroundBlur(0)(layers) is layers


@pytest.mark.parametrize("strength", [-1, 101, float("nan")])
def test_an_impossible_strength_is_refused(strength):
    with pytest.raises(FilterError, match="expected 0"):
        BackgroundBlur(strength)
