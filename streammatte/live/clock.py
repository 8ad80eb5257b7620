"""A constant frame clock between the pipeline, which is late at times, and a virtual camera, which must not be."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from threading import Condition, Thread
from time import monotonic

import numpy as np

from streammatte.compositing.layers import Layers
from streammatte.stages import Sink

__all__ = ["ClockReport", "ClockedSink"]

_REMEMBERED = 300
"""Frames over which latency is told: ten seconds of them."""

_HELD_S = 5.0
"""For so long the newest frame is shown; then it is no longer true, and the first picture stands for it."""


@dataclass(frozen=True)
class ClockReport:
    """What a clock has done so far.

    Attributes
    ----------
    written : int
        Ticks at which a frame was written.
    repeated : int
        Those at which it was the one before, as no newer one had come.
    latency_median_ms, latency_p95_ms : float or None
        From a frame's capture to its first showing, over the last seconds; None before the first frame.
    worst_gap_ms : float
        The longest time between two writes.
    """

    written: int
    repeated: int
    latency_median_ms: float | None
    latency_p95_ms: float | None
    worst_gap_ms: float


class ClockedSink(Sink):
    """Writes the newest frame to another sink at a constant rate, from a thread of its own; a `Sink`.

    Parameters
    ----------
    sink : Sink
        Called in the clock's thread only, until it is closed.
    rate : Fraction or int
        Frames per second.
    first : Layers
        Shown from the start until the first frame comes: programs that look for cameras find one that gives pictures;
        and again where none has come for 5 s.
    covered : callable, optional
        Returns whether `first` shall be shown whatever comes; asked at each tick. By default it never shall.
    idle_rate : Fraction or int
        Frames per second while nobody watches (see `rest`).

    Notes
    -----
    Latency is measured against `time.monotonic`, so frames must carry it as their time, as those of a
    `PersistentSource` do.
    """

    def __init__(
        self,
        sink: Sink,
        rate: Fraction | int,
        first: Layers,
        *,
        covered: Callable[[], bool] = lambda: False,
        idle_rate: Fraction | int = 2,
    ) -> None:
        self._sink = sink
        self._period_s = {False: float(1 / Fraction(rate)), True: float(1 / Fraction(idle_rate))}
        self._first = self._newest = first
        self._came_s = monotonic()
        self._covered = covered
        self._fresh = self._resting = self._ended = False
        self._changed = Condition()
        self._error: BaseException | None = None
        self._written = self._repeated = 0
        self._worst_gap_s = 0.0
        self._latencies_s: deque[float] = deque(maxlen=_REMEMBERED)
        sink.write(first)
        self._thread = Thread(target=self._run, name="streammatte clock", daemon=True)
        self._thread.start()

    def write(self, layers: Layers) -> None:
        """Show `layers` from the next tick on.

        Raises
        ------
        Exception
            Whatever the other sink has raised since.
        """
        layers.composite  # noqa: B018  (put together here rather than at the tick)
        with self._changed:
            if not self._resting:
                self._newest, self._fresh, self._came_s = layers, True, monotonic()
        self._raise()

    def rest(self, resting: bool) -> None:
        """Say whether nobody watches: the first picture is then shown, at the idle rate."""
        with self._changed:
            if resting and not self._resting:
                self._newest, self._fresh = self._first, False
            self._resting = resting
            self._changed.notify_all()

    @property
    def shown(self) -> Layers:
        """What a tick would write now."""
        return self._first if self._covered() or monotonic() - self._came_s > _HELD_S else self._newest

    def report(self) -> ClockReport:
        """What has been written so far."""
        with self._changed:
            latencies_ms = np.array(self._latencies_s) * 1000
            median, p95 = np.percentile(latencies_ms, (50, 95)).tolist() if len(latencies_ms) else (None, None)
            return ClockReport(self._written, self._repeated, median, p95, self._worst_gap_s * 1000)

    def forget_gaps(self) -> None:
        """Measure the worst gap anew, as after one that was meant."""
        with self._changed:
            self._worst_gap_s = 0.0

    def close(self) -> None:
        """Stop the clock and close the other sink."""
        self._stop()
        self._sink.close()
        self._raise()

    def abort(self) -> None:
        """Stop the clock and abort the other sink."""
        self._stop()
        self._sink.abort()

    def _stop(self) -> None:
        with self._changed:
            self._ended = True
            self._changed.notify_all()
        self._thread.join()

    def _raise(self) -> None:
        error, self._error = self._error, None
        if error is not None:
            raise error

    def _run(self) -> None:
        due = last = monotonic()
        try:
            while True:
                with self._changed:
                    resting = self._resting
                    period_s = self._period_s[resting]
                    due = max(due + period_s, monotonic())  # one that is late by a tick begins anew
                    self._changed.wait_for(lambda: self._ended or self._resting != resting, due - monotonic())  # noqa: B023
                    if self._ended:
                        return
                    layers = self.shown
                    fresh, self._fresh = self._fresh and layers is self._newest, False
                self._sink.write(layers)
                now = monotonic()
                with self._changed:
                    self._written += 1
                    self._repeated += not fresh
                    if not resting:
                        self._worst_gap_s = max(self._worst_gap_s, now - last)
                    if fresh:
                        self._latencies_s.append(now - layers.frame.time)
                last, due = now, min(due, now)
        except BaseException as error:  # handed to whoever writes next
            self._error = error
