"""What the way of a frame costs on this machine, part by part and as a whole."""

from __future__ import annotations

from streammatte.bench.clips import EDITS, LOOKS, SIZES
from streammatte.bench.clock import Cost
from streammatte.bench.mediapipe import mediapipe_costs
from streammatte.bench.runs import FileRun, LiveRun, file_runs, live_run
from streammatte.bench.stages import STAGES, stage_costs

__all__ = [
    "EDITS",
    "LOOKS",
    "SIZES",
    "STAGES",
    "Cost",
    "FileRun",
    "LiveRun",
    "file_runs",
    "live_run",
    "mediapipe_costs",
    "stage_costs",
]
