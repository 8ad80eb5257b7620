from __future__ import annotations

import numpy as np

from streammatte.train.data import Person
from streammatte.train.limbs import Arm, drawn_arms, with_arm

SKIN, CLOTH = (200, 150, 120), (20, 60, 140)


def person() -> Person:
    """A head of 30 rows on a body, in the middle of a photo of 200 x 160."""
    alpha = np.zeros((200, 160), np.uint8)
    alpha[20:50, 68:92] = 255
    alpha[50:, 45:115] = 255
    foreground = np.empty((200, 160, 3), np.uint8)
    foreground[:50], foreground[50:] = SKIN, CLOTH
    box, touches = (45, 20, 70, 180), (False, False, False, True)
    return Person("p", foreground, alpha, foreground, True, box, touches)


def test_arms_begin_in_the_body_and_have_its_colours() -> None:
    someone, still = person(), np.eye(2, 3, dtype=np.float32)
    outside = 0
    for seed in range(20):
        arms = drawn_arms(np.random.default_rng(seed), someone, someone.foreground, still, (160, 200))
        assert 1 <= len(arms) <= 2
        for arm in arms:
            solid = arm.alpha > 128
            assert (solid & (someone.alpha > 128)).any()
            outside += int((solid & (someone.alpha == 0)).sum())
            seen = arm.colours[solid].astype(float)
            hues = seen / seen.sum(axis=1, keepdims=True)
            nearest = [np.abs(hues - np.array(c) / sum(c)).max(axis=1) for c in (SKIN, CLOTH)]
            assert np.minimum(*nearest).max() < 0.05
    assert outside > 20 * 100


def test_no_arm_grows_from_a_shoulder_out_of_sight() -> None:
    someone = person()
    head_alone = someone.alpha.copy()
    head_alone[50:] = 0
    bodiless = Person("p", someone.photo, head_alone, someone.foreground, True, someone.box, someone.touches)
    for seed in range(10):
        still = np.eye(2, 3, dtype=np.float32)
        assert not drawn_arms(np.random.default_rng(seed), bodiless, bodiless.foreground, still, (160, 200))


def test_an_arm_goes_before_or_behind() -> None:
    colours = np.full((4, 3, 3), 100, np.uint8)
    alpha = np.array([[0.0, 0.5, 1.0]] * 4, np.float32)
    red = np.zeros((4, 3, 3), np.uint8)
    red[..., 0] = 200
    solid = np.full((4, 3), 255, np.uint8)
    before, covered = with_arm(Arm(red, solid, False), colours, alpha)
    assert (before == red).all()
    assert (covered == 1).all()
    behind, total = with_arm(Arm(red, solid, True), colours, alpha)
    assert (total == 1).all()
    assert behind[0].tolist() == [[200, 0, 0], [150, 50, 50], [100, 100, 100]]
