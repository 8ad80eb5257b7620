from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
import torch

from streammatte.errors import UsageError
from streammatte.nn.network import MattingNetwork
from streammatte.nn.weights import load_network
from streammatte.train.config import Recipe, Stage
from streammatte.train.loop import Progress, learning_rate, train

RECIPE = Recipe(
    (
        Stage("first", 4, 2, 64, 64, 1e-3, refine=False, warmup=2),
        Stage("second", 4, 2, 64, 64, 1e-3, refine=True, warmup=2),
    )
)


class KillError(Exception):
    pass


def run(packs: Path, out: Path, kill_at: tuple[str, int] | None = None) -> MattingNetwork:
    torch.manual_seed(0)
    torch.set_num_threads(1)
    network = MattingNetwork()

    def report(progress: Progress) -> None:
        if (progress.stage, progress.step) == kill_at:
            raise KillError

    train(network, packs, out, RECIPE, workers=0, report=report, report_every=1, validate_every=100)
    return network


def test_a_killed_run_goes_on_as_if_nothing_had_happened(packs: Path, tmp_path: Path) -> None:
    whole = run(packs, tmp_path / "whole")
    for kill in (("first", 3), ("second", 2)):
        with pytest.raises(KillError):
            run(packs, tmp_path / "broken", kill)
    resumed = run(packs, tmp_path / "broken")
    for key, value in whole.state_dict().items():
        assert torch.equal(value, resumed.state_dict()[key]), key

    shipped = load_network(tmp_path / "broken" / "weights.safetensors").state_dict()
    assert torch.equal(shipped["mrn.head.weight"], whole.state_dict()["mrn.head.weight"])
    log = [json.loads(line) for line in (tmp_path / "whole" / "log.jsonl").read_text().splitlines()]
    assert [record["images"] for record in log] == [2, 4, 6, 8, 10, 12, 14, 16]
    assert all(math.isfinite(record["loss"]) for record in log)


def test_training_makes_the_loss_smaller(packs: Path, tmp_path: Path) -> None:
    losses: list[float] = []
    recipe = Recipe((Stage("s", 80, 4, 64, 64, 3e-3, refine=True, warmup=2),))
    torch.manual_seed(0)
    train(MattingNetwork(), packs, tmp_path, recipe, workers=0, report=lambda p: losses.append(p.loss), report_every=5)
    assert losses[-1] < 0.8 * losses[0]


def test_learning_rate() -> None:
    stage = Stage("s", 100, 1, 64, 64, 0.5, refine=True, warmup=10)
    assert learning_rate(stage, 0) == pytest.approx(0.05)
    assert learning_rate(stage, 9) == pytest.approx(0.5)
    assert learning_rate(stage, 55) == pytest.approx(0.5 * (0.01 + 0.99 * 0.5))
    assert learning_rate(stage, 100) == pytest.approx(0.005)


def test_an_unknown_stage_is_refused(packs: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="first, second"):
        train(MattingNetwork(), packs, tmp_path, RECIPE, first_stage="third")
