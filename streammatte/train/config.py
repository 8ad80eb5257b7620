"""What a training run is: its stages, its mix of pictures, its optimiser."""

from __future__ import annotations

from dataclasses import dataclass, field

from streammatte.train.augment import Mix

__all__ = ["RECIPES", "Recipe", "Stage"]


@dataclass(frozen=True)
class Stage:
    """One part of a run, at one picture size and with one learning rate schedule (warm-up, then cosine decay).

    Attributes
    ----------
    name : str
    steps : int
    batch : int
        Pictures in a step.
    size : int
        Pixels: a picture has about size x size of them, at an aspect drawn for each step.
    long_side : int
        Pixels: the packs' photos are held at this size.
    learning_rate : float
        The highest, reached after `warmup` steps.
    refine : bool
        Whether MRN is trained too; if not, SN alone.
    pairs : bool
        Whether each scene is taken twice, with other noise, and both alphas are asked to agree.
    """

    name: str
    steps: int
    batch: int
    size: int
    long_side: int
    learning_rate: float
    refine: bool
    warmup: int = 300
    pairs: bool = False

    def __post_init__(self) -> None:
        if self.size % 32:
            raise ValueError(f"size is {self.size}; expected a multiple of 32")
        if self.pairs and (self.batch % 2 or not self.refine):
            raise ValueError("pairs need a batch of an even number of pictures, and MRN trained")
        if not 0 < self.warmup <= self.steps:
            raise ValueError(f"warmup is {self.warmup}; expected 1 to {self.steps}, the number of steps")


@dataclass(frozen=True)
class Recipe:
    """Stages in their order and what they share."""

    stages: tuple[Stage, ...]
    mix: Mix = field(default_factory=Mix)
    betas: tuple[float, float] = (0.9, 0.999)
    average: float = 0.999
    seed: int = 0


RECIPES = {
    "streammatte": Recipe(
        (
            Stage("segmentation", 5_000, 32, 320, 640, 1.5e-3, refine=False),
            Stage("joint", 4_500, 12, 384, 640, 8e-4, refine=True, pairs=True),
            Stage("polish", 600, 12, 384, 640, 3e-4, refine=True, warmup=60, pairs=True),
        )
    ),
}
