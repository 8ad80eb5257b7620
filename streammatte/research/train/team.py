"""Several processes that train one network: each learns from its part of a batch, and gradients are averaged."""

from __future__ import annotations

import atexit
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import torch
from torch import Tensor, distributed

__all__ = ["ALONE", "Team"]

T = TypeVar("T")

PATIENCE = timedelta(hours=6)
"""How long members wait for each other: the first one validates, and any of them may be stopped for a while."""


@dataclass(frozen=True)
class Team:
    """A place in a team; alone by default.

    Attributes
    ----------
    rank, size : int
        The number of this process, from 0, and how many there are.
    """

    rank: int = 0
    size: int = 1

    @classmethod
    def joined(cls, meeting: Path, rank: int, size: int) -> Team:
        """Wait at the file `meeting`, which is not there before, for the others of a new team."""
        distributed.init_process_group(
            "gloo", init_method=f"file://{meeting}", rank=rank, world_size=size, timeout=PATIENCE
        )
        atexit.register(distributed.destroy_process_group)  # whose threads would end the process in an abort, at times
        return cls(rank, size)

    def average(self, parameters: Sequence[Tensor]) -> None:
        """Make the gradients of all members their mean."""
        if self.size == 1:
            return
        gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
        together = torch.cat([gradient.reshape(-1) for gradient in gradients])
        distributed.all_reduce(together)
        start = 0
        for gradient in gradients:
            mean = together[start : start + gradient.numel()] / self.size
            gradient.copy_(mean.view(gradient.shape))
            start += gradient.numel()

    def shared(self, value: T) -> T:
        """What the first member has."""
        if self.size == 1:
            return value
        box = [value]
        distributed.broadcast_object_list(box)
        return box[0]


ALONE = Team()
