from __future__ import annotations

from pathlib import Path

import torch
from torch import nn

from streammatte.nn.network import MattingNetwork
from streammatte.research.train import norms
from streammatte.research.train.config import Stage
from streammatte.research.train.data import load_training_set
from streammatte.research.train.norms import measure_norms

STAGE = Stage("s", 1, 2, (64,), 64, 1e-3, trained="both", warmup=1)


def _seen(network: MattingNetwork, inputs: dict[str, list[torch.Tensor]]) -> None:
    """Note what every batch norm is given from now on."""
    for name, module in network.named_modules():
        if isinstance(module, nn.BatchNorm2d):
            module.register_forward_pre_hook(
                lambda _, given, name=name: inputs.setdefault(name, []).append(given[0].detach().double().clone())
            )


def test_the_norms_hold_the_mean_and_variance_of_what_they_were_given(packs: Path, tmp_path: Path) -> None:
    torch.set_num_threads(1)
    torch.manual_seed(0)
    training_set = load_training_set(packs, tmp_path / "cache", 64)
    network = MattingNetwork()
    weights = {key: value.clone() for key, value in network.named_parameters()}
    seen: dict[str, list[torch.Tensor]] = {}
    _seen(network, seen)
    measure_norms(network, training_set, STAGE)

    assert len(seen) > 50
    for name, module in network.named_modules():
        if isinstance(module, nn.BatchNorm2d):
            batches = seen[name]
            assert sum(len(batch) for batch in batches) == norms.BATCHES * norms.TOGETHER
            mean = torch.stack([batch.mean((0, 2, 3)) for batch in batches]).mean(0)
            variance = torch.stack([batch.transpose(0, 1).flatten(1).var(1) for batch in batches]).mean(0)
            assert module.running_mean is not None
            assert module.running_var is not None
            torch.testing.assert_close(module.running_mean.double(), mean, rtol=1e-3, atol=1e-5)
            torch.testing.assert_close(module.running_var.double(), variance, rtol=1e-3, atol=1e-6)
            assert module.momentum == 0.1
            assert not module.training
    assert all(torch.equal(value, weights[key]) for key, value in network.named_parameters())


def test_what_the_norms_held_before_is_forgotten(packs: Path, tmp_path: Path) -> None:
    torch.set_num_threads(1)
    training_set = load_training_set(packs, tmp_path / "cache", 64)
    network = MattingNetwork()
    measure_norms(network, training_set, STAGE)
    first = {key: value.clone() for key, value in network.state_dict().items()}
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d) and module.running_mean is not None and module.running_var is not None:
            module.running_mean += 3
            module.running_var *= 7
    measure_norms(network, training_set, STAGE)
    assert all(torch.equal(value, first[key]) for key, value in network.state_dict().items())
