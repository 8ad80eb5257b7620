"""One step of training: forward, backward, Adam."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from streammatte.nn.network import MattingNetwork
from streammatte.research.train.config import Stage
from streammatte.research.train.losses import Losses

__all__ = ["TrainingStep"]


class TrainingStep:
    """Trains a network by one batch after the other: `loss = step(pictures, alphas, learning_rate)`.

    On a GPU the network runs in bfloat16, but for what its heads give, and each shape of batch is recorded once as a
    CUDA graph: a network of many small layers would otherwise wait for Python.

    Parameters
    ----------
    network : MattingNetwork
    optimiser : Optimizer
        A fused Adam of the parameters that the stage trains.
    stage : Stage
    losses : Losses
    """

    def __init__(self, network: MattingNetwork, optimiser: torch.optim.Optimizer, stage: Stage, losses: Losses) -> None:
        self._network, self._optimiser, self._stage, self._losses = network, optimiser, stage, losses
        self._parameters = [p for group in optimiser.param_groups for p in group["params"]]
        self._device = self._parameters[0].device
        self._graphs: dict[torch.Size, _Recorded] = {}
        if self._device.type == "cuda":
            self._pool = torch.cuda.graph_pool_handle()  # the graphs run one after the other and share their memory
            heads = [network.mrn.head, network.sn.head, *network.sn.auxiliary]
            for head in heads:
                head.register_forward_hook(_in_full_precision)

    def __call__(self, pictures: Tensor, alphas: Tensor, learning_rate: float) -> Tensor:
        """Take a step by pictures (N, 3, H, W) and alphas (N, 1, H, W) in [0, 1]; returns the loss."""
        if self._device.type == "cuda":
            loss = self._replayed(pictures, alphas)
        else:
            self._optimiser.zero_grad(set_to_none=True)
            loss = self._gradients(pictures.contiguous(memory_format=torch.channels_last), alphas)
        for group in self._optimiser.param_groups:
            group["lr"] = learning_rate
        self._optimiser.step()
        return loss

    def _gradients(self, pictures: Tensor, alphas: Tensor) -> Tensor:
        on_gpu = self._device.type == "cuda"
        with torch.autocast(self._device.type, torch.bfloat16, enabled=on_gpu, cache_enabled=False):
            if self._stage.refine:
                output = self._network(pictures)
            else:
                logits = self._network.sn(pictures)
        if self._stage.refine:
            loss = self._losses.total(output, alphas, self._stage.pairs)
        else:
            loss = self._losses.sn(logits, alphas)
        loss.backward()  # type: ignore[no-untyped-call]
        return loss.detach()

    def _replayed(self, pictures: Tensor, alphas: Tensor) -> Tensor:
        if pictures.shape not in self._graphs:
            self._graphs[pictures.shape] = self._recorded(pictures, alphas)
        recorded = self._graphs[pictures.shape]
        recorded.pictures.copy_(pictures)
        recorded.alphas.copy_(alphas)
        recorded.graph.replay()
        return recorded.loss.clone()

    def _recorded(self, pictures: Tensor, alphas: Tensor) -> _Recorded:
        pictures, alphas = pictures.float().contiguous(memory_format=torch.channels_last), alphas.clone()
        before = {key: value.clone() for key, value in self._network.state_dict().items()}
        for parameter in self._parameters:
            parameter.grad = torch.zeros_like(parameter) if parameter.grad is None else parameter.grad
        gradients = [parameter.grad for parameter in self._parameters]
        aside = torch.cuda.Stream()  # type: ignore[no-untyped-call]
        aside.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(aside):  # as the documentation of CUDA graphs asks for
            self._gradients(pictures, alphas)
        torch.cuda.current_stream().wait_stream(aside)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, pool=self._pool):
            torch._foreach_zero_(gradients)
            loss = self._gradients(pictures, alphas)
        self._network.load_state_dict(before)  # running means, which the first look has moved
        return _Recorded(graph, pictures, alphas, loss)


@dataclass(frozen=True)
class _Recorded:
    graph: torch.cuda.CUDAGraph
    pictures: Tensor
    alphas: Tensor
    loss: Tensor


def _in_full_precision(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> Tensor:
    return output.float()
