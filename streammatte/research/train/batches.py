"""The batches of a stage, each the same whenever it is asked for."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from streammatte.research.train.augment import Hardness, Mix
from streammatte.research.train.batched.plans import Plan, Planner
from streammatte.research.train.batched.renderer import Renderer
from streammatte.research.train.batched.stacks import Stacks
from streammatte.research.train.config import Recipe, Stage
from streammatte.research.train.data import TrainingSet

__all__ = ["Draws", "StageBatches", "StagePlans", "batches"]


class Draws(Protocol):
    """What makes training pictures."""

    def draw(
        self, rng: np.random.Generator, width: int, height: int, copies: int = 1
    ) -> tuple[list[NDArray[np.uint8]], NDArray[np.float32]]:
        """Pictures (height, width, 3) of one scene, `copies` of them, and its alpha (height, width) in [0, 1]."""


def batches(
    recipe: Recipe,
    index: int,
    training_set: TrainingSet,
    hardness: Hardness,
    *,
    first: int,
    workers: int,
    device: torch.device,
) -> Iterator[tuple[Tensor, Tensor]]:
    """The batches of a stage from step `first` on: pictures (N, 3, H, W) and alphas (N, 1, H, W) in [0, 1].

    Our own mix is made on a GPU if that is the device: its photos are held there, and `workers` only draw what chance
    decides. Everything else is made by the workers.
    """
    stage, mix = recipe.stages[index].for_people(len(training_set.people)), recipe.mix
    on_device = False
    items: Dataset[Plan] | Dataset[tuple[Tensor, Tensor]]
    if device.type == "cuda" and isinstance(mix, Mix):
        on_device = True
        items = StagePlans(Planner(training_set, mix, hardness), stage, recipe.seed, index)
    else:
        items = StageBatches(mix.composer(training_set, hardness), stage, recipe.seed, index)
    loaded = iter(
        DataLoader(
            items,
            batch_size=None,
            sampler=range(first, stage.steps),
            num_workers=workers,
            prefetch_factor=4 if workers else None,
        )
    )  # the workers are forked here, before the device is first used
    if on_device:
        renderer = Renderer(Stacks.of(training_set, stage.long_side, device))
        for plan in loaded:
            yield renderer.render(plan)
    else:
        for pictures, alphas in loaded:
            yield pictures.to(device).float().div_(255), alphas.to(device)


class _StageItems:
    """Item k is of step k, and its randomness comes from seed, stage and step alone.

    So a resumed run sees what an unbroken one would have seen. A batch has one aspect, drawn from the stage's.
    """

    def __init__(self, stage: Stage, seed: int, stage_index: int) -> None:
        self.stage = stage
        self.seed = (seed, stage_index)
        self.copies = 2 if stage.pairs else 1

    def __len__(self) -> int:
        return self.stage.steps

    def _frame(self, step: int) -> tuple[np.random.Generator, int, int]:
        rng = np.random.default_rng((*self.seed, step))
        aspects = self.stage.aspects
        return rng, *_size(aspects[int(rng.integers(len(aspects)))], self.stage.size)


class StagePlans(_StageItems, Dataset[Plan]):
    """The plan of each step of a stage."""

    def __init__(self, planner: Planner, stage: Stage, seed: int, stage_index: int) -> None:
        super().__init__(stage, seed, stage_index)
        self.planner = planner

    def __getitem__(self, step: int) -> Plan:
        return self.planner.draw(*self._frame(step), self.stage.batch // self.copies, self.copies)


class StageBatches(_StageItems, Dataset[tuple[Tensor, Tensor]]):
    """The pictures (N, 3, H, W) uint8 and alphas (N, 1, H, W) float32 in [0, 1] of each step of a stage.

    In a stage with pairs, pictures i and i + N / 2 are of one scene with other noise and compression.
    """

    def __init__(self, composer: Draws, stage: Stage, seed: int, stage_index: int) -> None:
        super().__init__(stage, seed, stage_index)
        self.composer = composer

    def __getitem__(self, step: int) -> tuple[Tensor, Tensor]:
        rng, width, height = self._frame(step)
        copies = self.copies
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
