from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from streammatte.research.train import composer
from streammatte.research.train.composer import Composer, rendered
from streammatte.research.train.data import load_training_set
from streammatte.research.train.mix import Hardness, Mix
from streammatte.research.train.plan import Planner
from streammatte.research.train.things import drawn_folds, drawn_outline, drawn_plain, folded, masked


def test_things_stand_within_the_picture_and_at_its_sides() -> None:
    rng = np.random.default_rng(0)
    drawn = [drawn_outline(rng, 96, 64) for _ in range(200)]
    painted = [masked(outline, 96, 64) for outline in drawn]
    masks = [mask for mask, _ in painted]
    assert all(mask.shape == (64, 96) and mask.min() == 0 and mask.max() <= 1 for mask in masks)
    cut_off = np.mean([mask[:, [0, -1]].max() > 0.5 for mask in masks])
    assert 0.4 < cut_off < 0.8
    assert 0.02 < np.mean(masks) < 0.2
    assert 0.15 < np.mean([outline.hung is not None for outline in drawn]) < 0.35
    overlaps = []
    for (mask, shade), screen in zip(painted, (outline.hung for outline in drawn), strict=True):
        assert (screen is None) == (shade.min() > 0.9)
        if screen is not None:
            # a screen's rim is at its edge
            assert shade[cv2.erode(mask, np.ones((15, 15)), borderValue=0) > 0.99].min(initial=1) > 0.9
            corners = (screen @ np.array([(0, 1, 1, 0), (0, 0, 1, 1), (1, 1, 1, 1)])).T
            upright = cv2.fillPoly(np.zeros_like(mask), [np.rint(corners).astype(np.int32)], 1.0)
            overlaps.append(np.minimum(mask, upright).sum() / np.maximum(mask, upright).sum())
    sides = [cv2.minAreaRect(np.argwhere(mask > 0.5).astype(np.float32))[1] for mask in masks if mask.max() > 0.5]
    assert np.mean([max(pair) > 40 and min(pair) < 10 for pair in sides]) > 0.08  # a bar, in a frame of 96 x 64
    assert np.median(overlaps) > 0.8  # but for its perspective
    assert min(overlaps) > 0.5


def test_a_thing_stands_where_it_is_told_to() -> None:
    rng = np.random.default_rng(0)
    masks = [masked(drawn_outline(rng, 96, 64, np.array([70.0, 20.0])), 96, 64)[0] for _ in range(100)]
    assert np.mean([mask[20, 70] > 0.5 for mask in masks]) > 0.9


def test_plain_things_have_one_colour_in_uneven_light() -> None:
    rng = np.random.default_rng(0)
    looks = np.array([drawn_plain(rng) for _ in range(400)])
    assert looks.shape == (400, 3, 3, 3)
    assert looks.min() >= 0
    assert looks.max() <= 1
    levels = looks.mean((1, 2, 3))
    assert (levels < 0.2).mean() > 0.25
    assert (levels > 0.6).mean() > 0.2
    unclipped = looks[(looks > 0.02).all((1, 2, 3)) & (looks < 1).all((1, 2, 3))]
    hue = unclipped / unclipped.sum(-1, keepdims=True)
    np.testing.assert_allclose(hue, np.broadcast_to(hue[:, :1, :1], hue.shape), atol=1e-5)
    assert unclipped.std((1, 2)).max() > 0.02


def test_folds_change_the_light_alone() -> None:
    plain = np.full((64, 96, 3), (120, 80, 40), np.uint8)
    cloth = folded(plain, drawn_folds(np.random.default_rng(0), 96)).astype(np.float64)
    assert cloth[..., 0].std() > 5
    np.testing.assert_allclose(cloth[..., 0] / 120, cloth[..., 1] / 80, atol=0.02)


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leaves light and camera out."""
    monkeypatch.setattr(composer, "exposed", lambda picture, alpha, _: (picture, alpha))


def test_what_is_added_to_a_photo_stands_behind_the_person(packs: Path, tmp_path: Path, bare: None) -> None:
    training_set = load_training_set(packs, tmp_path, 64)
    cluttered = Planner(
        training_set, Mix.still(own_background=1.0, clutter=1.0, screen=1.0), Hardness.equal(training_set)
    )
    changed = []
    for seed in range(40):
        scene = cluttered.draw(np.random.default_rng(seed), 64, 64)
        picture, alpha = rendered(scene, training_set)
        plain, same = rendered(replace(scene, clutter=(), screen=None), training_set)
        np.testing.assert_array_equal(same, alpha)
        difference = np.abs(picture.astype(int) - plain).max(axis=2)
        assert difference[alpha == 1].max(initial=0) <= 1
        changed.append(difference[alpha == 0] > 8)
    assert np.concatenate(changed).mean() > 0.05


def test_a_poster_shows_a_person_who_does_not_count(packs: Path, tmp_path: Path, bare: None) -> None:
    """The people of the packs are orange, and their rooms are not."""
    training_set = load_training_set(packs, tmp_path, 64)
    mix = Mix.still(nobody=1.0, clutter=1.0)
    orange = []
    for poster in (0.0, 1.0):
        drawn, found = Composer(training_set, replace(mix, poster=poster)), 0
        for seed in range(40):
            picture, alpha = drawn.draw(np.random.default_rng(seed), 96, 96)
            assert not alpha.any()
            found += int((picture.astype(int) @ (1, 0, -1) > 140).sum())
        orange.append(found)
    assert orange[0] == 0
    assert orange[1] > 40 * 20
