"""Loss and speed of a training run."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import torch
from torch import Tensor

from streammatte.research.train.config import Stage
from streammatte.research.train.state import State

__all__ = ["Meter", "Progress"]


@dataclass(frozen=True)
class Progress:
    """What the loop reports at intervals.

    Attributes
    ----------
    stage : str
    step, steps : int
        Steps done, and those of the whole stage.
    images : int
        Pictures seen since the first step of the first stage.
    loss : float
        Mean since the last report.
    images_per_s, left_s : float
        Speed since the last report, and seconds left in this stage.
    """

    stage: str
    step: int
    steps: int
    images: int
    loss: float
    images_per_s: float
    left_s: float


@dataclass
class Meter:
    """Loss and speed since the last report."""

    losses: list[Tensor] = field(default_factory=list)
    images: int = 0
    began: float = field(default_factory=time.monotonic)

    def add(self, loss: Tensor, images: int) -> None:
        self.losses.append(loss)  # read in the end: reading would wait for a GPU
        self.images += images

    def progress(self, state: State, stage: Stage) -> Progress:
        loss = float(torch.stack(self.losses).mean())
        speed = self.images / (time.monotonic() - self.began)
        left = (stage.steps - state.step) * stage.batch / speed
        return Progress(stage.name, state.step, stage.steps, state.images, loss, speed, left)
