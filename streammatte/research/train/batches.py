"""The batches of a stage, each the same whenever it is asked for."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from streammatte.research.train.batched.packing import Packed
from streammatte.research.train.batched.renderer import Renderer
from streammatte.research.train.batched.stacking import stacked
from streammatte.research.train.batched.stacks import Stacks
from streammatte.research.train.composer import Composer
from streammatte.research.train.config import Recipe, Stage
from streammatte.research.train.data import TrainingSet
from streammatte.research.train.looks import drawn_look, looked_at, second_look
from streammatte.research.train.mix import Hardness, Mix
from streammatte.research.train.paper import PaperComposer
from streammatte.research.train.plan import Planner
from streammatte.research.train.team import ALONE, Team

__all__ = ["Batch", "Draws", "StageBatches", "StageSheets", "batches"]

STREAMS = 3
"""Where scenes are looked at more than once, so many streams of scenes, each of one size at a time, take turns."""

ROUNDS = 4
"""A stream's scenes are enough for so many batches, before they are looked at again."""


class Batch(NamedTuple):
    """What a step learns from.

    Attributes
    ----------
    pictures : Tensor
        (N, 3, H, W) uint8, or floats in [0, 1].
    alphas : Tensor
        (N, 1, H, W) float32 in [0, 1].
    pairs : bool
        Whether pictures i and i + N / 2 are two looks at one scene, the second mirrored.
    """

    pictures: Tensor
    alphas: Tensor
    pairs: bool


class Draws(Protocol):
    """What makes training pictures."""

    def draw(self, rng: np.random.Generator, width: int, height: int) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
        """A picture (height, width, 3) of a scene, and its alpha (height, width) in [0, 1]."""


def batches(
    recipe: Recipe,
    index: int,
    training_set: TrainingSet,
    hardness: Hardness,
    steps: range,
    workers: int,
    device: torch.device,
    team: Team = ALONE,
) -> Iterator[Batch]:
    """The batches of some steps of a stage, with pictures in [0, 1].

    Our own mix is made on a GPU if that is the device: its photos are held there, and `workers` only plan the scenes,
    each of them another, as they cost little there. Everything else is made by the workers, or by this process if
    there are none. Each member of a team gets its own part.
    """
    stage = recipe.stages[index].for_people(len(training_set.people))
    mix = recipe.mix
    on_device = False
    items: Dataset[Packed] | Dataset[Batch]
    seed = (recipe.seed, index, team.rank)
    if device.type == "cuda" and isinstance(mix, Mix):
        on_device = True
        items = StageSheets(Planner(training_set, mix, hardness), training_set, stage, seed)
    else:
        composer: Draws
        if isinstance(mix, Mix):
            composer = Composer(training_set, mix, hardness)
        else:
            composer = PaperComposer(training_set, mix, hardness)
        items = StageBatches(composer, stage, seed, stage.batch // team.size)
    loaded = iter(
        DataLoader(
            items,
            batch_size=None,
            sampler=steps,
            num_workers=workers,
            prefetch_factor=4 if workers else None,
        )
    )  # the workers are forked here, before the device is first used
    if on_device:
        renderer = Renderer(Stacks.of(training_set, stage.long_side, device))
        for packed in loaded:
            yield Batch(*renderer.render(packed), packed.skeleton.looks is not None)
    else:
        for pictures, alphas, pairs in loaded:
            yield Batch(pictures.to(device).float().div_(255), alphas.to(device), pairs)


@dataclass
class _Scenes:
    """A stream's scenes, of one size, composed when they are first asked for; `block` is their turn in the stream."""

    stream: int
    block: int
    width: int
    height: int
    composed: dict[int, tuple[NDArray[np.uint8], NDArray[np.uint8]]]


class StageSheets(Dataset[Packed]):
    """The packed sheet of each step of a stage.

    Its randomness comes from the seed and the step alone.

    Parameters
    ----------
    planner : Planner
    training_set : TrainingSet
    stage : Stage
    seed : tuple of int
    """

    def __init__(self, planner: Planner, training_set: TrainingSet, stage: Stage, seed: tuple[int, ...]) -> None:
        self.planner, self.training_set, self.stage, self.seed = planner, training_set, stage, seed

    def __getitem__(self, step: int) -> Packed:
        rng = np.random.default_rng((*self.seed, step))
        size = _drawn_size(rng, self.stage)
        pairs = rng.random() < self.stage.pairs
        scenes = [self.planner.draw(rng, *size) for _ in range(self.stage.batch // (2 if pairs else 1))]
        firsts = [drawn_look(rng, *size) for _ in scenes] if pairs else []
        seconds = [second_look(rng, first, *size) for first in firsts]
        return Packed.of(stacked(scenes, self.training_set, firsts + seconds))


class StageBatches(Dataset[Batch]):
    """The batch of each step of a stage, of pictures in uint8.

    Its randomness comes from the seed and the step alone, so that a resumed run sees what an unbroken one would have
    seen. A batch has one size. In a stage that looks at scenes more than once, `STREAMS` streams take turns; each has
    scenes of one size for `ROUNDS` batches and shows them in another order each time.

    Parameters
    ----------
    composer : Draws
    stage : Stage
    seed : tuple of int
        Seed of the run, number of the stage, and rank in the team, whose members all get the same sizes.
    batch : int
        Pictures in a batch of this member's.
    """

    def __init__(self, composer: Draws, stage: Stage, seed: tuple[int, int, int], batch: int) -> None:
        self.composer, self.stage, self.seed, self.batch = composer, stage, seed, batch
        self._streams: dict[int, _Scenes] = {}
        self._rounds, self._turns = (ROUNDS, STREAMS) if stage.looks > 1 else (1, 1)

    def __getitem__(self, step: int) -> Batch:
        shared = np.random.default_rng((*self.seed[:2], 0, step))
        pairs = bool(shared.random() < self.stage.pairs)
        stream, turn = step % self._turns, step // self._turns
        block, at = divmod(turn, self._rounds * self.stage.looks)
        look, part = divmod(at, self._rounds)
        scenes = self._scenes(stream, block)
        order = np.random.default_rng((*self.seed, 1, stream, block, look)).permutation(self._rounds * self.batch)
        mine = order[part * self.batch : (part + 1) * self.batch]
        rng = np.random.default_rng((*self.seed, 2, step))
        taken = self._pairs(rng, scenes, mine) if pairs else self._looks(rng, scenes, mine)
        pictures = np.stack([picture for picture, _ in taken]).transpose(0, 3, 1, 2)  # (N, H, W, 3) -> (N, 3, H, W)
        alphas = np.stack([alpha for _, alpha in taken])[:, None]  # (N, H, W) -> (N, 1, H, W)
        return Batch(
            torch.from_numpy(np.ascontiguousarray(pictures)), torch.from_numpy(alphas).float().div_(255), pairs
        )

    def _looks(
        self, rng: np.random.Generator, scenes: _Scenes, which: NDArray[np.int64]
    ) -> list[tuple[NDArray[np.uint8], NDArray[np.uint8]]]:
        composed = [self._composed(scenes, int(number)) for number in which]
        if self.stage.looks == 1:
            return composed
        return [looked_at(drawn_look(rng, scenes.width, scenes.height), *scene) for scene in composed]

    def _pairs(
        self, rng: np.random.Generator, scenes: _Scenes, which: NDArray[np.int64]
    ) -> list[tuple[NDArray[np.uint8], NDArray[np.uint8]]]:
        size = scenes.width, scenes.height
        composed = [self._composed(scenes, int(number)) for number in which[: len(which) // 2]]
        firsts = [drawn_look(rng, *size) for _ in composed]
        seconds = [second_look(rng, first, *size) for first in firsts]
        return [
            looked_at(look, *scene) for looks in (firsts, seconds) for look, scene in zip(looks, composed, strict=True)
        ]

    def _scenes(self, stream: int, block: int) -> _Scenes:
        if stream not in self._streams or self._streams[stream].block != block:
            rng = np.random.default_rng((*self.seed[:2], 3, stream, block))
            self._streams[stream] = _Scenes(stream, block, *_drawn_size(rng, self.stage), {})
        return self._streams[stream]

    def _composed(self, scenes: _Scenes, number: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        if number not in scenes.composed:
            rng = np.random.default_rng((*self.seed, 4, scenes.stream, scenes.block, number))
            picture, alpha = self.composer.draw(rng, scenes.width, scenes.height)
            scenes.composed[number] = picture, np.rint(alpha * 255).astype(np.uint8)
        return scenes.composed[number]


def _drawn_size(rng: np.random.Generator, stage: Stage) -> tuple[int, int]:
    """Width and height of a batch: one of the stage's sizes squared at one of its aspects, in multiples of 32."""
    size = stage.sizes[int(rng.integers(len(stage.sizes)))]
    aspect = stage.aspects[int(rng.integers(len(stage.aspects)))]
    unit = size / math.sqrt(aspect[0] * aspect[1])
    width, height = (max(32, round(side * unit / 32) * 32) for side in aspect)
    return width, height
