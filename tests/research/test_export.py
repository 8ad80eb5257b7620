from __future__ import annotations

from importlib import resources
from pathlib import Path

import numpy as np
import pytest
import torch

from streammatte.engines import OnnxRuntimeEngine
from streammatte.fitting import fitted
from streammatte.io import open_source
from streammatte.matting import shipped_weights
from streammatte.nn.network import MattingNetwork
from streammatte.nn.weights import load_network
from streammatte.research.export import export

SIZES = [(288, 512), (512, 384)]


def someone(height: int, width: int) -> torch.Tensor:
    """(1, 3, height, width), a frame of the sample."""
    path = resources.files("streammatte") / "assets" / "sample.mp4"
    rgb = fitted(next(iter(open_source(str(path)))).rgb, (width, height))
    return torch.from_numpy(rgb).permute(2, 0, 1)[None].float() / 255


@pytest.fixture(scope="module")
def network() -> MattingNetwork:
    return load_network(shipped_weights())


@pytest.mark.parametrize("size", SIZES)
def test_onnx(network: MattingNetwork, tmp_path: Path, size: tuple[int, int]) -> None:
    export(network, tmp_path / "n.onnx")
    image = torch.cat([someone(*size), torch.rand(1, 3, *size)])
    alpha = OnnxRuntimeEngine(tmp_path / "n.safetensors", threads=1).run(image.numpy())
    with torch.no_grad():
        expected = network(image).alpha.numpy()
    assert 0.2 < expected[0].mean() < 0.8
    assert np.abs(alpha - expected).max() <= 1e-3
