"""What a running session tells of itself."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from statistics import fmean
from time import monotonic, process_time

from streammatte.live.source import SourceState
from streammatte.pipeline import FrameReport, StageTimes

__all__ = ["LiveStatus", "Rates", "StageMeter"]


@dataclass(frozen=True)
class LiveStatus:
    """A moment of a session.

    Attributes
    ----------
    state : str
        What the camera does: live, opening, idle (nobody watches), lost.
    problem : str
        Why it is lost.
    covered : bool
        Whether a card is shown in the place of everything.
    on : bool
        Whether matting is on; where it is off and nothing is covered, the room is shown.
    camera, output : str
        What is read from, and what is written to.
    size : tuple of int
        (w, h) of the camera's frames.
    fps_in, fps_out, matte_fps : float
        Frames a second from the camera, to the output, and through the network, since the status before.
    latency_median_ms, latency_p95_ms : float or None
        From capture to first showing, over the last seconds.
    stages : StageTimes or None
        Each stage's mean over the last frames, in milliseconds.
    cpu_percent : float
        Of one core, since the status before.
    engine, device : str
        What runs the network, and on what.
    received, dropped, shown, repeated, found, carried, rested, failed, reconnects : int
        Since the start: frames that came, that were skipped for newer ones, that were written, that were written once
        more; alphas found, carried along the motion, given again; frames that a card stood for, as matting failed; how
        often the camera came back.
    worst_gap_ms : float
        The longest time between two writes.
    readers : int or None
        Programs that watch; None where that is not known.
    """

    state: SourceState
    problem: str
    covered: bool
    on: bool
    camera: str
    output: str
    size: tuple[int, int]
    fps_in: float
    fps_out: float
    matte_fps: float
    latency_median_ms: float | None
    latency_p95_ms: float | None
    stages: StageTimes | None
    cpu_percent: float
    engine: str
    device: str
    received: int
    dropped: int
    shown: int
    repeated: int
    found: int
    carried: int
    rested: int
    failed: int
    reconnects: int
    worst_gap_ms: float
    readers: int | None


class Rates:
    """How fast counters grow from one call to the next, the process's own CPU time among them."""

    def __init__(self) -> None:
        self._before: dict[str, float] = {}
        self._since = monotonic()
        self._cpu_s = process_time()
        self._last: tuple[dict[str, float], float] = ({}, 0.0)

    def __call__(self, **counters: float) -> tuple[dict[str, float], float]:
        """Return each counter's growth per second, and the CPU's percent of one core.

        Calls that follow one another within a fifth of a second are given the same answer.
        """
        now, cpu_s = monotonic(), process_time()
        passed = now - self._since
        if passed >= 0.2:
            rates = {name: (value - self._before.get(name, 0)) / passed for name, value in counters.items()}
            self._last = rates, (cpu_s - self._cpu_s) / passed * 100
            self._before, self._since, self._cpu_s = dict(counters), now, cpu_s
        return self._last


class StageMeter:
    """The mean of each stage's time over the last 60 frames; give it to `run` as `on_frame`.

    Attributes
    ----------
    dropped : int
        Frames that `run` skipped for newer ones.
    """

    def __init__(self) -> None:
        self._stages: deque[StageTimes] = deque(maxlen=60)
        self.dropped = 0

    def __call__(self, report: FrameReport) -> None:
        """Take in a frame."""
        self._stages.append(report.stages)
        self.dropped = report.dropped

    @property
    def mean(self) -> StageTimes | None:
        """None before the first frame."""
        stages = list(self._stages)
        names = StageTimes.__dataclass_fields__
        return StageTimes(**{name: fmean(getattr(each, name) for each in stages) for name in names}) if stages else None
