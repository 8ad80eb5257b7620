"""The command of docs/training/ablation.py."""

from __future__ import annotations

import importlib.util
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch

from streammatte.nn.network import MattingNetwork
from streammatte.research.train.config import Recipe, Stage


@pytest.fixture
def ablation(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    path = Path(__file__).parents[3] / "docs" / "training" / "ablation.py"
    spec = importlib.util.spec_from_file_location("ablation", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "ablation", module)
    spec.loader.exec_module(module)
    return module


def test_a_finished_variant_is_not_trained_again(
    ablation: ModuleType, packs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, out = tmp_path / "data", tmp_path / "out"
    data.mkdir()
    (data / "train").symlink_to(packs)
    recipe = Recipe((Stage("s", 1, 2, (64,), 64, 1e-3, trained="sn", warmup=1),))
    names, measured = ["(before)", "ours"], []
    monkeypatch.setattr(
        ablation,
        "variants",
        lambda steps, weigh: [ablation.Variant(n, recipe, scratch=True, trained=n != "(before)") for n in names],
    )

    def measure(network: MattingNetwork, data: Path) -> dict[str, float]:
        measured.append(network)
        return dict.fromkeys(ablation.COLUMNS, 0.5 * len(measured))

    monkeypatch.setattr(ablation, "measure", measure)
    monkeypatch.setattr(sys, "argv", ["ablation.py", "--data", str(data), "--out", str(out), "--steps", "1"])
    ablation.main()
    names.append("another")
    ablation.main()
    assert len(measured) == 3
    rows = (out / "ablation.md").read_text().splitlines()
    assert [row.split(" | ")[0].strip("| ") for row in rows[2:]] == ["(before)", "ours", "another"]
    assert rows[3] == "| ours | 1 | 1000 | 1000 | 1000 | 1000 | 1000 | 1000 | 1000 |"
    assert (out / "ours" / "checkpoint.pt").exists()
    assert not (out / "before" / "checkpoint.pt").exists()


def test_variants_have_names_of_their_own_and_end_with_the_paper_s_choices(
    ablation: ModuleType, tmp_path: Path
) -> None:
    variants = {variant.name: variant for variant in ablation.variants(40, ablation.WeighOnce(tmp_path / "weights"))}
    assert len(variants) == 26
    ours, paper = variants["ours"].recipe, variants["all of the paper's"].recipe
    assert variants["Adam's betas 0.5, 0.999"].recipe.betas == paper.betas != ours.betas
    assert ours.losses.weighed_by == paper.losses.weighed_by
    assert variants["equation 8's weights by the true alpha"].recipe.losses.weighed_by == "target"
    assert variants["equation 6's classes at pixels"].recipe.losses.classes == paper.losses.classes
    alike = variants["equation 7's classes all alike"].recipe.losses
    assert alike.unknown == paper.losses.unknown == 1 < ours.losses.unknown
    heads = variants["heads above the frame as chance has it"].recipe.mix
    assert heads == replace(ours.mix, with_head=0.0) != ours.mix
    trained = {name: sum(s.steps for s in v.recipe.stages) for name, v in variants.items() if v.trained}
    assert {steps for name, steps in trained.items() if "scratch" in name} == {80}
    assert {steps for name, steps in trained.items() if "scratch" not in name} == {40}


def test_the_decided_network_is_equation_5_with_a_decision(ablation: ModuleType) -> None:
    torch.manual_seed(0)
    network = ablation.DecidedNetwork().eval()
    image = torch.rand(1, 3, 64, 64)
    with torch.inference_mode():
        alpha = network(image).alpha[0, 0].numpy()
        logits = network.sn(image)
        refined = network.mrn(image, torch.softmax(logits[0], 1))[0, 0].numpy()
        upsampled = torch.nn.functional.interpolate(logits[0], (64, 64), mode="bilinear")[0].numpy()
    decided = np.argmax(upsampled, axis=0)
    for y in range(64):
        for x in range(64):
            expected = {0: 0.0, 1: 1.0, 2: refined[y, x]}[int(decided[y, x])]
            assert alpha[y, x] == pytest.approx(expected, abs=1e-6)
