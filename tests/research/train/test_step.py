from __future__ import annotations

from typing import Literal

import pytest
import torch
import torch.nn.functional as F

from streammatte.matting.matter import shipped_weights
from streammatte.nn.network import MattingNetwork
from streammatte.nn.weights import load_network
from streammatte.research.train import step as steps
from streammatte.research.train.batches import Batch
from streammatte.research.train.config import Stage
from streammatte.research.train.losses import Losses
from streammatte.research.train.step import TrainingStep
from streammatte.research.train.team import ALONE

torch.manual_seed(0)
PICTURES, ALPHAS = (F.interpolate(torch.rand(4, n, 8, 8), (128, 128)) for n in (3, 1))
BATCH = Batch(PICTURES, ALPHAS, False)


def losses_on(device: str, batch: Batch = BATCH) -> list[float]:
    torch.manual_seed(0)
    network = MattingNetwork().to(device)
    stage = Stage("s", 4, 4, (128,), 128, 1e-3, trained="both", warmup=1)
    step = TrainingStep(network, torch.optim.Adam(network.parameters(), fused=True), stage, Losses(), ALONE)
    batch = Batch(batch.pictures.to(device), batch.alphas.to(device), batch.pairs)
    return [step(batch, 1e-3).item() for _ in range(4)]


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs an NVIDIA GPU")
def test_a_recorded_step_learns_as_an_unrecorded_one() -> None:
    assert losses_on("cuda") == pytest.approx(losses_on("cpu"), rel=0.05)


@pytest.mark.parametrize("trained", ["sn", "mrn"])
def test_gradients_in_bfloat16_are_those_in_float32_up_to_rounding(
    trained: Literal["sn", "mrn"], monkeypatch: pytest.MonkeyPatch
) -> None:
    network = load_network(shipped_weights())
    learning = network.sn if trained == "sn" else network.mrn
    stage = Stage("s", 1, 4, (128,), 128, 1e-3, trained=trained, warmup=1)
    found = {}
    for bfloat16 in (False, True):
        monkeypatch.setattr(steps, "calculates_in_bfloat16", lambda kind, says=bfloat16: says)
        TrainingStep(network, torch.optim.Adam(learning.parameters(), fused=True), stage, Losses(), ALONE)(BATCH, 0.0)
        found[bfloat16] = torch.cat([parameter.grad.flatten() for parameter in learning.parameters()])
    assert torch.cosine_similarity(found[True], found[False], dim=0) > 0.85
    assert not torch.equal(found[True], found[False])
