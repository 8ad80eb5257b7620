"""A matter that works less: at a lower rate, within a budget, and not at all while the picture stands still."""

from __future__ import annotations

from functools import lru_cache
from math import inf
from time import monotonic, process_time
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from streammatte.compositing.frames import Alpha, Frame
from streammatte.errors import UsageError
from streammatte.live.budget import Budget
from streammatte.stages import Matter

__all__ = ["CarryingMatter"]

_Luma = NDArray[np.uint8]
"""(h, w) uint8: the luminance of a frame, reduced."""

_Flow = NDArray[np.float32]
"""(h, w, 2) float32: how far to the right of each pixel, and how far below, it was before."""

_REDUCED_WIDTH = 256
_STILL_LEVELS = 1.8
"""Levels of 255 by which no block of the picture may have changed for it to stand still."""

_INSIDE = 4
"""The power of alpha by which the motion of a pixel counts for the person's."""

_COARSER = 4
"""Times smaller than the luma that it was found in is the flow when it is smoothed."""

_REACH_PX = 1.75
"""Pixels of that: how far the person's motion reaches over the edge."""

_BLOCKS = 20
"""Blocks across the picture whose changes are looked at, each meant over, so that noise does not count."""

_REST_AT_MOST_S = 2.0
"""However still the picture, alpha is found anew after so many seconds."""

_EARLY_S = 0.002
"""So much before its time may alpha be found, so that rounding does not miss a frame."""


class _Matted(NamedTuple):
    """The last frame that went through the network."""

    luma: _Luma
    alpha: Alpha
    time: float


class CarryingMatter:
    """Gives every frame an alpha of its own, but asks another matter for fewer of them; a `Matter`.

    In between, the last alpha is carried along the motion that optical flow (DIS, Kroeger et al. 2016) finds between
    the frame it was found for and the present one. While no part of the picture changes, it is given again as it is.

    Parameters
    ----------
    matter : Matter
        Finds alpha.
    matte_fps : float, optional
        The most often in a second that it is asked; by default for every frame that moves.
    budget : Budget, optional
        Lowers that rate while the process uses too much CPU time.

    Attributes
    ----------
    found, carried, rested : int
        Frames whose alpha was found, carried along the motion, or given again as nothing had changed.

    Raises
    ------
    UsageError
        If `matte_fps` is not above 0.
    """

    def __init__(self, matter: Matter, *, matte_fps: float | None = None, budget: Budget | None = None) -> None:
        if matte_fps is not None and not matte_fps > 0:
            raise UsageError(f"matte_fps is {matte_fps:g}; expected more than 0")
        self.matter = matter
        self._most_fps = inf if matte_fps is None else matte_fps
        self._budget = budget
        self._flow = _flow_finder()
        self.found = self.carried = self.rested = 0
        self.reset()

    def reset(self) -> None:
        """Forget earlier frames."""
        self.matter.reset()
        if self._budget is not None:
            self._budget.reset()
        self._last: _Matted | None = None
        self._due_s = -inf

    def matte(self, frame: Frame) -> Alpha:
        """Return alpha at the size at which the other matter gives it, float32 in [0, 1].

        Parameters
        ----------
        frame : Frame
            Its time must grow from call to call; where it jumps, alpha is found anew.
        """
        if self._budget is not None:
            self._budget.judge(monotonic(), process_time())
        luma = _reduced_luma(frame)
        last = self._last
        if last is not None and last.luma.shape == luma.shape:
            since_s = frame.time - last.time
            if 0 <= since_s < _REST_AT_MOST_S and _is_still(last.luma, luma):
                self.rested += 1
                return last.alpha
            if since_s >= 0 and frame.time < self._due_s - _EARLY_S:
                self.carried += 1
                return self._carry(last, luma)
        self._last = _Matted(luma, self._found_in(frame), frame.time)
        return self._last.alpha

    def _found_in(self, frame: Frame) -> Alpha:
        began_s = process_time()
        alpha = self.matter.matte(frame)
        self.found += 1
        most_fps = self._most_fps
        if self._budget is not None:
            self._budget.found(process_time() - began_s)
            most_fps = min(most_fps, self._budget.fps)
        interval_s, late_s = 1 / most_fps, frame.time - self._due_s
        # a frame comes late at times, and the next finding is not put off by that, so that the rate is held in the mean
        self._due_s = frame.time + interval_s - (late_s if 0 <= late_s < interval_s else 0)
        return alpha

    def _carry(self, last: _Matted, luma: _Luma) -> Alpha:
        """The last alpha where the person has gone to: its edge moves as the person does, not as the wall behind."""
        flow = _coarser(np.asarray(self._flow.calc(luma, last.luma, None), np.float32))
        before = cv2.resize(last.alpha, flow.shape[1::-1], interpolation=cv2.INTER_AREA)
        inside = _warped(before, flow) ** _INSIDE
        weight = _spread(inside) + np.float32(1e-3)
        flow = (_spread(flow * inside[..., None]) + np.float32(1e-3) * flow) / weight[..., None]
        return _warped(last.alpha, flow)


def _flow_finder() -> cv2.DISOpticalFlow:
    """DIS at the medium preset's resolution; its refinement by variation costs most and does not help alpha."""
    finder = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    finder.setVariationalRefinementIterations(0)
    finder.setPatchStride(4)
    finder.setGradientDescentIterations(16)
    return finder


def _coarser(flow: _Flow) -> _Flow:
    """The same flow at a smaller size, in pixels of that size."""
    size = max(1, flow.shape[1] // _COARSER), max(1, flow.shape[0] // _COARSER)
    return np.asarray(cv2.resize(flow, size, interpolation=cv2.INTER_AREA), np.float32) / np.float32(_COARSER)


def _warped(alpha: Alpha, flow: _Flow) -> Alpha:
    """What `alpha` (H, W) shows where the flow (h, w) points to, which is smaller or as large."""
    (height, width), (flow_height, flow_width) = alpha.shape, flow.shape[:2]
    scale = np.array((width / flow_width, height / flow_height), np.float32)
    at = cv2.resize(flow * scale, (width, height), interpolation=cv2.INTER_LINEAR)
    at += _grid(width, height)
    return np.asarray(cv2.remap(alpha, at, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.float32)


@lru_cache(maxsize=4)
def _grid(width: int, height: int) -> _Flow:
    """Each pixel's own place, (height, width, 2)."""
    return np.dstack(np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32)))


def _spread(plane: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(cv2.GaussianBlur(plane, (0, 0), _REACH_PX), np.float32)


def _reduced_luma(frame: Frame) -> _Luma:
    width, height = frame.size
    size = min(width, _REDUCED_WIDTH), max(1, round(height * min(1.0, _REDUCED_WIDTH / width)))
    return np.asarray(cv2.cvtColor(frame.at(size), cv2.COLOR_RGB2GRAY), np.uint8)


def _is_still(before: _Luma, now: _Luma) -> bool:
    """Whether no block of the picture has changed by more than noise does."""
    change = cv2.absdiff(cv2.blur(before, (5, 5)), cv2.blur(now, (5, 5)))
    size = _BLOCKS, max(1, round(_BLOCKS * now.shape[0] / now.shape[1]))
    return bool(cv2.resize(change, size, interpolation=cv2.INTER_AREA).max() <= _STILL_LEVELS)
