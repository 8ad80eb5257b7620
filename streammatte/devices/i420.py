"""Frames as virtual cameras take them: Y, U and V one after the other."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from streammatte.compositing.fitting import FitMode, fitted
from streammatte.compositing.frames import Frame
from streammatte.compositing.planes import planes_of

__all__ = ["COLOURS", "i420"]

COLOURS = 6, False
"""The matrix (BT.601) and range of what is written."""


def i420(frame: Frame, size: tuple[int, int], fit: FitMode) -> NDArray[np.uint8]:
    """Return a frame as I420.

    Parameters
    ----------
    frame : Frame
        Its planes are taken as they are where they fit.
    size : tuple of int
        (w, h) to bring it to, both even.
    fit : {"cover", "contain"}
        Whether a frame of another shape is cut off at the edges, or has black bars beside it.

    Returns
    -------
    ndarray
        (W * H * 3 / 2,) uint8.
    """
    planes = frame.planes
    if planes is not None and planes.plain and (planes.size, planes.matrix, planes.full_range) == (size, *COLOURS):
        each = planes.y, planes.u, planes.v
    else:
        each = planes_of(fitted(frame.rgb, size, fit), size, *COLOURS)
    return np.concatenate([plane.reshape(-1) for plane in each])
