"""The networks of the paper's tables 2 and 3, with the figures that the paper gives for its own."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from torch import nn

from streammatte.nn.config import NetworkConfig
from streammatte.nn.layers import OCBlock, OctaveWidths
from streammatte.nn.network import MattingNetwork
from streammatte.research.backbones import InvertedResidual, ShuffleUnit

__all__ = ["TABLES", "VARIANTS", "PaperRow", "build"]

_OURS = NetworkConfig()


def _one_group(*channels: int) -> tuple[OctaveWidths, ...]:
    return tuple(OctaveWidths(high, 0) for high in channels)


VARIANTS = {
    "ours": _OURS,
    "without-cfm-and-ena": replace(_OURS, cross_level_fusion=False, attention="none"),
    "without-cfm": replace(_OURS, cross_level_fusion=False),
    "without-ena": replace(_OURS, attention="none"),
    # the blocks of the published networks; at each of four resolutions the width of its last stage
    "mobilenetv2": replace(
        _OURS,
        backbone="mobilenetv2",
        segmentation_stem=16,
        segmentation_widths=_one_group(24, 32, 96, 320),
        segmentation_depths=(2, 3, 7, 4),
        refinement_widths=_one_group(16, 24, 32, 64),
    ),
    "shufflenetv2": replace(
        _OURS,
        backbone="shufflenetv2",
        segmentation_stem=24,
        segmentation_widths=_one_group(58, 116, 232, 464),
        segmentation_depths=(3, 4, 8, 4),
        refinement_widths=_one_group(16, 24, 48, 96),
    ),
    "non-local": replace(_OURS, attention="non-local"),
    "short": replace(_OURS, attention="short"),
    "long": replace(_OURS, attention="long"),
    "short+long-1": replace(_OURS, attention_interval=1),
    "short+long-2": replace(_OURS, attention_interval=2),
    "short+long-4": _OURS,
    "short+long-8": replace(_OURS, attention_interval=8),
}
"""Configuration by name."""

_BLOCKS: dict[str, type[nn.Module]] = {
    "octave": OCBlock,
    "mobilenetv2": InvertedResidual,
    "shufflenetv2": ShuffleUnit,
}


def build(config: NetworkConfig) -> MattingNetwork:
    """Make the network of any of these configurations, with random weights.

    Raises
    ------
    ValueError
        If its backbone is unknown.
    """
    if config.backbone not in _BLOCKS:
        raise ValueError(f"backbone is {config.backbone!r}; expected one of {', '.join(_BLOCKS)}")
    return MattingNetwork(config, _BLOCKS[config.backbone])


class PaperRow(NamedTuple):
    """A row of a table of the paper: thousands of parameters, GFLOPs at 512x512."""

    variant: str
    parameters_k: float
    gflops: float


TABLES = {
    2: (
        PaperRow("without-cfm-and-ena", 285.70, 0.63),
        PaperRow("without-cfm", 342.70, 0.93),
        PaperRow("without-ena", 287.83, 0.63),
        PaperRow("ours", 344.93, 0.93),
        PaperRow("mobilenetv2", 37_760, 27.02),
        PaperRow("shufflenetv2", 30_220, 20.52),
    ),
    3: (
        PaperRow("non-local", 421.69, 1.33),
        PaperRow("short", 325.15, 0.82),
        PaperRow("long", 292.19, 0.72),
        PaperRow("short+long-1", 424.11, 1.34),
        PaperRow("short+long-2", 371.43, 1.02),
        PaperRow("short+long-4", 344.83, 0.93),
        PaperRow("short+long-8", 340.27, 0.91),
    ),
}
"""Rows by the number of the table."""
