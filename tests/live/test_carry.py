from __future__ import annotations

from fractions import Fraction

import cv2
import numpy as np
import pytest

from streammatte.compositing.frames import Frame
from streammatte.errors import UsageError
from streammatte.live.budget import Budget
from streammatte.live.carry import CarryingMatter

SIZE = 640, 360


class Scene:
    """A textured disc that moves over a textured wall; the matter knows where it is."""

    def __init__(self) -> None:
        rng = np.random.default_rng(0)
        noise = (rng.normal(0, 1, (SIZE[1], SIZE[0], 3)) for _ in range(2))
        soft = (cv2.GaussianBlur(each, (0, 0), 4) for each in noise)
        self.wall, self.disc = (np.clip(128 + 50 * each / each.std(), 0, 255) for each in soft)
        self.asked = 0

    def alpha(self, x: float) -> np.ndarray:
        rows, columns = np.mgrid[: SIZE[1], : SIZE[0]]
        return np.clip(80.5 - np.hypot(columns - x, rows - 180), 0, 1).astype(np.float32)

    def frame(self, x: float, time_s: float, noise: int = 0) -> Frame:
        shifted = cv2.warpAffine(self.disc, np.float32([[1, 0, x - 200], [0, 1, 0]]), SIZE, borderMode=cv2.BORDER_WRAP)
        alpha = self.alpha(x)[..., None]
        rgb = alpha * shifted + (1 - alpha) * self.wall
        rgb += np.random.default_rng(round(time_s * 1000)).normal(0, noise, rgb.shape)
        self.x = x
        return Frame(np.clip(rgb, 0, 255).astype(np.uint8), round(time_s * 1000), Fraction(1, 1000))

    def matte(self, frame: Frame) -> np.ndarray:
        self.asked += 1
        return self.alpha(self.x)

    def reset(self) -> None:
        pass


def test_alpha_follows_the_motion_between_two_findings():
    scene = Scene()
    matter = CarryingMatter(scene, matte_fps=5)
    matter.matte(scene.frame(200, 0.0))
    for index in range(1, 6):
        x = 200 + 4 * index
        carried = matter.matte(scene.frame(x, index / 30))
        error = np.abs(carried - scene.alpha(x)).mean()
        repeated = np.abs(scene.alpha(200) - scene.alpha(x)).mean()
        assert error < 0.35 * repeated
    assert (matter.found, matter.carried, matter.rested) == (1, 5, 0)
    assert scene.asked == 1


@pytest.mark.parametrize("fps", [10, 15, 22, 30])
def test_alpha_is_found_so_often_in_a_second(fps):
    scene = Scene()
    matter = CarryingMatter(scene, matte_fps=fps)
    for index in range(31):
        matter.matte(scene.frame(200 + 3 * index, index / 30))
    assert scene.asked == fps + 1


def test_while_nothing_moves_the_matter_rests_whatever_the_noise():
    scene = Scene()
    matter = CarryingMatter(scene)
    first = matter.matte(scene.frame(200, 0.0, noise=6))
    for index in range(1, 30):
        assert matter.matte(scene.frame(200, index / 30, noise=6)) is first
    assert scene.asked == 1
    matter.matte(scene.frame(200, 2.5, noise=6))
    assert scene.asked == 2  # now and then it looks all the same


def test_slow_motion_is_not_taken_for_rest():
    scene = Scene()
    matter = CarryingMatter(scene)
    for index in range(30):
        matter.matte(scene.frame(200 + 0.25 * index, index / 30))
    assert scene.asked > 5


def test_a_frame_that_comes_late_puts_no_later_one_off():
    scene = Scene()
    matter = CarryingMatter(scene, matte_fps=10)
    pictures = [scene.frame(200 + 3 * count, 0.0) for count in range(20)]
    for index in range(301):
        late_ms = 4 * (index % 7)
        matter.matte(Frame(pictures[index % 20].rgb, round(index / 0.03) + late_ms))
    assert scene.asked == pytest.approx(101, abs=1)


def test_a_jump_in_time_or_size_is_not_bridged():
    scene = Scene()
    matter = CarryingMatter(scene, matte_fps=1)
    matter.matte(scene.frame(200, 10.0))
    matter.matte(scene.frame(205, 5.0))
    assert scene.asked == 2
    small = Frame(np.zeros((90, 160, 3), np.uint8), 5100)
    matter.matte(small)
    assert scene.asked == 3


class Costly(Scene):
    """Takes 20 ms of CPU time each time it is asked, so that 30 a second take 60 % of a core."""

    cpu_s = 0.0

    def matte(self, frame: Frame) -> np.ndarray:
        self.cpu_s += 0.02
        return super().matte(frame)


def test_over_the_budget_alpha_is_found_less_often(monkeypatch):
    scene, now = Costly(), [0.0]
    monkeypatch.setattr("streammatte.live.carry.monotonic", lambda: now[0])
    monkeypatch.setattr("streammatte.live.carry.process_time", lambda: scene.cpu_s)
    matter = CarryingMatter(scene, budget=Budget(40, print))
    pictures = [scene.frame(200 + 3 * count, 0.0) for count in range(20)]
    asked = []
    for index in range(30 * 8):
        now[0] = index / 30
        matter.matte(Frame(pictures[index % 20].rgb, index, Fraction(1, 30)))
        asked.append(scene.asked)
    assert asked[29] == 30
    assert asked[-1] - asked[-121] == pytest.approx(4 * 20, abs=2)  # 20 a second take 40 %


def test_a_rate_of_nothing_is_refused():
    with pytest.raises(UsageError, match="matte_fps is 0; expected more than 0"):
        CarryingMatter(Scene(), matte_fps=0)
