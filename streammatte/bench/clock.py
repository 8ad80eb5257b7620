"""How the benchmark takes time."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from time import perf_counter, process_time
from typing import NamedTuple

__all__ = ["Clock", "Cost", "median"]


class Cost(NamedTuple):
    """Milliseconds of one frame: of CPU time of the whole process, and by the clock; medians."""

    cpu_ms: float
    wall_ms: float


class Clock:
    """Runs from when it is made."""

    def __init__(self) -> None:
        self._cpu_s, self._wall_s = process_time(), perf_counter()

    def passed(self, stage: str) -> tuple[str, float, float]:
        """The name of a stage, and the seconds since the call before, of CPU time and by the clock."""
        cpu_s, wall_s = process_time(), perf_counter()
        times = stage, cpu_s - self._cpu_s, wall_s - self._wall_s
        self._cpu_s, self._wall_s = process_time(), perf_counter()
        return times


def median(times: Sequence[tuple[float, float]]) -> Cost:
    """The medians of seconds of CPU time and by the clock."""
    cpu_s, wall_s = (statistics.median(each) for each in zip(*times, strict=True))
    return Cost(1000 * cpu_s, 1000 * wall_s)
