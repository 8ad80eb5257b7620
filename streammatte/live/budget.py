"""A share of a core that the process keeps to, by how often alpha is found."""

from __future__ import annotations

from collections.abc import Callable
from statistics import fmean

import numpy as np

from streammatte.errors import UsageError

__all__ = ["Budget"]

_WINDOW_S = 1.0
"""Over so many seconds CPU time is measured before the rate is set anew."""

_LEAST_FPS, _MOST_FPS = 3.0, 60.0

_OVER = 1.05
"""Times the share: what is used beyond it at the least rate counts as more than the share."""

_SURE = 3
"""Windows at the least rate that must all use more before it is said that there is no less."""


class Budget:
    """Says how often in a second alpha may be found for the process to use its share of a core, three times at least.

    After each window the rate becomes the one at which alpha was really found in it, and what was left of the share
    by what finding one takes. That cost is measured with whatever other threads do meanwhile, so it is never too small,
    and the rate comes close from one side without swinging. Where little was found, as nothing moved, the rate is the
    one that there would be room for.

    Parameters
    ----------
    percent : float
        Of one core.
    notify : callable
        Told once, in a line, what the least is if that is more.

    Attributes
    ----------
    fps : float
        The most often in a second that alpha may be found.

    Raises
    ------
    UsageError
        If `percent` is not above 0.
    """

    def __init__(self, percent: float, notify: Callable[[str], None]) -> None:
        if not percent > 0:
            raise UsageError(f"cpu_budget is {percent:g}; expected more than 0")
        self.fps = _MOST_FPS
        self._share = percent / 100
        self._notify = notify
        self._told = False
        self._cost_s = 0.0  # of finding one alpha
        self._over: list[float] = []  # shares used by the last windows, if at the least rate and too much
        self.reset()

    def reset(self) -> None:
        """Begin a new window: what the process did up to now was something else."""
        self._began: tuple[float, float] | None = None
        self._found_s: list[float] = []

    def found(self, cpu_s: float) -> None:
        """Take in that one alpha was found, and what CPU time the process used meanwhile."""
        self._found_s.append(cpu_s)

    def judge(self, now_s: float, cpu_s: float) -> None:
        """Set the rate anew if a window is over.

        Parameters
        ----------
        now_s, cpu_s : float
            The time by any clock, and the CPU time that the process has used, in seconds.
        """
        if self._began is None:
            self._began = now_s, cpu_s
            return
        passed_s = now_s - self._began[0]
        if passed_s < _WINDOW_S:
            return
        used = (cpu_s - self._began[1]) / passed_s
        if self._found_s:
            self._cost_s = fmean(self._found_s)
        if self._cost_s:
            self._compare(used)
            fps = len(self._found_s) / passed_s + (self._share - used) / self._cost_s
            self.fps = float(np.clip(fps, _LEAST_FPS, _MOST_FPS))
        self._began, self._found_s = (now_s, cpu_s), []

    def _compare(self, used: float) -> None:
        """Tell the user if the least is too much."""
        over = self.fps == _LEAST_FPS and used > _OVER * self._share
        self._over = [*self._over, used] if over else []
        if len(self._over) == _SURE and not self._told:
            self._told = True
            self._notify(
                f"the CPU budget of {100 * self._share:g} % of a core is too small: with alpha found "
                f"{_LEAST_FPS:g} times a second, the least, it takes {100 * fmean(self._over):.0f} %; "
                "a smaller picture or a lower frame rate of the camera takes less"
            )
