"""One step of training: forward, backward, Adam."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from streammatte.nn.network import MattingNetwork
from streammatte.research.train.batches import Batch
from streammatte.research.train.config import Stage
from streammatte.research.train.losses import Losses
from streammatte.research.train.team import Team

__all__ = ["TrainingStep"]


class TrainingStep:
    """Trains a network by one batch after the other: `loss = step(batch, learning_rate)`.

    The network is set to training mode; where MRN alone is trained, SN to evaluation mode.

    On a GPU, and on processors that calculate in it, the network runs in bfloat16, but for what its heads give. On a
    GPU each shape of batch is recorded once as a CUDA graph: a network of many small layers would otherwise wait for
    Python.

    Parameters
    ----------
    network : MattingNetwork
    optimiser : Optimizer
        A fused Adam of the parameters that the stage trains.
    stage : Stage
    losses : Losses
    team : Team
        Whose gradients are averaged.
    """

    def __init__(
        self,
        network: MattingNetwork,
        optimiser: torch.optim.Optimizer,
        stage: Stage,
        losses: Losses,
        team: Team,
    ) -> None:
        self._network, self._optimiser, self._stage, self._losses, self._team = network, optimiser, stage, losses, team
        self._parameters = [p for group in optimiser.param_groups for p in group["params"]]
        network.train()
        network.sn.requires_grad_(stage.trained != "mrn")
        network.sn.train(stage.trained != "mrn")
        self._device = self._parameters[0].device
        self._graphs: dict[tuple[torch.Size, bool], _Recorded] = {}
        if self._device.type == "cuda":
            self._pool = torch.cuda.graph_pool_handle()  # the graphs run one after the other and share their memory
        for head in (network.mrn.head, network.sn.head, *network.sn.auxiliary):
            head.register_forward_hook(_in_full_precision)

    def __call__(self, batch: Batch, learning_rate: float) -> Tensor:
        """Take a step by a batch with pictures in [0, 1]; returns the loss."""
        if self._device.type == "cuda":
            loss = self._replayed(batch)
        else:
            self._optimiser.zero_grad(set_to_none=True)
            loss = self._gradients(
                batch._replace(pictures=batch.pictures.contiguous(memory_format=torch.channels_last))
            )
        self._team.average(self._parameters)
        for group in self._optimiser.param_groups:
            group["lr"] = learning_rate
        self._optimiser.step()
        return loss

    def _gradients(self, batch: Batch) -> Tensor:
        kind, trained = self._device.type, self._stage.trained
        with torch.autocast(kind, torch.bfloat16, enabled=calculates_in_bfloat16(kind), cache_enabled=False):
            if trained == "sn":
                logits = self._network.sn(batch.pictures)
            else:
                output = self._network(batch.pictures)
        if trained == "sn":
            loss = self._losses.sn(logits, batch.alphas, batch.pairs)
        elif trained == "mrn":
            loss = self._losses.mrn(output.alpha, batch.alphas, batch.pairs)
        else:
            loss = self._losses.total(output, batch.alphas, batch.pairs)
        loss.backward()  # type: ignore[no-untyped-call]
        return loss.detach()

    def _replayed(self, batch: Batch) -> Tensor:
        key = batch.pictures.shape, batch.pairs
        if key not in self._graphs:
            self._graphs[key] = self._recorded(batch)
        recorded = self._graphs[key]
        recorded.batch.pictures.copy_(batch.pictures)
        recorded.batch.alphas.copy_(batch.alphas)
        recorded.graph.replay()
        return recorded.loss.clone()

    def _recorded(self, batch: Batch) -> _Recorded:
        pictures = batch.pictures.float().contiguous(memory_format=torch.channels_last)
        batch = Batch(pictures, batch.alphas.clone(), batch.pairs)
        before = {key: value.clone() for key, value in self._network.state_dict().items()}
        for parameter in self._parameters:
            parameter.grad = torch.zeros_like(parameter) if parameter.grad is None else parameter.grad
        gradients = [parameter.grad for parameter in self._parameters]
        aside = torch.cuda.Stream()  # type: ignore[no-untyped-call]
        aside.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(aside):  # as the documentation of CUDA graphs asks for
            self._gradients(batch)
        torch.cuda.current_stream().wait_stream(aside)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, pool=self._pool):
            torch._foreach_zero_(gradients)
            loss = self._gradients(batch)
        self._network.load_state_dict(before)  # running means, which the first look has moved
        return _Recorded(graph, batch, loss)


def calculates_in_bfloat16(kind: str) -> bool:
    """Whether a kind of device, "cpu" or "cuda", has instructions for bfloat16."""
    capabilities: Mapping[str, Any] = getattr(
        torch.cpu, "get_capabilities", dict
    )()  # earlier versions of PyTorch do not tell
    return kind == "cuda" or bool(capabilities.get("avx512_bf16"))


@dataclass(frozen=True)
class _Recorded:
    graph: torch.cuda.CUDAGraph
    batch: Batch
    loss: Tensor


def _in_full_precision(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> Tensor:
    return output.float()
