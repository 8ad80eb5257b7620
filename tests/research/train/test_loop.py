from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from streammatte.nn.network import MattingNetwork
from streammatte.nn.weights import load_network
from streammatte.research.train.config import RECIPES, Recipe, Stage
from streammatte.research.train.loop import train
from streammatte.research.train.progress import Progress

RECIPE = Recipe(
    (
        Stage("first", 4, 2, (64,), 64, 1e-3, trained="sn", warmup=2),
        Stage("second", 4, 2, (64,), 64, 1e-3, trained="both", warmup=2),
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
    with (tmp_path / "broken" / "log.jsonl").open("a") as file:
        file.write('{"images": 14, "loss": 1}\n{"images": 1')  # of after the checkpoint, the second torn by the kill
    resumed = run(packs, tmp_path / "broken")
    for key, value in whole.state_dict().items():
        assert torch.equal(value, resumed.state_dict()[key]), key

    shipped = load_network(tmp_path / "broken" / "weights.safetensors").state_dict()
    assert torch.equal(shipped["mrn.head.weight"], whole.state_dict()["mrn.head.weight"])
    log = [json.loads(line) for line in (tmp_path / "whole" / "log.jsonl").read_text().splitlines()]
    losses = [record for record in log if "loss" in record]
    assert [record["images"] for record in losses] == [2, 4, 6, 8, 10, 12, 14, 16]
    broken = [json.loads(line) for line in (tmp_path / "broken" / "log.jsonl").read_text().splitlines()]
    assert [record["images"] for record in broken if "loss" in record] == [2, 4, 8, 10, 14, 16]
    assert all(math.isfinite(record["loss"]) for record in losses)
    assert [record["images"] for record in log if "hardest_people" in record] == [0, 8]


def test_training_makes_the_loss_smaller(packs: Path, tmp_path: Path) -> None:
    losses: list[float] = []
    recipe = Recipe((Stage("s", 80, 4, (64,), 64, 3e-3, trained="both", warmup=2),))
    torch.manual_seed(0)
    train(MattingNetwork(), packs, tmp_path, recipe, workers=0, report=lambda p: losses.append(p.loss), report_every=5)
    assert np.mean(losses[8:]) < 0.85 * np.mean(losses[:2])


def test_adam_gets_the_recipe_s_betas(packs: Path, tmp_path: Path) -> None:
    """After one step its means are (1 - beta1) g and (1 - beta2) g^2, whatever the gradient g."""
    recipe = Recipe((Stage("s", 1, 2, (64,), 64, 1e-3, trained="both", warmup=1),), betas=(0.5, 0.99))
    train(MattingNetwork(), packs, tmp_path, recipe, workers=0)
    means = torch.load(tmp_path / "checkpoint.pt")["optimiser"]["state"]
    checked = 0
    for mean in means.values():
        g, g2 = mean["exp_avg"].double() / 0.5, mean["exp_avg_sq"].double() / 0.01
        where = g.abs() > 1e-4
        checked += int(where.sum())
        assert torch.allclose(g[where] ** 2, g2[where], rtol=1e-3)
    assert checked > 1000


def test_without_an_average_the_last_weights_are_kept(packs: Path, tmp_path: Path) -> None:
    kept = {}
    for average in (0.0, 0.999):
        recipe = Recipe((Stage("s", 2, 2, (64,), 64, 1e-3, trained="sn", warmup=1),), average=average)
        network = MattingNetwork()
        train(network, packs, tmp_path / str(average), recipe, workers=0)
        last = torch.load(tmp_path / str(average) / "checkpoint.pt")["network"]
        kept[average] = all(torch.equal(value, last[key]) for key, value in network.state_dict().items())
    assert kept == {0.0: True, 0.999: False}


def test_the_paper_s_recipe_trains_and_goes_on(packs: Path, tmp_path: Path) -> None:
    """Its steps follow the pack's people (4 here), also when a stopped run goes on."""
    paper = RECIPES["paper"]
    stage = replace(paper.stages[0], steps=2, foregrounds=2, warmup=2, batch=2, sizes=(64,), long_side=64)
    seen: list[tuple[int, int]] = []

    def report(progress: Progress) -> None:
        seen.append((progress.step, progress.steps))
        if len(seen) == 2:
            raise KillError

    recipe = replace(paper, stages=(stage,))
    with pytest.raises(KillError):
        train(MattingNetwork(), packs, tmp_path, recipe, workers=0, report=report, report_every=1)
    train(MattingNetwork(), packs, tmp_path, recipe, workers=0, report=report, report_every=1)
    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_learning_rate() -> None:
    stage = Stage("s", 100, 1, (64,), 64, 0.5, trained="both", warmup=10)
    assert stage.learning_rate_at(0) == pytest.approx(0.05)
    assert stage.learning_rate_at(9) == pytest.approx(0.5)
    assert stage.learning_rate_at(55) == pytest.approx(0.5 * (0.01 + 0.99 * 0.5))
    assert stage.learning_rate_at(100) == pytest.approx(0.005)
