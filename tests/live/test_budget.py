from __future__ import annotations

from statistics import fmean, pstdev

import pytest

from streammatte.errors import UsageError
from streammatte.live.budget import Budget


class Process:
    """A process of 30 frames a second with a clock of its own, that finds alpha as often as its budget says."""

    def __init__(self, percent: float, *, frame_ms: float = 10.0, found_ms: float = 13.0, beside_ms: float = 5.0):
        self.frame_ms = frame_ms
        self.found_ms = found_ms
        self.beside_ms = beside_ms  # what other threads do while alpha is found, which cannot be told from it
        self.notices: list[str] = []
        self.moves = True
        self._budget = Budget(percent, self.notices.append)
        self._now_s = self._cpu_s = 0.0
        self._due_s = 0.0

    def run(self, seconds: int) -> tuple[list[float], list[int]]:
        """Percent of a core used, and alphas found, in each second."""
        percents, founds = [], []
        for _ in range(seconds):
            before_s, found = self._cpu_s, 0
            for _ in range(30):
                self._now_s += 1 / 30
                self._budget.judge(self._now_s, self._cpu_s)
                self._cpu_s += self.frame_ms / 1000
                if self.moves and self._now_s >= self._due_s - 1e-9:
                    self._cpu_s += self.found_ms / 1000
                    self._budget.found((self.found_ms + self.beside_ms) / 1000)
                    self._due_s = max(self._due_s, self._now_s - 1 / 30) + 1 / self._budget.fps
                    found += 1
            percents.append(100 * (self._cpu_s - before_s))
            founds.append(found)
        return percents, founds


@pytest.mark.parametrize("beside_ms", [0, 5, 13])
@pytest.mark.parametrize("percent", [35, 40, 50, 60, 68])
def test_any_share_between_the_least_and_the_most_is_reached_in_seconds_and_kept(percent, beside_ms):
    process = Process(percent, beside_ms=beside_ms)  # 34 % with 3 a second, 69 % with 30
    process.run(6)
    percents, founds = process.run(20)
    assert fmean(percents) == pytest.approx(percent, abs=1.5)
    assert pstdev(percents) < 1.5
    assert max(founds) - min(founds) <= 2
    assert process.notices == []


def test_what_is_not_needed_is_left():
    process = Process(90)
    _, founds = process.run(5)
    assert founds == [30] * 5


def test_a_share_that_cannot_be_reached_is_told_once_with_the_least():
    process = Process(20)
    process.run(3)
    assert process.notices == []  # it is not yet sure
    _, founds = process.run(60)
    assert founds == [3] * 60
    (notice,) = process.notices
    assert "20 % of a core" in notice
    assert "it takes 34 %" in notice


def test_a_moment_of_work_elsewhere_is_not_the_least():
    process = Process(40)
    process.run(6)
    process.frame_ms = 40  # a file is being read
    process.run(2)
    process.frame_ms = 10
    process.run(4)
    percents, _ = process.run(10)
    assert process.notices == []
    assert fmean(percents) == pytest.approx(40, abs=1.5)


def test_it_follows_what_the_frames_cost():
    process = Process(60)
    process.run(8)
    process.frame_ms = 15  # another background
    process.run(5)
    percents, _ = process.run(10)
    assert fmean(percents) == pytest.approx(60, abs=1.5)


def test_while_nothing_moves_the_rate_does_not_run_away():
    process = Process(45)
    process.run(8)
    process.moves = False
    process.run(60)
    process.moves = True
    percents, _ = process.run(3)
    assert max(percents) < 47


def test_a_share_of_nothing_is_refused():
    with pytest.raises(UsageError, match="cpu_budget is -1; expected more than 0"):
        Budget(-1, print)
