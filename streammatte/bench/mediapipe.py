"""MediaPipe's selfie segmenter with a plain blend: what somebody might use instead, where it is installed."""

from __future__ import annotations

import importlib
import tempfile
from collections import deque
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from streammatte.bench.clips import filters_of, scaled
from streammatte.bench.clock import Clock, Cost, median
from streammatte.compositing.layers import Layers
from streammatte.io.video_colour import ToVideo
from streammatte.io.video_source import VideoSource

__all__ = ["mediapipe_costs"]

_LANDSCAPE = 1
"""Its faster model, which sees 256x144 pixels."""


def mediapipe_costs(clip: str | Path, size: tuple[int, int], *, frames: int = 40) -> dict[str, Cost]:
    """Time the segmenter, and a blend with a picture by its mask, on a clip's first frames at a size.

    Returns
    -------
    dict
        Stage to cost: ``rgb``, which it takes, ``segment``, ``blend`` and ``convert``, as the encoder takes it. Empty
        where MediaPipe is not installed, or holds no model any more, as after version 0.10.21.
    """
    try:
        segmentation: Any = importlib.import_module("mediapipe.python.solutions.selfie_segmentation")
    except ImportError:
        return {}
    times: dict[str, list[tuple[float, float]]] = {}
    with tempfile.TemporaryDirectory() as folder, VideoSource(scaled(clip, size, Path(folder), frames)) as source:
        pictures = deque(source)  # all of them, so that no decoder goes on beside the rest
    to_video = ToVideo(source.colour, "yuv420p")
    layers = Layers.opaque(pictures[0])
    for step in filters_of("picture"):
        layers = step(layers)
    background = layers.background
    with segmentation.SelfieSegmentation(model_selection=_LANDSCAPE) as segmenter:
        while pictures:
            frame, clock = pictures.popleft(), Clock()
            rgb = frame.rgb
            passed = [clock.passed("rgb")]
            mask = segmenter.process(rgb).segmentation_mask  # (H, W) float32 in [0, 1]
            passed.append(clock.passed("segment"))
            blended = np.asarray(cv2.blendLinear(rgb, background, mask, 1 - mask), np.uint8)
            passed.append(clock.passed("blend"))
            to_video(blended)
            passed.append(clock.passed("convert"))
            for stage, cpu_s, wall_s in passed:
                times.setdefault(stage, []).append((cpu_s, wall_s))
    return {stage: median(found) for stage, found in times.items()}
