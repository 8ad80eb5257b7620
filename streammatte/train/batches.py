"""The batches of a stage, each the same whenever it is asked for."""

from __future__ import annotations

import math
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from streammatte.train.config import Stage

__all__ = ["Draws", "StageBatches"]


class Draws(Protocol):
    """What makes training pictures."""

    def draw(
        self, rng: np.random.Generator, width: int, height: int, copies: int = 1
    ) -> tuple[list[NDArray[np.uint8]], NDArray[np.float32]]:
        """Pictures (height, width, 3) of one scene, `copies` of them, and its alpha (height, width) in [0, 1]."""


class StageBatches(Dataset[tuple[Tensor, Tensor]]):
    """Item k is the batch of step k: pictures (N, 3, H, W) uint8 and alphas (N, 1, H, W) float32 in [0, 1].

    In a stage with pairs, pictures i and i + N / 2 are of one scene with other noise and compression.
    A batch has one aspect, drawn from the stage's. Its randomness comes from seed, stage and step alone, so that a
    resumed run sees what an unbroken one would have seen.
    """

    def __init__(self, composer: Draws, stage: Stage, seed: int, stage_index: int) -> None:
        self.composer = composer
        self.stage = stage
        self.seed = (seed, stage_index)

    def __len__(self) -> int:
        return self.stage.steps

    def __getitem__(self, step: int) -> tuple[Tensor, Tensor]:
        rng = np.random.default_rng((*self.seed, step))
        aspects = self.stage.aspects
        width, height = _size(aspects[int(rng.integers(len(aspects)))], self.stage.size)
        copies = 2 if self.stage.pairs else 1
        drawn = [self.composer.draw(rng, width, height, copies) for _ in range(self.stage.batch // copies)]
        pictures = np.stack([taken[copy] for copy in range(copies) for taken, _ in drawn])
        pictures = pictures.transpose(0, 3, 1, 2)  # (N, H, W, 3) -> (N, 3, H, W)
        alphas = np.stack([alpha for _ in range(copies) for _, alpha in drawn])[:, None]  # (N, H, W) -> (N, 1, H, W)
        return torch.from_numpy(np.ascontiguousarray(pictures)), torch.from_numpy(alphas)


def _size(aspect: tuple[int, int], size: int) -> tuple[int, int]:
    """About `size` squared pixels at `aspect`, in multiples of 32."""
    unit = size / math.sqrt(aspect[0] * aspect[1])
    width, height = (max(32, round(side * unit / 32) * 32) for side in aspect)
    return width, height
