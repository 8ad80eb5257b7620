"""What a training run is: its stages, its mix of pictures, its losses, its optimiser."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Literal

from streammatte.nn.network import MattingNetwork
from streammatte.research.train.data import TrainingSet
from streammatte.research.train.losses import Losses
from streammatte.research.train.mining import equal, hardness
from streammatte.research.train.mix import Hardness, Mix
from streammatte.research.train.paper import PaperMix

__all__ = ["RECIPES", "Recipe", "Stage"]

ASPECTS = ((1, 1), (4, 3), (3, 4), (16, 9))


@dataclass(frozen=True)
class Stage:
    """One part of a run, with one learning rate schedule (warm-up, then cosine decay).

    Attributes
    ----------
    name : str
    steps : int
    batch : int
        Pictures in a step.
    sizes : tuple of int
        Pixels: the pictures of a batch have about size x size of them, for a size and an aspect drawn for it.
    long_side : int
        Pixels: the packs' photos are held at this size.
    learning_rate : float
        The highest, reached after `warmup` steps.
    trained : {"sn", "mrn", "both"}
        Which networks learn. SN alone runs without MRN; MRN alone runs under SN as it is.
    warmup : int
        Steps.
    final : float
        The learning rate at the end, as a fraction of the highest.
    looks : int
        How often each scene is shown: more than once, it is mirrored, moved, lit and made noisy a little (`looks.py`).
    pairs : float
        The share of batches in which each scene is looked at twice, and both answers are asked to agree.
    aspects : tuple
        Pairs of width and height to draw from.
    foregrounds : int, optional
        The number of people that `steps` is meant for: with twice as many, twice the steps. By default `steps` holds
        for any number.
    weigh_every : int, optional
        Steps after which hard examples are looked for again; by default only before the first.
    """

    name: str
    steps: int
    batch: int
    sizes: tuple[int, ...]
    long_side: int
    learning_rate: float
    trained: Literal["sn", "mrn", "both"]
    warmup: int = 300
    final: float = 0.01
    looks: int = 1
    pairs: float = 0.0
    aspects: tuple[tuple[int, int], ...] = ASPECTS
    foregrounds: int | None = None
    weigh_every: int | None = None

    def __post_init__(self) -> None:
        if any(size % 32 for size in self.sizes):
            raise ValueError(f"sizes are {self.sizes}; expected multiples of 32")
        if self.pairs and self.batch % 2:
            raise ValueError(f"batch is {self.batch}; expected an even number of pictures, for pairs")
        if not 0 < self.warmup <= self.steps:
            raise ValueError(f"warmup is {self.warmup}; expected 1 to {self.steps}, the number of steps")

    def for_people(self, people: int) -> Stage:
        """The same stage, with its steps for so many people."""
        if self.foregrounds is None:
            return self
        steps = max(1, self.steps * people // self.foregrounds)
        return replace(self, steps=steps, warmup=min(self.warmup, steps), foregrounds=people)

    def learning_rate_at(self, step: int) -> float:
        """Linear warm-up, then cosine decay to `final` at the end of the stage."""
        if step < self.warmup:
            return self.learning_rate * (step + 1) / self.warmup
        progress = (step - self.warmup) / max(1, self.steps - self.warmup)
        return self.learning_rate * (self.final + (1 - self.final) * 0.5 * (1 + math.cos(math.pi * progress)))


@dataclass(frozen=True)
class Recipe:
    """Stages in their order and what they share.

    Attributes
    ----------
    stages : tuple of Stage
    mix : Mix or PaperMix
        How pictures are made.
    losses : Losses
    weigh : callable
        How often to take each person and each background, asked for at the start of each stage.
    betas : tuple of float
        Adam's.
    average : float
        Decay of the moving average of the weights; 0 keeps the last weights alone.
    measured_norms : bool
        Whether batch norm is measured for the average (`norms.py`), or averaged as the weights are.
    seed : int
    """

    stages: tuple[Stage, ...]
    mix: Mix | PaperMix = field(default_factory=Mix)
    losses: Losses = field(default_factory=Losses)
    weigh: Callable[[MattingNetwork, TrainingSet], Hardness] = hardness
    betas: tuple[float, float] = (0.9, 0.999)
    average: float = 0.999
    measured_norms: bool = True
    seed: int = 0


PAPER_FOREGROUNDS, PAPER_BACKGROUNDS, PAPER_EPOCHS, PAPER_BATCH = 431, 100, 70, 12
"""Section 3: each foreground is combined with so many backgrounds, and the pictures so made are seen 70 times."""

CALMER = Mix(
    own_background=0.42,
    nobody=0.12,
    relit=0.3,
    two_people=0.16,
    at_the_edge=0.18,
    bent=0.3,
    shadow=0.15,
    other_clothes=0.35,
    arms=0.25,
    occluder=0.05,
    clutter=0.35,
    plain=0.5,
    strange=0.05,
    blur_background=0.22,
    motion_blur=0.1,
    uneven_light=0.25,
    low_light=0.05,
    jpeg=0.18,
    video_compression=0.12,
    low_resolution=0.14,
    grey=0.04,
)
"""Somewhat fewer changes than the mix has by itself."""

LONG_MIX = replace(
    CALMER, nobody=0.2, screen=0.4, clutter=0.5, touching=0.5, two_people=0.35, at_the_edge=0.35, poster=0.25
)

FRAMES = ((4, 3), (4, 3), (3, 4), (3, 4), (16, 9), (9, 16), (1, 1))

PEOPLE = Stage(
    "people",
    31_320,
    64,
    (256, 256, 288, 288, 320, 352, 448),
    448,
    1e-3,
    trained="sn",
    final=1.0,
    looks=3,
    pairs=0.1,
    aspects=FRAMES,
    weigh_every=3_132,
)

LONG = Recipe(
    (
        PEOPLE,
        replace(PEOPLE, name="decay", steps=4_680, sizes=(384, 416, 448), warmup=1, final=0.01, weigh_every=None),
    ),
    mix=LONG_MIX,
    losses=Losses(weighed_by="prediction", unknown=2.0, soft=3.0),
    average=0.9995,
    measured_norms=False,
)
"""SN for as long as it takes, on from weights that are there."""

EDGES = Stage("edges", 9_360, 32, (352, 384, 416), 448, 5e-4, trained="mrn", pairs=0.1, aspects=FRAMES)

RECIPES = {
    "streammatte": Recipe(
        (
            Stage("segmentation", 6_000, 32, (320,), 640, 1.2e-3, trained="sn"),
            Stage("joint", 1_100, 12, (384,), 640, 8e-4, trained="both", warmup=100),
            Stage("polish", 200, 12, (384,), 640, 1.5e-4, trained="both", warmup=50, pairs=1.0),
        ),
        losses=Losses(weighed_by="prediction", unknown=2.0),
    ),
    "gpu": Recipe(
        (
            Stage(
                "joint",
                10_800,
                64,
                (448,),
                640,
                1.2e-3,
                trained="both",
                final=0.25,
                aspects=((4, 3), (4, 3), (3, 4), (3, 4), (16, 9), (1, 1)),
            ),
        ),
        mix=CALMER,
        losses=Losses(weighed_by="prediction", unknown=2.0),
        average=0.9995,
    ),
    "long": LONG,
    "long-edges": replace(LONG, stages=(EDGES,), mix=replace(LONG_MIX, nobody=0.1, blur_background=0.1)),
    "long-gpu": replace(LONG, stages=tuple(replace(stage, trained="both") for stage in LONG.stages)),
    "paper": Recipe(
        (
            Stage(
                "joint",
                PAPER_EPOCHS * PAPER_FOREGROUNDS * PAPER_BACKGROUNDS // PAPER_BATCH,
                PAPER_BATCH,
                (512,),
                768,
                4e-4,
                trained="both",
                warmup=5_000,
                final=0.0,
                aspects=((1, 1),),
                foregrounds=PAPER_FOREGROUNDS,
            ),
        ),
        mix=PaperMix(),
        losses=Losses(classes="pixels", weighed_by="prediction"),
        weigh=equal,
        betas=(0.5, 0.999),
        average=0.0,
    ),
}
