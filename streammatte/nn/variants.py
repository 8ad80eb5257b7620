"""The networks of the paper's tables 2 and 3, with the figures that the paper gives for its own."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from streammatte.nn.config import NetworkConfig
from streammatte.nn.layers import OctaveWidths

__all__ = ["TABLES", "VARIANTS", "PaperRow"]

_OURS = NetworkConfig()


def _one_group(*channels: int) -> tuple[OctaveWidths, ...]:
    return tuple(OctaveWidths(high, 0) for high in channels)


VARIANTS = {
    "ours": _OURS,
    "without-cfm-and-ena": replace(_OURS, cross_level_fusion=False, attention="none"),
    "without-cfm": replace(_OURS, cross_level_fusion=False),
    "without-ena": replace(_OURS, attention="none"),
    # widths and depths of the published networks, at the same four resolutions
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


class PaperRow(NamedTuple):
    """A row of a table of the paper: thousands of parameters, GFLOPs, and the metrics on Composition-1k."""

    variant: str
    parameters_k: float
    gflops: float
    sad: float
    mse: float
    grad: float
    conn: float


TABLES = {
    2: (
        PaperRow("without-cfm-and-ena", 285.70, 0.63, 56.86, 0.019, 36.81, 48.16),
        PaperRow("without-cfm", 342.70, 0.93, 34.33, 0.021, 28.24, 32.98),
        PaperRow("without-ena", 287.83, 0.63, 28.90, 0.013, 24.27, 26.35),
        PaperRow("ours", 344.93, 0.93, 19.59, 0.006, 18.70, 20.34),
        PaperRow("mobilenetv2", 37_760, 27.02, 47.21, 0.014, 30.28, 36.46),
        PaperRow("shufflenetv2", 30_220, 20.52, 48.72, 0.015, 33.84, 38.21),
    ),
    3: (
        PaperRow("non-local", 421.69, 1.33, 25.13, 0.010, 20.89, 22.67),
        PaperRow("short", 325.15, 0.82, 25.98, 0.011, 21.93, 23.02),
        PaperRow("long", 292.19, 0.72, 27.01, 0.013, 23.94, 24.31),
        PaperRow("short+long-1", 424.11, 1.34, 25.01, 0.010, 20.31, 22.96),
        PaperRow("short+long-2", 371.43, 1.02, 23.27, 0.009, 19.37, 21.61),
        PaperRow("short+long-4", 344.83, 0.93, 19.59, 0.006, 18.70, 20.34),
        PaperRow("short+long-8", 340.27, 0.91, 19.90, 0.008, 19.05, 21.35),
    ),
}
"""Rows by the number of the table."""
