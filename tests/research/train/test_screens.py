from __future__ import annotations

import cv2
import numpy as np

from streammatte.research.train.data import Person
from streammatte.research.train.geometry import outline_spot
from streammatte.research.train.screens import drawn_screen, painted_screen

WIDTH, HEIGHT = 192, 144


def test_a_screen_has_a_rim_around_its_picture_and_at_times_a_side() -> None:
    white = np.full((60, 90, 3), 255, np.uint8)
    dark, cut_off, rims, sides = [], [], [], []
    for seed in range(200):
        screen = drawn_screen(np.random.default_rng(seed), WIDTH, HEIGHT, 0)
        layer = painted_screen(screen, white, WIDTH, HEIGHT)
        solid = layer.alpha > 250
        assert layer.colours.shape == (HEIGHT, WIDTH, 3)
        near_edge = solid & (cv2.erode(solid.astype(np.uint8), np.ones((3, 3)), borderValue=1) == 0)
        outermost = np.clip(screen.rim_colour * (screen.side_shade if screen.side else 1), 0, 1)
        rim, edge = (
            np.abs(layer.colours.astype(float) - 255 * colour).max(axis=2) < 12
            for colour in (screen.rim_colour, outermost)
        )
        width = min(np.hypot(*(screen.corners[i] - screen.corners[i - 1])) for i in range(4)) * min(screen.rim)
        if near_edge.any() and width * (screen.side or 1) > 5:
            assert edge[near_edge].mean() > 0.9, seed
            assert (rim & solid).any(), seed
            sides.append(screen.side > 0)
        middle = np.rint(screen.corners.mean(axis=0)).astype(int)
        if 0 <= middle[0] < WIDTH and 0 <= middle[1] < HEIGHT:
            assert solid[middle[1], middle[0]]
        dark.append(screen.rim_colour.mean() < 0.3)
        cut_off.append(layer.alpha[:, [0, -1]].max() > 128 or layer.alpha[[0, -1]].max() > 128)
        rims.append(screen.rim[0])
    assert 0.1 < np.mean(sides) < 0.7
    assert 0.55 < np.mean(dark) < 0.85
    assert 0.4 < np.mean(cut_off) < 0.95
    assert 0.02 <= min(rims) < max(rims) <= 0.12


def test_a_smaller_painting_shows_the_same() -> None:
    for seed in range(20):
        screen = drawn_screen(np.random.default_rng(seed), WIDTH, HEIGHT, None)
        full = painted_screen(screen, None, WIDTH, HEIGHT)
        half = painted_screen(screen, None, WIDTH // 2, HEIGHT // 2, 0.5)
        means = cv2.resize(full.alpha, (WIDTH // 2, HEIGHT // 2), interpolation=cv2.INTER_AREA).astype(int)
        assert np.abs(half.alpha - means).mean() < 3
        both = (half.alpha > 250) & (means > 250)
        small = cv2.resize(full.colours, (WIDTH // 2, HEIGHT // 2), interpolation=cv2.INTER_AREA).astype(int)
        assert np.abs(half.colours - small)[both].mean() < 20


def test_half_of_it_may_touch_the_outline_of_somebody() -> None:
    alpha = np.zeros((100, 80), np.uint8)
    alpha[20:90, 30:50] = 255
    nothing = np.zeros((100, 80, 3), np.uint8)
    person = Person.of("p", nothing, alpha, nothing)
    mirrored = np.array([[-1, 0, 79], [0, 1, 0]], np.float32)
    for matrix in (np.eye(2, 3, dtype=np.float32), mirrored):
        sides = set()
        for seed in range(20):
            rng = np.random.default_rng(seed)
            spot, side = outline_spot(rng, person, matrix)
            at = cv2.warpAffine(alpha, matrix, (80, 100))
            column, row = np.rint(spot).astype(int)
            assert at[row, column] > 128
            assert at[row, column + 2 * side] == 0
            screen = drawn_screen(rng, 80, 100, None, (spot, side))
            layer = painted_screen(screen, None, 80, 100)
            touched = cv2.dilate((layer.alpha > 128).astype(np.uint8), np.ones((7, 7)))
            assert (touched.astype(bool) & (at > 128)).any(), seed
            # it lies on that side of the spot mostly
            assert (screen.corners[:, 0].mean() - spot[0]) * side > 0
            sides.add(side)
        assert sides == {-1, 1}
