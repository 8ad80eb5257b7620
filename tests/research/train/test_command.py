from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner

from streammatte.cli import cli
from streammatte.nn.weights import load_network
from streammatte.research.train import config
from streammatte.research.variants import VARIANTS


def test_a_variant_is_trained(packs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = config.RECIPES["streammatte"]
    joint = replace(recipe.stages[1], steps=1, batch=2, sizes=(64,), long_side=64, warmup=1)
    monkeypatch.setitem(config.RECIPES, "streammatte", replace(recipe, stages=(joint,)))
    out = tmp_path / "run"
    data = tmp_path / "data"
    data.mkdir()
    (data / "train").symlink_to(packs, target_is_directory=True)
    options = {"--data": data, "--out": out, "--variant": "short", "--workers": 0, "--threads": torch.get_num_threads()}
    result = CliRunner().invoke(cli, ["train", *(str(word) for option in options.items() for word in option)])
    assert result.exit_code == 0, result.output
    assert load_network(out / "weights.safetensors").config == VARIANTS["short"]


def test_a_team_says_once_what_is_wrong(tmp_path: Path) -> None:
    words = ["train", "--team", "2", "--threads", "1", "--workers", "0", "--data", str(tmp_path), "--out", "run"]
    done = subprocess.run(
        [sys.executable, "-m", "streammatte", *words], cwd=tmp_path, capture_output=True, text=True, timeout=120
    )
    assert done.returncode != 0
    assert done.stderr.count(str(tmp_path / "train")) == 1
    assert "Traceback" not in done.stderr
