"""The network as an ONNX file, for other engines."""

from __future__ import annotations

import warnings
from pathlib import Path

import torch

from streammatte.errors import MissingExtraError
from streammatte.nn.folding import folded
from streammatte.nn.network import MattingNetwork

__all__ = ["INPUT_NAME", "OUTPUT_NAME", "export"]

INPUT_NAME = "image"
OUTPUT_NAME = "alpha"
_FREE = {
    INPUT_NAME: {0: "batch", 1: "height", 2: "width"},
    OUTPUT_NAME: {0: "batch", 2: "height", 3: "width"},
}


def export(network: MattingNetwork, path: Path, size: tuple[int, int] | None = None, note: str = "") -> None:
    """Write the folded network in ONNX form: `image` (N, H, W, 3) uint8 to `alpha` (N, 1, H, W) float32.

    Parameters
    ----------
    network : MattingNetwork
        In any mode; it is not changed.
    path : Path
        The file to write.
    size : tuple of int, optional
        (width, height), multiples of 32, to which the file is bound; by default N, H and W are free.
    note : str
        What the file says of itself.

    Raises
    ------
    MissingExtraError
        If the package onnx is not installed.
    """
    try:
        import onnx
    except ImportError as error:
        raise MissingExtraError(
            "writing ONNX files needs the package onnx, which is missing",
            remedy="run: pip install 'streammatte[train]'",
        ) from error
    width, height = size or (512, 288)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch warns that its tracing exporter is the older one of its two
        torch.onnx.export(
            folded(network),
            (torch.zeros(1, height, width, 3, dtype=torch.uint8),),
            str(path),
            input_names=[INPUT_NAME],
            output_names=[OUTPUT_NAME],
            dynamic_axes=_FREE if size is None else None,
            opset_version=17,
            dynamo=False,
        )
    model = onnx.load(path)
    model.doc_string = note
    onnx.save(model, path)
