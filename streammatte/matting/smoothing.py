"""The smoother steadies alpha over time, where the picture stands still.

It weighs by time, not by frames, so that its strength does not depend on the frame rate, and forgets the past where the
video jumps: at a scene cut, another size, a step back or a long pause in time.
"""

from __future__ import annotations

from math import exp
from typing import Literal, NamedTuple, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from streammatte.compositing.frames import Alpha, Frame
from streammatte.errors import UsageError
from streammatte.stages import Smoother

__all__ = ["MotionSmoother", "SmootherName", "smoother"]

SmootherName: TypeAlias = Literal["off", "motion"]

_Colours = npt.NDArray[np.float32]
"""(h, w, 3) float32 in levels of 255: the picture at half of alpha's size, blurred a little."""

_Plane = npt.NDArray[np.float32]

_PAUSE_S = 1.0
"""Seconds without a frame after which the past no longer counts."""

_CUT_LEVELS, _CUT_SHARE = 25.0, 0.5
"""A scene cut: more than this share of the picture changed by more than so many levels from one frame to the next."""

_STILL, _MOVING = 4.0, 8.0
"""Levels of change, of the colour that changed most: up to the first all is noise, from the second on all is motion."""

_QUIET, _NOISIEST = 1.5, 2.0
"""Levels that the quieter quarter of a picture changes by; a noisier camera has both limits raised, so far at most."""

_NOISE_S = 1.0
"""Seconds over which the noise is averaged."""

_CORE_PX = 9
"""Pixels of alpha: what has solid alpha all around within a square of this side is the solid core."""


class _Memory(NamedTuple):
    """What is kept of earlier frames: alpha, the colours that belong to it, those of the frame before, noise, time."""

    alpha: Alpha
    colours: _Colours
    last: _Colours
    noise: float
    time: float


class MotionSmoother:
    """Average of alpha over the time for which the picture stands still, pixel by pixel; a `Smoother`.

    Beside the averaged alpha it remembers the picture that belongs to it. Where the new picture differs from that by
    more than noise, something moved, and the new alpha replaces the old; elsewhere the two are averaged. So a still
    area does not flicker, and a moving edge leaves no trail. The solid core of the new alpha is taken over at once.

    Parameters
    ----------
    time_constant_s : float
        Seconds after which a change of alpha in a still picture is followed to 63 %; more than 0.

    Raises
    ------
    UsageError
        If it is not.
    """

    def __init__(self, time_constant_s: float = 0.3) -> None:
        if not time_constant_s > 0:
            raise UsageError(f"time_constant_s is {time_constant_s}; expected more than 0 seconds")
        self._time_constant_s = time_constant_s
        self.reset()

    def reset(self) -> None:
        """Forget earlier frames."""
        self._memory: _Memory | None = None

    def smooth(self, alpha: Alpha, frame: Frame) -> Alpha:
        """Return the steadied alpha.

        Parameters
        ----------
        alpha : ndarray
            (h, w) float32 in [0, 1], of the frame's size or smaller.
        frame : Frame
            The picture that it was found in, and its time.

        Returns
        -------
        ndarray
            (h, w) float32 in [0, 1].
        """
        height, width = alpha.shape
        half = max(1, width // 2), max(1, height // 2)
        colours = np.asarray(cv2.boxFilter(frame.at(half), cv2.CV_32F, (3, 3)), np.float32)
        memory = self._memory
        passed_s = None if memory is None else _passed_s(memory, alpha, colours, frame.time)
        if memory is None or passed_s is None:
            self._memory = _Memory(alpha, colours, colours, _QUIET, frame.time)
            return alpha
        change = _largest(colours, memory.colours)  # (h / 2, w / 2)
        quiet = _lower_quartile(change[::4, ::4])
        noise = memory.noise + (1 - exp(-passed_s / _NOISE_S)) * (quiet - memory.noise)
        limits = min(_NOISIEST, max(1.0, noise / _QUIET))
        still = 1 - exp(-passed_s / self._time_constant_s)
        moved = np.clip((change / limits - _STILL) / (_MOVING - _STILL), 0, 1)
        weight = (still + (1 - still) * moved).astype(np.float32)  # of the new frame
        around = cv2.dilate(cv2.resize(weight, (width, height)), np.ones((3, 3), np.uint8))
        average = alpha - memory.alpha
        average *= around
        average += memory.alpha
        np.copyto(average, 1, where=_core(alpha))
        np.minimum(average, 1, out=average)  # rounding may have led beyond
        remembered = np.asarray(cv2.blendLinear(colours, memory.colours, weight, 1 - weight), np.float32)
        self._memory = _Memory(average, remembered, colours, noise, frame.time)
        return average


def smoother(name: SmootherName) -> Smoother | None:
    """Return the smoother called `name` with its usual strength; None for `off`."""
    return None if name == "off" else MotionSmoother()


def _passed_s(memory: _Memory, alpha: Alpha, colours: _Colours, time: float) -> float | None:
    """Seconds since the frame before; None where the video jumped since."""
    if memory.alpha.shape != alpha.shape:
        return None
    changed = cv2.inRange(_largest(colours, memory.last), _CUT_LEVELS, np.inf)
    cut = cv2.countNonZero(changed) > _CUT_SHARE * changed.size
    passed_s = time - memory.time
    return None if cut or not 0 < passed_s <= _PAUSE_S else passed_s


def _lower_quartile(values: _Plane) -> float:
    place = values.size // 4
    return float(np.partition(values, place, axis=None)[place])


def _core(alpha: Alpha) -> npt.NDArray[np.bool_]:
    """Where all around is solid."""
    solid = cv2.inRange(alpha, 254.5 / 255, 2.0)  # (h, w) uint8, 0 or 255
    return np.asarray(cv2.erode(solid, np.ones((_CORE_PX, _CORE_PX), np.uint8)), np.uint8).view(np.bool_)


def _largest(colours: _Colours, others: _Colours) -> _Plane:
    """The largest of the three colours' differences, (h, w)."""
    red, green, blue = cv2.split(cv2.absdiff(colours, others))
    return np.asarray(cv2.max(cv2.max(red, green), blue), np.float32)
