"""Finds pictures that are missing in a file without an error, by the times of those that are there."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction

__all__ = ["Gaps"]

_STEADY = Fraction(3, 4)
"""Part of the steps between pictures that are alike where a film has a steady rate, and a longer step is a gap."""

_ALIKE = Fraction(1, 4)
"""By how much steps that are alike may differ, over their length; some containers round to milliseconds."""


class Gaps:
    """Counts the pictures that would fit into the gaps of a film that is otherwise steady.

    A demuxer passes over what is damaged in silence; its pictures are then neither read nor counted. Where a picture
    is meant to be shown until the next one comes, as in MP4, there is no gap. All times are in one unit.
    """

    def __init__(self) -> None:
        self._steps: Counter[int] = Counter()
        self._gaps: Counter[int] = Counter()
        self._before: tuple[int, int] | None = None

    def see(self, time: int, duration: int) -> None:
        """Take the next picture's time, and the duration that is stated, or 0."""
        if self._before is not None:
            before, shown = self._before
            step = time - before
            if step > 0:
                self._steps[step] += 1
                if step > shown:
                    self._gaps[step] += 1
        self._before = time, duration

    def missing(self) -> int:
        """Return how many pictures are missing; none where the film has no steady rate."""
        if not self._steps:
            return 0
        usual = self._steps.most_common(1)[0][0]
        alike = sum(count for step, count in self._steps.items() if abs(step - usual) <= _ALIKE * usual)
        if alike < _STEADY * self._steps.total():
            return 0
        return sum(count * (round(Fraction(step, usual)) - 1) for step, count in self._gaps.items() if step > usual)
