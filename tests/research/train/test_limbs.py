from __future__ import annotations

import cv2
import numpy as np

from streammatte.research.train.colour import Layer
from streammatte.research.train.data import Person
from streammatte.research.train.limbs import drawn_arms, drawn_hand, painted_arm

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


def of_the_person(arm: Layer) -> bool:
    """Whether an arm has no colours but those of skin and cloth, lighter or darker."""
    seen = arm.colours[arm.alpha > 128].astype(float)
    hues = seen / seen.sum(axis=1, keepdims=True)
    nearest = [np.abs(hues - np.array(c) / sum(c)).max(axis=1) for c in (SKIN, CLOTH)]
    return bool(np.minimum(*nearest).max() < 0.05)


def test_arms_begin_in_the_body_and_have_its_colours() -> None:
    someone, still = person(), np.eye(2, 3, dtype=np.float32)
    outside = 0
    for seed in range(20):
        arms = drawn_arms(np.random.default_rng(seed), someone, still)
        assert 1 <= len(arms) <= 2
        for arm in (painted_arm(drawn, someone, someone.foreground, 160, 200) for drawn in arms):
            solid = arm.alpha > 128
            assert (solid & (someone.alpha > 128)).any()
            outside += int((solid & (someone.alpha == 0)).sum())
            assert of_the_person(arm)
    assert outside > 20 * 100


def test_no_arm_grows_from_a_shoulder_out_of_sight() -> None:
    someone = person()
    head_alone = someone.alpha.copy()
    head_alone[50:] = 0
    bodiless = Person("p", someone.photo, head_alone, someone.foreground, True, someone.box, someone.touches)
    for seed in range(10):
        still = np.eye(2, 3, dtype=np.float32)
        assert not drawn_arms(np.random.default_rng(seed), bodiless, still)


def test_a_hand_near_the_lens_comes_from_below_or_a_side_and_is_larger_than_the_head() -> None:
    someone, still = person(), np.eye(2, 3, dtype=np.float32)
    from_below, widths = 0, []
    for seed in range(40):
        drawn = drawn_hand(np.random.default_rng(seed), someone, still, (160, 200))
        assert not drawn.behind
        hand = painted_arm(drawn, someone, someone.foreground, 160, 200)
        assert of_the_person(hand)
        solid = hand.alpha > 128
        count, _ = cv2.connectedComponents(solid.astype(np.uint8))
        assert count == 2  # one piece
        assert solid[-1].any() or solid[:, 0].any() or solid[:, -1].any()
        from_below += int(solid[-1].any())
        widths.append(2 * cv2.distanceTransform(solid.astype(np.uint8), cv2.DIST_L2, 5).max())
        assert 0.02 < solid.mean() < 0.7
    assert 15 < from_below < 40
    # the head is 24 wide, and a palm at its distance about 11
    assert np.median(widths) > 20
