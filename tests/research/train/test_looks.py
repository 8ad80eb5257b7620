from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from streammatte.research.train.looks import drawn_look, looked_at, second_look

WIDTH, HEIGHT = 96, 64


def scene() -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Smooth waves, whose alpha is their red."""
    y, x = np.mgrid[:HEIGHT, :WIDTH].astype(np.float64)
    planes = [128 + 60 * np.sin(x / 9 + phase) * np.cos(y / 11) for phase in (0, 1, 2)]
    picture = np.rint(np.stack(planes, axis=-1)).astype(np.uint8)
    return picture, picture[..., 0].copy()


def test_a_look_shows_a_part_of_the_scene_with_its_alpha() -> None:
    picture, alpha = scene()
    mirrored = 0
    for seed in range(30):
        look = replace(drawn_look(np.random.default_rng(seed), WIDTH, HEIGHT), gain=1.0, offset=0.0, noise=0.0)
        seen, matte = looked_at(look, picture, alpha)
        assert np.abs(seen[..., 0].astype(int) - matte).max() <= 1
        # the corners of the picture come from within the scene, which is enlarged by at most a quarter or so
        corners = np.array([(0, 0, 1), (WIDTH - 1, 0, 1), (0, HEIGHT - 1, 1), (WIDTH - 1, HEIGHT - 1, 1)]).T
        full = np.vstack([look.matrix, (0, 0, 1)]).astype(np.float64)
        places = (np.linalg.inv(full) @ corners)[:2]
        assert places.min() > -0.01
        assert (places.max(axis=1) < (WIDTH - 0.99, HEIGHT - 0.99)).all()
        assert 1 <= abs(np.linalg.det(full)) < 1.3**2
        mirrored += int(look.matrix[0, 0] < 0)
    assert 8 < mirrored < 22


def test_a_second_look_is_the_mirror_image_a_third_of_a_pixel_off() -> None:
    picture, alpha = scene()
    for seed in range(10):
        rng = np.random.default_rng(seed)
        first = replace(drawn_look(rng, WIDTH, HEIGHT), noise=0.0)
        second = second_look(rng, first, WIDTH, HEIGHT)
        place = np.array([30.0, 20.0, 1.0])
        there, again = first.matrix @ place, second.matrix @ place
        assert np.hypot(WIDTH - 1 - again[0] - there[0], again[1] - there[1]) == pytest.approx(1 / 3, abs=1e-4)
        assert second.gain != first.gain
        assert second.grain != first.grain
        mattes = [looked_at(look, picture, alpha)[1].astype(int) for look in (first, second)]
        # 60 levels in 9 pixels: a third of a pixel is worth two or three
        assert np.abs(mattes[0] - mattes[1][:, ::-1])[2:-2, 2:-2].max() < 5


def test_light_and_noise_are_as_strong_as_drawn() -> None:
    grey = np.full((HEIGHT, WIDTH, 3), 100, np.uint8)
    look = replace(drawn_look(np.random.default_rng(0), WIDTH, HEIGHT), gain=1.2, offset=-10.0, noise=5.0)
    seen, _ = looked_at(look, grey, grey[..., 0])
    assert seen.mean() == pytest.approx(110, abs=0.5)
    assert seen.std() == pytest.approx(5, rel=0.1)
    calm, _ = looked_at(replace(look, noise=0.0), grey, grey[..., 0])
    assert (calm == 110).all()
