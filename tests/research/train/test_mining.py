from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from streammatte.nn.network import MattingNetwork, MattingOutput
from streammatte.research.train.augment import Composer, Hardness, Mix
from streammatte.research.train.data import load_training_set
from streammatte.research.train.mining import hardness


class Redness(MattingNetwork):
    """Takes for a person what is red."""

    def forward(self, image: torch.Tensor) -> MattingOutput:
        return MattingOutput(alpha=image[:, :1], logits=())


def test_what_is_taken_for_a_person_weighs_more(packs: Path, tmp_path: Path) -> None:
    training_set = load_training_set(packs, tmp_path, 64)
    red, black = (np.full((64, 64, 3), value, np.uint8) for value in ((255, 0, 0), (0, 0, 0)))
    weights = hardness(Redness(), replace(training_set, backgrounds=(black, red), background_shares=np.ones(2)))
    assert weights.backgrounds.tolist() == [1.0, 5.0]
    assert weights.people[0] == 2 * weights.people[1]  # the clip: two pictures, the same as the photo


def test_weights_say_how_often_each_is_drawn(packs: Path, tmp_path: Path) -> None:
    training_set = load_training_set(packs, tmp_path, 64)
    plain = tuple(np.full((64, 64, 3), level, np.uint8) for level in (0, 50, 100, 200))
    still = Mix.still(nobody=1.0)
    people = np.ones(len(training_set.people))
    composer = Composer(
        type(training_set)(training_set.people, plain), still, Hardness(people, np.array((6.0, 0, 1, 1)))
    )
    rng = np.random.default_rng(0)
    drawn = [round(float(composer._background(rng, 32, 32).mean())) for _ in range(800)]
    assert set(drawn) == {0, 100, 200}
    assert abs(drawn.count(0) / 800 - 0.75) < 0.06
