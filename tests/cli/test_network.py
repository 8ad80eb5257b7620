"""The commands that count the network and write it."""

from __future__ import annotations

from pathlib import Path

import pytest

from streammatte.errors import WeightsError
from streammatte.matting.engines import OnnxRuntimeEngine
from streammatte.matting.matter import shipped_weights
from streammatte.matting.onnx_files import origin
from streammatte.nn.network import MattingNetwork
from streammatte.nn.weights import load_network, save_network
from streammatte.research.export import export
from streammatte.research.variants import TABLES, VARIANTS, build


@pytest.mark.parametrize("table", TABLES)
def test_tables_count_every_variant_beside_the_paper(streammatte, table):
    lines = streammatte("model", "--table", table).output.splitlines()[2:]
    assert len(lines) == len(TABLES[table])
    for line, row in zip(lines, TABLES[table], strict=True):
        name, parameters, papers = (cell.strip() for cell in line.split("|")[1:4])
        network = build(VARIANTS[name])
        assert float(parameters) == pytest.approx(sum(p.numel() for p in network.parameters()) / 1e3, abs=0.005)
        assert float(papers) == row.parameters_k


def test_an_onnx_file_of_other_weights_is_refused(streammatte, tmp_path: Path):
    weights = tmp_path / "own.safetensors"
    weights.write_bytes(shipped_weights().read_bytes())
    assert streammatte("export", "--weights", weights, weights.with_suffix(".onnx")).exit_code == 0
    OnnxRuntimeEngine(weights, threads=1)
    save_network(MattingNetwork(), weights)
    with pytest.raises(WeightsError, match=r"other weights.*streammatte export"):
        OnnxRuntimeEngine(weights, threads=1)


def test_an_onnx_file_of_another_form_is_refused(tmp_path: Path):
    weights = tmp_path / "own.safetensors"
    weights.write_bytes(shipped_weights().read_bytes())
    export(load_network(weights), weights.with_suffix(".onnx"), note=origin(weights).split(", ")[1])
    with pytest.raises(WeightsError, match=r"earlier.*streammatte export"):
        OnnxRuntimeEngine(weights, threads=1)


def test_the_shipped_networks_belong_together():
    assert origin(shipped_weights()).encode() in shipped_weights().with_suffix(".onnx").read_bytes()
