from __future__ import annotations

from importlib import resources
from pathlib import Path

import numpy as np
import pytest
import torch

from streammatte.compositing.fitting import fitted
from streammatte.compositing.frames import Rgb
from streammatte.io import open_source
from streammatte.matting.engines import OnnxRuntimeEngine
from streammatte.matting.matter import shipped_weights
from streammatte.nn.network import MattingNetwork
from streammatte.nn.weights import load_network
from streammatte.research.export import export

SIZES = [(288, 512), (512, 384), (352, 736)]


def someone(height: int, width: int) -> Rgb:
    """(height, width, 3), a frame of the sample."""
    path = resources.files("streammatte") / "assets" / "sample.mp4"
    return fitted(next(iter(open_source(str(path)))).rgb, (width, height))


@pytest.fixture(scope="module")
def network() -> MattingNetwork:
    return load_network(shipped_weights())


@pytest.mark.parametrize("size", SIZES)
def test_onnx(network: MattingNetwork, tmp_path: Path, size: tuple[int, int]) -> None:
    export(network, tmp_path / "n.onnx")
    engine = OnnxRuntimeEngine(tmp_path / "n.safetensors", threads=1)
    for rgb in (someone(*size), np.random.default_rng(0).integers(0, 256, (*size, 3), np.uint8)):
        with torch.no_grad():
            expected = network(torch.from_numpy(rgb).permute(2, 0, 1)[None] / 255).alpha.numpy()
        assert np.abs(engine.run(rgb) - expected[0, 0]).max() <= 1e-3
    assert 0.2 < engine.run(someone(*size)).mean() < 0.8
