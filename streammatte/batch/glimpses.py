"""What becomes of a file while it is done, to be looked at: now and then a frame with its result to the right."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from time import monotonic

import cv2
import numpy as np

from streammatte.compositing.layers import Layers
from streammatte.stages import Sink

__all__ = ["Glimpses", "glimpse"]

_MOST_PX = 640
_QUALITY = 85
_EVERY_S = 3.0


class Glimpses(Sink):
    """Shows the first frame that it is given, and another every 3 s.

    Parameters
    ----------
    show : callable
        Takes what `glimpse` returns.
    """

    def __init__(self, show: Callable[[bytes], object]) -> None:
        self._show = show
        self._due = -inf

    def write(self, layers: Layers) -> None:
        """Show the frame if it is time."""
        if monotonic() >= self._due:
            self._show(glimpse(layers))
            self._due = monotonic() + _EVERY_S

    def close(self) -> None:
        """Do nothing: nothing is held."""

    def abort(self) -> None:
        """Do nothing."""


def glimpse(layers: Layers) -> bytes:
    """Return a WebP with the frame on the left and the result, which may be transparent, on the right.

    Each is at most 640 pixels wide and high.
    """
    before = _small(layers.frame.rgb)
    whole = np.full(before.shape[:2], 255, np.uint8)
    if layers.holds("background") is None:
        after, alpha = _small(layers.foreground), _small(layers.levels)
    else:
        after, alpha = _small(layers.ordinary.rgb), whole
    pair = np.hstack([np.dstack([before, whole]), np.dstack([after, alpha])])  # (h, 2w, 4) R,G,B,A
    bgra = cv2.cvtColor(pair, cv2.COLOR_RGBA2BGRA)
    return cv2.imencode(".webp", bgra, [cv2.IMWRITE_WEBP_QUALITY, _QUALITY])[1].tobytes()


def _small(picture: np.ndarray) -> np.ndarray:
    height, width = picture.shape[:2]
    scale = min(1.0, _MOST_PX / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
