"""Smoothers steady alpha over time: `ema` everywhere, `motion` only where the picture stands still.

Both weigh by time, not by frames, so that their strength does not depend on the frame rate, and both forget the past
where the video jumps: at a scene cut, another size, a step back or a long pause in time.
"""

from __future__ import annotations

from math import exp
from typing import Literal, NamedTuple, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from streammatte.frames import Alpha, Frame
from streammatte.stages import Smoother

__all__ = ["EmaSmoother", "MotionSmoother", "SmootherName", "smoother"]

SmootherName: TypeAlias = Literal["off", "ema", "motion"]

_Luma = npt.NDArray[np.float32]
"""(h, w) float32 in levels of 255: the luminance of a frame, reduced."""

_REDUCTION = 4
"""Pixels of the frame for each pixel of its reduced luminance."""

_PAUSE_S = 1.0
"""Seconds without a frame after which the past no longer counts."""

_CUT_LEVELS, _CUT_SHARE = 25.0, 0.5
"""A scene cut: more than this share of the picture changed by more than so many levels from one frame to the next."""

_NOISE_FLOOR = 0.7
"""Levels: the least noise that is expected of a camera, after compression and reduction."""

_NOISE_S = 1.0
"""Seconds over which the noise is averaged."""

_STILL, _MOVING = 2.0, 4.0
"""Changes in units of the noise: up to the first all is noise, from the second on all is motion."""


class EmaSmoother:
    """Exponential moving average of alpha, but for the person's solid core; a `Smoother`.

    Parameters
    ----------
    time_constant_s : float
        Seconds after which a change is followed to 63 %. Moving edges trail by about this time.
    """

    def __init__(self, time_constant_s: float = 0.05) -> None:
        self._time_constant_s = time_constant_s
        self.reset()

    def reset(self) -> None:
        """Forget earlier frames."""
        self._clock = _Clock()
        self._average: Alpha | None = None

    def smooth(self, alpha: Alpha, frame: Frame) -> Alpha:
        """Return the average of this and all earlier alphas, (H, W) float32 in [0, 1]; 1 in this one's solid core."""
        passed_s = self._clock.advance(frame, _reduced_luma(frame))
        if passed_s is None or self._average is None:
            self._average = alpha
        else:
            weight = 1 - exp(-passed_s / self._time_constant_s)
            average = cv2.addWeighted(alpha, weight, self._average, 1 - weight, 0)
            self._average = _kept_solid(average, alpha)
        return self._average


class _Memory(NamedTuple):
    """What a `MotionSmoother` keeps of earlier frames: their average alpha, the picture that belongs to it, noise."""

    alpha: Alpha
    luma: _Luma
    noise: float


class MotionSmoother:
    """Average of alpha over the time for which the picture stands still, pixel by pixel; a `Smoother`.

    Beside the averaged alpha it remembers the picture that belongs to it. Where the new picture differs from that by
    more than noise, something moved, and the new alpha replaces the old; elsewhere the two are averaged. So a still
    area does not flicker, and a moving edge leaves no trail. The solid core of the new alpha is taken over at once.

    Parameters
    ----------
    time_constant_s : float
        Seconds after which a change of alpha in a still picture is followed to 63 %.
    """

    def __init__(self, time_constant_s: float = 0.3) -> None:
        self._time_constant_s = time_constant_s
        self.reset()

    def reset(self) -> None:
        """Forget earlier frames."""
        self._clock = _Clock()
        self._memory: _Memory | None = None

    def smooth(self, alpha: Alpha, frame: Frame) -> Alpha:
        """Return the steadied alpha, (H, W) float32 in [0, 1]."""
        luma = _reduced_luma(frame)
        passed_s = self._clock.advance(frame, luma)
        luma = np.asarray(cv2.blur(luma, (3, 3)), np.float32)
        memory = self._memory
        if passed_s is None or memory is None:
            self._memory = _Memory(alpha, luma, _NOISE_FLOOR)
            return alpha
        change = np.abs(luma - memory.luma)
        noise = memory.noise + (1 - exp(-passed_s / _NOISE_S)) * (_noise(change) - memory.noise)
        still = 1 - exp(-passed_s / self._time_constant_s)
        weight = (still + (1 - still) * _motion(change / noise)).astype(np.float32)  # (h, w), of the new frame
        average: Alpha = alpha - memory.alpha  # (H, W)
        average *= cv2.resize(weight, frame.size)
        average += memory.alpha
        average = _kept_solid(average, alpha)
        self._memory = _Memory(average, memory.luma + weight * (luma - memory.luma), noise)
        return average


def smoother(name: SmootherName) -> Smoother | None:
    """Return the smoother called `name` with its usual strength; None for `off`."""
    return {"off": None, "ema": EmaSmoother(), "motion": MotionSmoother()}[name]


class _Clock:
    """Measures the time between frames that belong together."""

    def __init__(self) -> None:
        self._last: tuple[float, tuple[int, int], _Luma] | None = None

    def advance(self, frame: Frame, luma: _Luma) -> float | None:
        """Seconds since the frame before; None where there was none, or the video jumped since."""
        before, self._last = self._last, (frame.time, frame.size, luma)
        if before is None or before[1] != frame.size:
            return None
        passed_s = frame.time - before[0]
        cut = np.mean(np.abs(luma - before[2]) > _CUT_LEVELS) > _CUT_SHARE
        return None if cut or not 0 < passed_s <= _PAUSE_S else passed_s


def _reduced(width: int, height: int) -> tuple[int, int]:
    return max(1, width // _REDUCTION), max(1, height // _REDUCTION)


def _reduced_luma(frame: Frame) -> _Luma:
    luma = cv2.resize(cv2.cvtColor(frame.rgb, cv2.COLOR_RGB2GRAY), _reduced(*frame.size), interpolation=cv2.INTER_AREA)
    return np.asarray(luma, np.float32)


def _noise(change: _Luma) -> float:
    """Deviation of the camera's noise in levels, from the quarter of the picture that changed least."""
    # 0.319 is that quantile of |x| where x is normal with deviation 1.
    return max(_NOISE_FLOOR, float(np.quantile(change[::4, ::4], 0.25)) / 0.319)


def _motion(change: _Luma) -> _Luma:
    """(h, w) in [0, 1]: 0 where `change`, in units of the noise, is but noise, 1 at and next to motion."""
    motion = np.clip((change - _STILL) / (_MOVING - _STILL), 0, 1)
    return np.asarray(cv2.dilate(motion, np.ones((3, 3), np.uint8)), np.float32)


def _kept_solid(average: Alpha, alpha: Alpha) -> Alpha:
    """Set `average` (H, W) to 1 well inside the solid parts of `alpha`; it is changed in place."""
    height, width = alpha.shape
    small = cv2.resize(alpha, _reduced(width, height), interpolation=cv2.INTER_AREA)
    solid = (small >= 254.5 / 255).astype(np.float32)
    inside = cv2.erode(solid, np.ones((3, 3), np.uint8))
    core = cv2.resize(inside, (width, height), interpolation=cv2.INTER_NEAREST)
    np.minimum(average, 1, out=average)
    return np.asarray(np.maximum(average, core, out=average), np.float32)
