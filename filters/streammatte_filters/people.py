"""Which of the people in the picture are kept."""

from __future__ import annotations

from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt

from streammatte import Alpha, Layers
from streammatte_filters.limits import among

__all__ = ["People"]

_REDUCTION = 4
"""Pixels of the frame for each pixel in which people are told apart."""

_THERE = 0.3
"""Alpha from which a reduced pixel is somebody's."""

_GAP = 5
"""Reduced pixels: parts that are nearer to each other belong to one person, as an arm behind a microphone does."""

_LOYALTY = 1.5
"""So much larger must another person be than the one who was kept before, to be kept instead."""

_MISSED_S = 1.0
"""Seconds after which somebody else is kept where the one who was is nowhere to be seen."""

_COLUMNS = {"largest": cv2.CC_STAT_AREA, "nearest": cv2.CC_STAT_HEIGHT}
"""What of a person's box is compared."""

_Mask = npt.NDArray[np.uint8]


class People:
    """Keeps one person and makes the others clear; put it before the background.

    People who touch each other in the picture are one. Who was kept goes on being kept until somebody else is half as
    large again, or the first has been away for a second, so that it does not jump between two. Nobody is kept in that
    second, after a cut in a film too.

    Parameters
    ----------
    keep : {"largest", "nearest"}
        The one who covers most of the picture, or the one who is tallest in it, as people near the camera are.
    """

    def __init__(self, keep: Literal["largest", "nearest"] = "largest") -> None:
        self._keep = among("keep", keep, _COLUMNS)
        self.reset()

    def reset(self) -> None:
        """Forget who was kept."""
        self._before: _Mask | None = None
        self._seen_s = 0.0

    def __call__(self, layers: Layers) -> Layers:
        """Return the layers with alpha 0 on everybody else."""
        height, width = layers.alpha.shape
        size = max(1, width // _REDUCTION), max(1, height // _REDUCTION)
        there = (cv2.resize(layers.alpha, size, interpolation=cv2.INTER_AREA) > _THERE).astype(np.uint8)
        joined = cv2.morphologyEx(there, cv2.MORPH_CLOSE, np.ones((_GAP, _GAP), np.uint8))
        count, labels, boxes, _ = cv2.connectedComponentsWithStats(joined)
        if count == 1:
            return layers
        kept = self._chosen(np.asarray(labels, np.int32), np.asarray(boxes, np.int32), layers.frame.time)
        if kept == 0:
            return layers.with_alpha(np.zeros_like(layers.alpha))
        person = (labels == kept).astype(np.uint8)
        self._before, self._seen_s = person, layers.frame.time
        if count == 2:
            return layers
        others = cv2.dilate(joined & (1 - person), np.ones((_GAP, _GAP), np.uint8))
        clear = cv2.resize((others & (1 - person)).astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR)
        alpha: Alpha = layers.alpha * (1 - clear)
        return layers.with_alpha(alpha)

    def _chosen(self, labels: npt.NDArray[np.int32], boxes: npt.NDArray[np.int32], time_s: float) -> int:
        """The label of whom to keep; 0, the ground, while the one who was kept is missed for a moment."""
        sizes = boxes[:, _COLUMNS[self._keep]].astype(np.float64)
        sizes[0] = 0
        if self._before is not None and self._before.shape == labels.shape and time_s - self._seen_s < _MISSED_S:
            shared = np.bincount(labels[self._before > 0], minlength=len(sizes))
            shared[0] = 0
            if not shared.any():
                return 0
            sizes[shared.argmax()] *= _LOYALTY
        return int(sizes.argmax())
