"""Parameters and floating-point operations of a network and its parts."""

from __future__ import annotations

from copy import deepcopy
from typing import NamedTuple

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from streammatte.nn.network import MattingNetwork

__all__ = ["Part", "complexity"]

_PARTS = {
    "network": "",
    "SN": "sn",
    "SN encoder": "sn.encoder",
    "CFM": "sn.fusion",
    "SN decoder": "sn.decoder",
    "MRN": "mrn",
    "MRN encoder": "mrn.encoder",
    "ENA": "mrn.attention",
    "ENA image feature": "mrn.image_feature",
    "MRN decoder": "mrn.decoder",
}


class Part(NamedTuple):
    """What a part of the network costs.

    Attributes
    ----------
    name : str
    parameters : int
    flops : int
        Operations of convolutions and matrix products, a multiply-add counted as two.
    """

    name: str
    parameters: int
    flops: int


def complexity(network: MattingNetwork, size: tuple[int, int] = (512, 512)) -> list[Part]:
    """Count for one picture of `size` (w, h); the heads that only training uses are in the parameters."""
    network = deepcopy(network).to("meta").eval()  # shapes are enough to count by
    counter = FlopCounterMode(display=False)
    with counter, torch.no_grad():
        network(torch.empty(1, 3, size[1], size[0], device="meta"))
    operations = {name: sum(counts.values()) for name, counts in counter.get_flop_counts().items()}
    parts = []
    for name, path in _PARTS.items():
        module: nn.Module | None = network
        for step in filter(None, path.split(".")):
            module = getattr(module, step)
        if module is not None:
            parameters = sum(parameter.numel() for parameter in module.parameters())
            parts.append(Part(name, parameters, _operations(operations, path)))
    return parts


def _operations(operations: dict[str, int], path: str) -> int:
    name = ".".join(filter(None, ("MattingNetwork", path)))
    if name in operations:
        return operations[name]
    # a list of modules has no forward of its own: the sum of its items
    return sum(count for key, count in operations.items() if key.rpartition(".")[0] == name)
