from __future__ import annotations

import pytest
import torch

from streammatte.nn.network import MattingNetwork
from streammatte.research.train.batches import Batch
from streammatte.research.train.config import Stage
from streammatte.research.train.losses import Losses
from streammatte.research.train.step import TrainingStep
from streammatte.research.train.team import ALONE


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs an NVIDIA GPU")
def test_a_recorded_step_learns_as_an_unrecorded_one() -> None:
    torch.manual_seed(0)
    pictures, alphas = torch.rand(4, 3, 96, 96), torch.rand(4, 1, 96, 96)
    stage = Stage("s", 4, 4, (96,), 96, 1e-3, trained="both", warmup=1)
    losses = {}
    for device in ("cpu", "cuda"):
        torch.manual_seed(0)
        network = MattingNetwork().to(device).train()
        optimiser = torch.optim.Adam(network.parameters(), 1e-3, fused=True)
        step = TrainingStep(network, optimiser, stage, Losses(), ALONE)
        losses[device] = [step(Batch(pictures.to(device), alphas.to(device), False), 1e-3).item() for _ in range(4)]
    assert losses["cuda"] == pytest.approx(losses["cpu"], rel=0.05)
