"""A matter that works less: at a lower rate, within a budget, and not at all while the picture stands still."""

from __future__ import annotations

from time import monotonic, process_time
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from streammatte.errors import UsageError
from streammatte.frames import Alpha, Frame
from streammatte.stages import Matter

__all__ = ["CarryingMatter"]

_Luma = NDArray[np.uint8]
"""(h, w) uint8: the luminance of a frame, reduced."""

_REDUCED_WIDTH = 256
_STILL_LEVELS = 1.8
"""Levels of 255 by which no block of the picture may have changed for it to stand still."""

_INSIDE = 4
"""The power of alpha by which the motion of a pixel counts for the person's."""

_REACH_PX = 7.0
"""Reduced pixels: how far the person's motion reaches over the edge."""

_BLOCKS = 20
"""Blocks across the picture whose changes are looked at, each meant over, so that noise does not count."""

_REST_AT_MOST_S = 2.0
"""However still the picture, alpha is found anew after so many seconds."""

_JUDGED_EVERY_S = 1.0
_LEAST_FPS = 3.0


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
    cpu_budget : float, optional
        Percent of one core that the process may use: while it uses more, the matter is asked less often, three times a
        second at least.

    Attributes
    ----------
    found, carried, rested : int
        Frames whose alpha was found, carried along the motion, or given again as nothing had changed.

    Raises
    ------
    UsageError
        If a limit is not above 0.
    """

    def __init__(self, matter: Matter, *, matte_fps: float | None = None, cpu_budget: float | None = None) -> None:
        for name, value in (("matte_fps", matte_fps), ("cpu_budget", cpu_budget)):
            if value is not None and not value > 0:
                raise UsageError(f"{name} is {value:g}; expected more than 0")
        self.matter = matter
        self._most_fps = matte_fps
        self._budget = None if cpu_budget is None else _Budget(cpu_budget)
        self._flow = _flow_finder()
        self.found = self.carried = self.rested = 0
        self.reset()

    def reset(self) -> None:
        """Forget earlier frames."""
        self.matter.reset()
        self._last: _Matted | None = None

    def matte(self, frame: Frame) -> Alpha:
        """Return alpha at the size at which the other matter gives it, float32 in [0, 1].

        Parameters
        ----------
        frame : Frame
            Its time must grow from call to call; where it jumps, alpha is found anew.
        """
        luma = _reduced_luma(frame)
        last = self._last
        if last is not None and last.luma.shape == luma.shape:
            since_s = frame.time - last.time
            if 0 <= since_s < _REST_AT_MOST_S and _is_still(last.luma, luma):
                self.rested += 1
                return last.alpha
            if 0 <= since_s < self._interval_s() - 0.002:  # so that rounding does not miss a frame
                self.carried += 1
                return self._carry(last, luma)
        alpha = self.matter.matte(frame)
        self.found += 1
        self._last = _Matted(luma, alpha, frame.time)
        return alpha

    def _interval_s(self) -> float:
        """Seconds that must pass before alpha is found again."""
        limits = [] if self._most_fps is None else [self._most_fps]
        if self._budget is not None:
            limits.append(self._budget.fps())
        return 1 / min(limits) if limits else 0.0

    def _carry(self, last: _Matted, luma: _Luma) -> Alpha:
        """The last alpha where the person has gone to: its edge moves as the person does, not as the wall behind."""
        flow = np.asarray(self._flow.calc(luma, last.luma, None), np.float32)  # (h, w, 2): where each pixel was
        before = cv2.resize(last.alpha, luma.shape[::-1], interpolation=cv2.INTER_AREA)
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


def _warped(alpha: Alpha, flow: NDArray[np.float32]) -> Alpha:
    """What `alpha` (H, W) shows where `flow` (h, w, 2) of the reduced picture points to, in its pixels from each.

    Half a reduced pixel at the frame's sides shows what is so far inside.
    """
    (height, width), (flow_height, flow_width) = alpha.shape, flow.shape[:2]
    grid = np.dstack(np.meshgrid(np.arange(flow_width), np.arange(flow_height)))
    at = (flow + grid + 0.5) * (width / flow_width, height / flow_height) - 0.5
    at = cv2.resize(at.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.remap(alpha, at, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.float32)


def _spread(plane: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(cv2.GaussianBlur(plane, (0, 0), _REACH_PX), np.float32)


class _Budget:
    """Lowers a rate while the process uses more than its share of a core, and raises it while there is room."""

    def __init__(self, percent: float) -> None:
        self._share = percent / 100
        self._fps = 30.0
        self._used_s, self._since_s = process_time(), monotonic()

    def fps(self) -> float:
        now = monotonic()
        if now - self._since_s >= _JUDGED_EVERY_S:
            used = (process_time() - self._used_s) / (now - self._since_s)
            # what it uses beside the matter does not shrink with the rate, so that several small steps lead there
            factor = np.clip((self._share / max(used, 1e-6)) ** 0.5, 0.7, 1.15)
            self._fps = float(np.clip(self._fps * factor, _LEAST_FPS, 60.0))
            self._used_s, self._since_s = process_time(), now
        return self._fps


def _reduced_luma(frame: Frame) -> _Luma:
    width, height = frame.size
    size = min(width, _REDUCED_WIDTH), max(1, round(height * min(1.0, _REDUCED_WIDTH / width)))
    return np.asarray(cv2.cvtColor(frame.at(size), cv2.COLOR_RGB2GRAY), np.uint8)


def _is_still(before: _Luma, now: _Luma) -> bool:
    """Whether no block of the picture has changed by more than noise does."""
    change = cv2.absdiff(cv2.blur(before, (5, 5)), cv2.blur(now, (5, 5)))
    size = _BLOCKS, max(1, round(_BLOCKS * now.shape[0] / now.shape[1]))
    return bool(cv2.resize(change, size, interpolation=cv2.INTER_AREA).max() <= _STILL_LEVELS)
