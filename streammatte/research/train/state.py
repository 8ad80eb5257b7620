"""Everything that a training run needs to go on."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from streammatte.nn.network import MattingNetwork
from streammatte.research.train.data import TrainingSet
from streammatte.research.train.mix import Hardness

__all__ = ["State"]


@dataclass
class State:
    """Everything that a run needs to go on.

    `stage` is the name of the recipe's stage. There is no `hardness` before anything has been weighed.
    """

    network: MattingNetwork
    average: dict[str, Tensor]
    optimiser: torch.optim.Optimizer
    stage: str
    hardness: Hardness | None = None
    step: int = 0
    images: int = 0

    def save(self, path: Path) -> None:
        content: dict[str, Any] = {"stage": self.stage, "step": self.step, "images": self.images}
        hardness = {} if self.hardness is None else asdict(self.hardness)
        content["hardness"] = {key: torch.from_numpy(value) for key, value in hardness.items()}
        content["network"] = self.network.state_dict()
        content["average"] = self.average
        content["optimiser"] = self.optimiser.state_dict()
        partial = path.with_suffix(".partial")
        torch.save(content, partial)
        partial.replace(path)

    def restore(self, content: dict[str, Any], training_set: TrainingSet) -> None:
        """Take over what `save` wrote; what was weighed in another training set is forgotten."""
        self.network.load_state_dict(content["network"])
        # SN's parameters come first, whatever is trained: what a run of SN alone knows about them helps one of both
        fresh = self.optimiser.state_dict()
        count = len(fresh["param_groups"][0]["params"])
        known = {number: means for number, means in content["optimiser"]["state"].items() if number < count}
        self.optimiser.load_state_dict({**fresh, "state": known})
        self.average = {
            key: value.to(next(self.network.parameters()).device) for key, value in content["average"].items()
        }
        if content["hardness"]:
            hardness = Hardness(**{key: value.numpy() for key, value in content["hardness"].items()})
            self.hardness = hardness if hardness.fits(training_set) else None
        self.step = content["step"]

    def averaged(self) -> MattingNetwork:
        """A network of its own like the trained one, with the moving average's weights."""
        network = deepcopy(self.network)
        network.load_state_dict(self.average)
        return network

    def count(self, pictures: int) -> None:
        """One more step, of so many pictures."""
        self.step += 1
        self.images += pictures

    @torch.no_grad()
    def update_average(self, decay: float) -> None:
        decay = min(decay, (1 + self.images) / (300 + self.images))  # the first weights are not worth remembering
        values = self.network.state_dict()
        floating = [key for key, value in values.items() if value.dtype.is_floating_point]
        torch._foreach_lerp_([self.average[key] for key in floating], [values[key] for key in floating], 1 - decay)
        for key in values.keys() - set(floating):
            self.average[key].copy_(values[key])
