"""CPU time of networks in several engines, and the widths that were tried before the shipped ones were chosen."""

from __future__ import annotations

import importlib.util
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from streammatte.matting.engines import OnnxRuntimeEngine, OpenVinoEngine
from streammatte.nn.config import NetworkConfig
from streammatte.nn.folding import folded
from streammatte.nn.layers import OctaveWidths
from streammatte.nn.network import MattingNetwork
from streammatte.research.complexity import complexity
from streammatte.research.export import INPUT_NAME, export

__all__ = ["CANDIDATES", "ENGINES", "Timing", "time_candidates"]

ENGINES = ("torch", "torch, folded", "onnxruntime", "openvino", "opencv dnn")


def _widths(*pairs: tuple[int, int]) -> tuple[OctaveWidths, ...]:
    return tuple(OctaveWidths(*pair) for pair in pairs)


_SHIPPED = NetworkConfig()
_NARROW_REFINEMENT = _widths((8, 8), (16, 16), (24, 32), (32, 48))

CANDIDATES = {
    "shipped": _SHIPPED,
    "narrow MRN": replace(_SHIPPED, refinement_stem=8, refinement_widths=_NARROW_REFINEMENT),
    "12-channel MRN": replace(
        _SHIPPED, refinement_stem=12, refinement_widths=_widths((12, 12), (16, 24), (24, 32), (32, 48))
    ),
    "wide MRN": replace(
        _SHIPPED, refinement_widths=_widths((16, 16), (16, 32), (32, 32), (32, 32)), attention_width=32
    ),
    "narrow SN": replace(
        _SHIPPED,
        segmentation_widths=_widths((16, 16), (24, 32), (48, 64), (64, 96)),
        refinement_stem=8,
        refinement_widths=_NARROW_REFINEMENT,
    ),
    "SN wide at high resolution": replace(
        _SHIPPED, segmentation_stem=32, segmentation_widths=_widths((32, 32), (48, 48), (48, 64), (64, 80))
    ),
    "shallow SN": replace(
        _SHIPPED,
        segmentation_depths=(1, 2, 4, 3),
        segmentation_widths=_widths((16, 32), (32, 48), (64, 96), (80, 112)),
    ),
    "without ENA": replace(_SHIPPED, attention="none"),
}
"""Networks by name; the first is the shipped one. Weights are random: only the time is of interest."""


class Timing(NamedTuple):
    """One candidate.

    Attributes
    ----------
    name : str
    parameters, flops : int
        Operations at 512x512, a multiply-add counted as two.
    cpu_ms : dict
        Engine to CPU milliseconds for one picture at one thread, the median; None where the engine is not installed.
    """

    name: str
    parameters: int
    flops: int
    cpu_ms: dict[str, float | None]


def time_candidates(size: tuple[int, int] = (512, 288), repeats: int = 25) -> Iterator[Timing]:
    """Time each candidate on one picture of `size` (w, h) at one thread."""
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    rgb = np.random.default_rng(0).integers(0, 256, (size[1], size[0], 3), np.uint8)
    for name, config in CANDIDATES.items():
        torch.manual_seed(0)
        network = MattingNetwork(config).eval()
        total = complexity(network)[0]
        times = {engine: _cpu_ms(run, repeats) for engine, run in _runners(network, rgb)}
        yield Timing(name, total.parameters, total.flops, {engine: times.get(engine) for engine in ENGINES})


def _runners(network: MattingNetwork, rgb: NDArray[np.uint8]) -> Iterator[tuple[str, Callable[[], object]]]:
    picture = torch.from_numpy(rgb)[None]  # (1, H, W, 3)
    inputs = (picture.permute(0, 3, 1, 2) / 255, picture)
    for name, module, tensor in zip(ENGINES, (network, folded(network)), inputs, strict=False):
        ready = module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        yield name, lambda ready=ready, tensor=tensor: _infer(ready, tensor)  # type: ignore[misc]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "candidate.onnx"
        export(network, path)
        onnxruntime_engine = OnnxRuntimeEngine(path, threads=1)
        yield "onnxruntime", lambda: onnxruntime_engine.run(rgb)
        if importlib.util.find_spec("openvino"):
            openvino_engine = OpenVinoEngine(path, threads=1)
            yield "openvino", lambda: openvino_engine.run(rgb)
        fixed = Path(folder) / "fixed.onnx"  # OpenCV's dnn reads shapes that are known beforehand only
        export(network, fixed, size=(rgb.shape[1], rgb.shape[0]))
        net = cv2.dnn.readNetFromONNX(str(fixed))
        yield "opencv dnn", lambda: (net.setInput(rgb[None], INPUT_NAME), net.forward())


def _infer(network: torch.nn.Module, picture: torch.Tensor) -> object:
    with torch.inference_mode():
        return network(picture)


def _cpu_ms(run: Callable[[], object], repeats: int) -> float:
    for _ in range(5):
        run()
    times = []
    for _ in range(repeats):
        began = time.process_time()
        run()
        times.append(time.process_time() - began)
    return statistics.median(times) * 1e3
