from __future__ import annotations

import shutil
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from streammatte.errors import UsageError
from streammatte.nn.network import MattingNetwork
from streammatte.research.train.config import Recipe, Stage
from streammatte.research.train.loop import train

SN = Recipe((Stage("s", 3, 2, (64,), 64, 1e-3, trained="sn", warmup=1),))


def checkpoint(out: Path) -> dict:
    return torch.load(out / "checkpoint.pt")


def test_a_run_of_sn_goes_on_with_both_networks_and_back(packs: Path, tmp_path: Path) -> None:
    """What Adam knows of SN is kept, so that its steps are counted on; MRN's begin then, and are forgotten again."""
    torch.manual_seed(0)
    network = MattingNetwork()
    begun = network.mrn.head.weight.detach().clone()
    train(network, packs, tmp_path, SN, workers=0)
    alone = checkpoint(tmp_path)
    assert torch.equal(alone["network"]["mrn.head.weight"], begun)
    both = replace(SN, stages=(replace(SN.stages[0], steps=5, trained="both"),))
    train(network, packs, tmp_path, both, workers=0)
    joint = checkpoint(tmp_path)
    steps = [int(each["step"]) for each in joint["optimiser"]["state"].values()]
    count = len(alone["optimiser"]["state"])
    assert steps[:count] == [5] * count
    assert steps[count:] == [2] * (len(steps) - count)
    assert len(steps) > count
    assert not torch.equal(joint["network"]["mrn.head.weight"], begun)
    train(network, packs, tmp_path, replace(SN, stages=(replace(SN.stages[0], steps=6),)), workers=0)
    again = checkpoint(tmp_path)
    assert [int(each["step"]) for each in again["optimiser"]["state"].values()] == [6] * count
    assert torch.equal(again["network"]["mrn.head.weight"], joint["network"]["mrn.head.weight"])


def test_mrn_alone_learns_under_sn_as_it_is(packs: Path, tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = MattingNetwork()
    before = {key: value.clone() for key, value in network.state_dict().items()}
    recipe = replace(SN, stages=(replace(SN.stages[0], trained="mrn"),), measured_norms=False)
    train(network, packs, tmp_path, recipe, workers=0)
    after = checkpoint(tmp_path)["network"]
    for key, value in before.items():
        if key.startswith("sn."):
            assert torch.equal(after[key], value), key
    assert not torch.equal(after["mrn.head.weight"], before["mrn.head.weight"])


def test_a_run_of_some_minutes_leaves_a_checkpoint_and_weights(packs: Path, tmp_path: Path) -> None:
    train(MattingNetwork(), packs, tmp_path, SN, workers=0, minutes=0.0)
    assert checkpoint(tmp_path)["step"] == 1
    assert (tmp_path / "weights.safetensors").exists()
    train(MattingNetwork(), packs, tmp_path, SN, workers=0)
    assert checkpoint(tmp_path)["step"] == 3


def test_a_run_goes_on_with_a_pack_more(packs: Path, tmp_path: Path) -> None:
    """How often each is drawn is not known for what has been added, so that all are looked at anew."""
    torch.manual_seed(0)
    data, out = tmp_path / "data", tmp_path / "out"
    shutil.copytree(packs, data)
    train(MattingNetwork(), packs, out, replace(SN, stages=(replace(SN.stages[0], steps=2),)), workers=0)
    before = len(checkpoint(out)["hardness"]["people"])
    with tarfile.open(data / "portraits.tar") as pack, tarfile.open(data / "others.tar", "w") as others:
        for member in pack:
            content = pack.extractfile(member)
            member.name = member.name.replace("a_", "other_")
            others.addfile(member, content)
    train(MattingNetwork(), data, out, SN, workers=0)
    after = checkpoint(out)["hardness"]["people"]
    assert len(after) > before
    assert len(set(after.tolist())) > 1


def test_adam_goes_on_from_stage_to_stage_of_the_same_network(packs: Path, tmp_path: Path) -> None:
    stage = SN.stages[0]
    recipe = replace(SN, stages=(stage, replace(stage, name="t", steps=2), replace(stage, name="u", trained="mrn")))
    for until, steps in ((1, 3), (2, 5), (3, 3)):
        train(MattingNetwork(), packs, tmp_path, replace(recipe, stages=recipe.stages[:until]), workers=0)
        content = checkpoint(tmp_path)
        assert content["stage"] == recipe.stages[until - 1].name
        assert {int(each["step"]) for each in content["optimiser"]["state"].values()} == {steps}
    with pytest.raises(UsageError, match="stage 'u'; expected one of the recipe's: s"):
        train(MattingNetwork(), packs, tmp_path, SN, workers=0)
