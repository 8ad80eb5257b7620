"""Smoothers: one contract for all, then what each promises, on drawn scenes whose alpha is known."""

from fractions import Fraction
from itertools import pairwise

import cv2
import numpy as np
import pytest

from streammatte import Frame
from streammatte.matting.smoothing import MotionSmoother, smoother
from streammatte.stages import Smoother

RATE = Fraction(30)


def texture(seed, size=(160, 120)):
    """A picture with soft structure, as a room has."""
    coarse = np.random.default_rng(seed).integers(40, 216, (12, 16, 3), np.uint8)
    return cv2.resize(coarse, size, interpolation=cv2.INTER_CUBIC)


def frame_of(rgb, index, rate=RATE, noise=2.0):
    shaken = rgb + np.random.default_rng(index).normal(0, noise, rgb.shape)
    return Frame(np.clip(np.rint(shaken), 0, 255).astype(np.uint8), index, 1 / rate)


def disc(x, size=(160, 120)):
    alpha = np.zeros((size[1], size[0]), np.float32)
    cv2.circle(alpha, (x, size[1] // 2), 30, 1.0, -1)
    return cv2.GaussianBlur(alpha, (0, 0), 1.5)


def flickering(alpha, index):
    """The alpha of a network that is unsure: coarse noise in every frame anew."""
    noise = np.random.default_rng(1000 + index).normal(0, 0.1, (15, 20)).astype(np.float32)
    return np.clip(alpha + cv2.resize(noise, alpha.shape[::-1]), 0, 1)


def flicker(alphas):
    return float(np.mean([np.abs(b - a).mean() for a, b in pairwise(alphas)]))


@pytest.mark.parametrize("name", ["motion"])
class TestEverySmoother:
    def test_it_is_one(self, name):
        assert isinstance(smoother(name), Smoother)

    @pytest.mark.parametrize("size", [(160, 120), (161, 119), (3, 2)])
    def test_shape_type_and_range(self, name, size):
        steady, random = smoother(name), np.random.default_rng(0)
        for index in range(5):
            frame = Frame(random.integers(0, 256, (size[1], size[0], 3), np.uint8), index, 1 / RATE)
            alpha = random.integers(0, 2, (size[1], size[0])).astype(np.float32)
            smooth = steady.smooth(alpha, frame)
            assert (smooth.shape, smooth.dtype) == (alpha.shape, np.float32)
            assert smooth.min() >= 0
            assert smooth.max() <= 1

    def test_the_first_frame_is_unchanged(self, name):
        alpha = flickering(disc(80), 0)
        np.testing.assert_array_equal(smoother(name).smooth(alpha, frame_of(texture(1), 0)), alpha)

    def test_neither_alpha_is_written_to(self, name):
        steady = smoother(name)
        alphas = [flickering(disc(80), index) for index in range(3)]
        copies = [alpha.copy() for alpha in alphas]
        results = [steady.smooth(alpha, frame_of(texture(1), index)) for index, alpha in enumerate(alphas)]
        first = results[1].copy()
        steady.smooth(alphas[0], frame_of(texture(1), 3))
        np.testing.assert_array_equal(alphas, copies)
        np.testing.assert_array_equal(results[1], first)

    @pytest.mark.parametrize("jump", ["reset", "cut", "size", "back in time", "pause", "no time"])
    def test_the_past_is_forgotten_at_a(self, name, jump):
        steady = smoother(name)
        for index in range(5):
            steady.smooth(disc(80), frame_of(texture(1), index))
        size = (200, 100) if jump == "size" else (160, 120)
        scene = 255 - texture(1, size) if jump == "cut" else texture(1, size)
        index = {"back in time": 0, "pause": 100, "no time": 4}.get(jump, 5)
        if jump == "reset":
            steady.reset()
        empty = np.zeros(size[::-1], np.float32)
        assert steady.smooth(empty, frame_of(scene, index)).max() == 0

    def test_its_strength_does_not_depend_on_the_frame_rate(self, name):
        left = []
        for rate in (Fraction(10), Fraction(60)):
            steady = smoother(name)
            steady.smooth(disc(80), frame_of(texture(1), 0, rate))
            empty = np.zeros((120, 160), np.float32)
            for index in range(1, rate.numerator // 10 + 1):
                last = steady.smooth(empty, frame_of(texture(1), index, rate))
            left.append(float(last.max()))
        assert left[0] == pytest.approx(left[1], rel=0.02)
        assert 0.1 < left[0] < 0.9

    def test_a_still_scene_gets_steadier(self, name):
        steady = smoother(name)
        rough = [flickering(disc(80), index) for index in range(40)]
        smooth = [steady.smooth(alpha, frame_of(texture(1), index)) for index, alpha in enumerate(rough)]
        assert flicker(rough[20:]) > 7 * flicker(smooth[20:])


class Lazy:
    """Averages everywhere, whatever moves."""

    last = None

    def smooth(self, alpha, frame):
        self.last = alpha if self.last is None else 0.5 * self.last + 0.5 * alpha
        return self.last


def trail(steady):
    """Mean error of alpha where, shortly before, a disc was that moves by 6 pixels a frame."""
    room, person = texture(1), texture(9)
    for index in range(20):
        alpha = disc(20 + 6 * index)
        drawn = alpha[..., None] * person + (1 - alpha[..., None]) * room
        smooth = steady.smooth(alpha, frame_of(drawn, index))
    behind = (disc(20 + 6 * 16) > 0.05) & (alpha < 0.02)
    return float(np.abs(smooth - alpha)[behind].mean())


def test_a_moving_edge_leaves_no_trail():
    assert trail(MotionSmoother()) < 0.01
    assert trail(Lazy()) > 0.1  # so the measure sees one


def test_a_flickering_hole_in_the_solid_core_does_not_linger():
    steady = MotionSmoother()
    holed = disc(80)
    holed[50:70, 70:90] = 0
    steady.smooth(holed, frame_of(texture(1), 0))
    smooth = steady.smooth(disc(80), frame_of(texture(1), 1))
    assert smooth[48:72, 68:92].min() == 1


@pytest.mark.parametrize("change", ["a light is switched on", "the exposure is raised in steps", "a cut"])
def test_no_ghost_is_left_behind(change):
    """Somebody stands there, the light or the scene changes, and nobody stands there any more."""
    steady, room = MotionSmoother(), texture(1).astype(np.float64)
    person = disc(80)[..., None]
    for index in range(10):
        steady.smooth(disc(80), frame_of(person * texture(9) + (1 - person) * room, index))
    empty = np.zeros((120, 160), np.float32)
    for index in range(10, 14):
        scene = {
            "a light is switched on": room + 30,
            "the exposure is raised in steps": room * (1 + (index - 9) * 0.06),
        }
        left = steady.smooth(empty, frame_of(scene.get(change, 255 - room), index))
    assert left.max() < 0.05


def test_a_light_that_grows_slowly_leaves_no_ghost_of_what_was_never_there():
    """Under a light that grows by less than the noise in a frame, a wrong alpha of one frame is soon gone."""
    steady = MotionSmoother()
    steady.smooth(disc(80), frame_of(texture(1), 0))
    for index in range(1, 31):
        left = steady.smooth(np.zeros((120, 160), np.float32), frame_of(texture(1) + 0.4 * index, index))
    assert left.max() < 0.05


def test_a_small_alpha_is_steadied_at_its_own_size():
    large, small = MotionSmoother(), MotionSmoother()
    for index in range(4):
        frame = frame_of(texture(1, (320, 240)), index)
        alpha = flickering(disc(80), index)
        expected = large.smooth(alpha, Frame(frame.at((160, 120)), frame.pts, frame.time_base))
        np.testing.assert_allclose(small.smooth(alpha, frame), expected, atol=1e-6)


def test_the_noise_of_a_bad_camera_is_no_motion():
    steady = MotionSmoother()
    rough = [flickering(disc(80), index) for index in range(60)]
    smooth = [steady.smooth(alpha, frame_of(texture(1), index, noise=8.0)) for index, alpha in enumerate(rough)]
    assert flicker(rough[40:]) > 5 * flicker(smooth[40:])


def test_off_is_no_smoother():
    assert smoother("off") is None
