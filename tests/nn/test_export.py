from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from streammatte.engines import OnnxRuntimeEngine
from streammatte.matting import shipped_weights
from streammatte.nn.export import export
from streammatte.nn.network import MattingNetwork
from streammatte.nn.weights import load_network

SIZES = [(288, 512), (512, 384)]


@pytest.fixture(scope="module")
def network() -> MattingNetwork:
    return load_network(shipped_weights())


@pytest.mark.parametrize("size", SIZES)
def test_torchscript(network: MattingNetwork, tmp_path: Path, size: tuple[int, int]) -> None:
    export(network, tmp_path / "n.pt", "torchscript")
    image = torch.rand(1, 3, *size)
    exported = torch.jit.load(tmp_path / "n.pt")
    with torch.no_grad():
        assert (exported(image) - network(image).alpha).abs().max() <= 1e-3


@pytest.mark.parametrize("size", SIZES)
def test_onnx(network: MattingNetwork, tmp_path: Path, size: tuple[int, int]) -> None:
    export(network, tmp_path / "n.onnx")
    image = torch.rand(2, 3, *size)
    alpha = OnnxRuntimeEngine(tmp_path / "n.safetensors", threads=1).run(image.numpy())
    with torch.no_grad():
        assert np.abs(alpha - network(image).alpha.numpy()).max() <= 1e-3
