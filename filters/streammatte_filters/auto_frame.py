"""A crop that follows the person."""

from __future__ import annotations

from math import exp

import numpy as np
import numpy.typing as npt

from streammatte import Alpha, FilterError, Layers, Rgb
from streammatte_filters.limits import within
from streammatte_filters.shade import coarse_alpha

__all__ = ["AutoFrame"]

_HEIGHT = 90
"""Pixels of height in which the person is looked for."""

_SOMEBODY = 0.005
"""Share of the frame that people must cover to be followed."""

_STRAY = 0.005
"""Share of alpha, on either side of the box around people, that may lie outside: specks and finger tips."""

_FILLS = 0.75
"""Share of the crop that this box fills."""

_HEADROOM = 0.1
"""Share of the crop above the head of somebody who is cut off below."""

_DEAD = 0.05
"""By so much of the crop may people move, or grow, before it follows."""

_ARRIVED = 0.004
"""At so little of the crop from where it wants to be, it stands still again."""

_FAR = 0.1
"""From so much of the crop on, what is twice as far is followed twice as fast, so that nobody walks out of it."""

_SLOWER = 3.0
"""So much more time it takes to go back where nobody is."""

_CUT_SIZE, _CUT_LEVELS, _CUT_SHARE = (64, 48), 25, 0.5
"""A cut: at this size, more than this share of the picture changed by more than so many levels."""

_NEXT_TO_NOTHING = 1e-3
"""A crop that is smaller than the frame by no more than this is the frame."""

_WHOLE = np.array([0.5, 0.5, 1.0])
"""The middle of the whole frame, and its size."""

_View = npt.NDArray[np.float64]
"""(3,): x and y of a crop's middle and its size, in widths and heights of the frame."""


class AutoFrame:
    """Follows the person, or all people, with a smooth crop of the frame's proportions; put it after the background.

    A new background stays as it is, behind a person who is nearer; the room itself, blurred or not, is cropped with
    them. Whole people are shown whole, in the middle; of those whom the frame cuts off below, head and chest, with a
    little room above. The crop stands still until they have gone or grown by a twentieth of it, then follows like a
    critically damped spring. Where nobody is it goes back, slowly, to the whole frame; after a cut it starts afresh.

    Parameters
    ----------
    zoom : float
        By how much the picture is enlarged at most: 1 (not at all) to 4.
    follow_s : float
        Seconds in which the crop has gone about 3/5 of a short way: 0 (at once) to 10. On a long way it is faster.
    """

    def __init__(self, zoom: float = 1.8, follow_s: float = 0.6) -> None:
        if not 1 <= zoom <= 4:
            raise FilterError(f"zoom is {zoom:g}; expected 1 (not at all) to 4")
        self._zoom = zoom
        self._follow_s = within("follow_s", follow_s, 10)
        self.reset()

    def reset(self) -> None:
        """Forget where people were."""
        self._view: _View | None = None
        self._speed = np.zeros(3)  # of the view, per second
        self._follows = False
        self._picture: npt.NDArray[np.int16] | None = None
        self._time_s = 0.0

    def __call__(self, layers: Layers) -> Layers:
        """Return the layers of the part of the frame where people are."""
        if self._zoom == 1:
            return layers
        if self._is_cut(layers.frame.at(_CUT_SIZE)):
            self._view = None
        alpha = np.clip(2 * coarse_alpha(layers, _HEIGHT) - 1, 0, 1)
        there = alpha.mean() >= _SOMEBODY
        wanted = _wanted(alpha, 1 / self._zoom) if there else _WHOLE
        if self._view is None:
            self._view, self._speed, self._follows = wanted, np.zeros(3), False
        off = float(np.abs(wanted - self._view).max() / self._view[2])
        self._follows = not there or off > (_ARRIVED if self._follows else _DEAD)
        if self._follows:
            time_s = self._follow_s * (_FAR / max(off, _FAR) if there else _SLOWER)
            passed_s = max(0.0, layers.frame.time - self._time_s)
            self._view, self._speed = _sprung(self._view, self._speed, wanted, passed_s, time_s)
        else:
            self._speed = np.zeros(3)
        self._time_s = layers.frame.time
        x, y, share = map(float, self._view)
        if share > 1 - _NEXT_TO_NOTHING:
            return layers
        left, top = (min(max(middle - share / 2, 0.0), 1 - share) for middle in (x, y))
        return layers.cropped(left, top, share)

    def _is_cut(self, rgb: Rgb) -> bool:
        """Whether a small picture (h, w, 3) is of another scene than the one before."""
        before, self._picture = self._picture, rgb.astype(np.int16)
        if before is None:
            return False
        return bool(np.mean(np.abs(self._picture - before).max(2) > _CUT_LEVELS) > _CUT_SHARE)


def _wanted(alpha: Alpha, least: float) -> _View:
    """The view of the people in an alpha (h, w), at least so large."""
    columns, rows = alpha.sum(0), alpha.sum(1)
    (left, right), (top, bottom) = _ends(columns), _ends(rows)
    cut_off = float(rows[-1] / rows.max())  # below: 0 not at all, 1 as broad as anywhere
    high = (bottom - top) * (1 - cut_off / 2)
    share = min(1.0, max(least, (right - left) / _FILLS, high / _FILLS))
    above = (1 - cut_off) * (share - high) / 2 + cut_off * _HEADROOM * share
    middle = np.array([(left + right) / 2, top - above + share / 2])
    return np.append(np.clip(middle, share / 2, 1 - share / 2), share)


def _ends(mass: npt.NDArray[np.float32]) -> tuple[float, float]:
    """Where a mass (n,) begins and ends, in [0, 1], but for strays."""
    summed = np.append(0, np.cumsum(mass, dtype=np.float64))
    first, last = np.interp(np.array([_STRAY, 1 - _STRAY]) * summed[-1], summed, np.linspace(0, 1, len(summed)))
    return float(first), float(last)


def _sprung(view: _View, speed: _View, wanted: _View, passed_s: float, time_s: float) -> tuple[_View, _View]:
    """A view and its speed, `passed_s` later: the exact motion of a critically damped spring towards `wanted`."""
    rate = 2 / max(time_s, 1e-3)
    fades, off = exp(-rate * passed_s), view - wanted
    drive = speed + rate * off
    return wanted + (off + drive * passed_s) * fades, (speed - rate * drive * passed_s) * fades
