from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from streammatte.nn.network import MattingNetwork
from streammatte.research.train.data import load_training_set
from streammatte.research.train.mining import hardness
from streammatte.research.train.mix import Hardness, Mix
from streammatte.research.train.plan import Planner, Room


class RedCells(torch.nn.Module):
    """Takes for a person what is red."""

    def forward(self, image: torch.Tensor) -> tuple[torch.Tensor, ...]:
        red = F.avg_pool2d(image[:, :1], 8)
        return (torch.cat([1 - red, red, torch.zeros_like(red)], dim=1).clamp(min=1e-9).log(),)


class Redness(MattingNetwork):
    def __init__(self) -> None:
        super().__init__()
        self.sn = RedCells()


def test_what_is_taken_for_a_person_weighs_more(packs: Path, tmp_path: Path) -> None:
    training_set = load_training_set(packs, tmp_path, 64)
    red, black = (np.full((64, 64, 3), value, np.uint8) for value in ((255, 0, 0), (0, 0, 0)))
    weights = hardness(Redness(), replace(training_set, backgrounds=(black, red), background_shares=np.ones(2)))
    assert weights.backgrounds.tolist() == pytest.approx([1.0, 5.0])
    assert weights.people[0] == 2 * weights.people[1]  # the clip: two pictures, the same as the photo


def test_weights_say_how_often_each_is_drawn(packs: Path, tmp_path: Path) -> None:
    training_set = load_training_set(packs, tmp_path, 64)
    plain = tuple(np.full((64, 64, 3), level, np.uint8) for level in (0, 50, 100, 200))
    still = Mix.still(nobody=1.0)
    people = np.ones(len(training_set.people))
    weights = Hardness(people, np.array((6.0, 0, 1, 1)))
    planner = Planner(type(training_set)(training_set.people, plain), still, weights)
    rng = np.random.default_rng(0)
    drawn = []
    for _ in range(800):
        behind = planner.draw(rng, 32, 32).behind
        assert isinstance(behind, Room)
        drawn.append(behind.shown.index)
    assert set(drawn) == {0, 2, 3}
    assert abs(drawn.count(0) / 800 - 0.75) < 0.06


def test_rooms_that_are_drawn_more_often_are_looked_at_with_somebody_before_them(packs: Path, tmp_path: Path) -> None:
    training_set = load_training_set(packs, tmp_path, 64)
    black = np.zeros((64, 64, 3), np.uint8)
    often = replace(training_set, backgrounds=(black, black), background_shares=np.array((1.0, 3.0)))
    weights = hardness(Redness(), often)
    # nobody is seen in a black room; of the people, who are orange, the soft edges are mistaken a little
    assert weights.backgrounds[0] == pytest.approx(1, abs=1e-3)
    assert 3.001 < weights.backgrounds[1] < 3 * 1.5
