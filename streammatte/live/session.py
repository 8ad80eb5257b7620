"""A running session: camera, network, controls and virtual camera put together."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import ExitStack
from fractions import Fraction
from threading import Event, Lock
from types import TracebackType
from typing import Protocol

from streammatte.compositing.layers import Layers
from streammatte.io.memory import NullSink
from streammatte.live.budget import Budget
from streammatte.live.card import card
from streammatte.live.carry import CarryingMatter
from streammatte.live.chain import LiveChain
from streammatte.live.clock import ClockedSink
from streammatte.live.controls import LiveControls
from streammatte.live.readers import ReaderWatch
from streammatte.live.source import PersistentSource
from streammatte.live.status import LiveStatus, Rates, StageMeter
from streammatte.pipeline import run_chain
from streammatte.stages import Matter, Sink, Source, engine_of

__all__ = ["LiveOutput", "LiveSession"]

_RELOAD_EVERY_S = 1.0

_FASTEST = 120
"""Frames a second: streams on the network claim the ticks of their clock at times."""


class LiveOutput(Sink, Protocol):
    """A sink that a session writes to at the rate that it expects."""

    device: str
    rate: Fraction

    def readers(self) -> int | None:
        """How many watch it; None where that cannot be known."""


class _Nowhere(NullSink):
    def __init__(self, rate: Fraction) -> None:
        self.device, self.rate = "", rate

    def readers(self) -> None:
        pass


class LiveSession:
    """Mattes a camera until it is told to end; runs in threads of its own from the moment it is made.

    Parameters
    ----------
    open_camera : callable
        Opens the camera; called again whenever it was closed or lost.
    controls : LiveControls
        What the user wants; closed with the session.
    matter : Matter
        Finds alpha.
    open_output : callable, optional
        Opens the output for frames of a size (w, h) and a rate; by default nothing is written anywhere.
    always_on : bool
        Whether the camera stays open while nobody watches the output, nor through `watching`. It always does where the
        output does not know. Where it is closed, matting that was turned off is on again.
    rate : Fraction or int, optional
        Frames per second of the output; by default the camera's, or 30.
    matte_fps : float, optional
        The most often in a second that alpha is found; in between, it is carried along the motion.
    cpu_budget : float, optional
        Percent of one core that the process may use: the matter is asked less often while it uses more. What the least
        is, if that is more, is told to the controls' `notify`.
    hold_off_s : float
        Seconds without a reader after which the camera is closed.

    Attributes
    ----------
    controls : LiveControls
    size : tuple of int
        (w, h) of the frames.
    watching : int
        How many watch otherwise than by the output; whoever does, adds and takes off one.

    Raises
    ------
    DeviceError, MediaError
        If camera or output cannot be opened.
    """

    def __init__(
        self,
        open_camera: Callable[[], Source],
        controls: LiveControls,
        matter: Matter,
        *,
        open_output: Callable[[tuple[int, int], Fraction], LiveOutput] | None = None,
        always_on: bool = False,
        rate: Fraction | int | None = None,
        matte_fps: float | None = None,
        cpu_budget: float | None = None,
        hold_off_s: float = 5.0,
    ) -> None:
        self.controls = controls
        self.watching = 0
        self._meter = StageMeter()
        self._rates, self._rates_lock = Rates(), Lock()
        self._wanted = Event()
        self._wanted.set()
        with ExitStack() as opened:
            opened.callback(controls.close)
            budget = None if cpu_budget is None else Budget(cpu_budget, controls.notify)
            self._matter = CarryingMatter(matter, matte_fps=matte_fps, budget=budget)
            self._source = PersistentSource(open_camera, self._wanted, controls.ended)
            opened.callback(self._source.close)
            self.size = self._source.size
            claimed = self._source.rate or 30
            rate = Fraction(rate or (claimed if claimed <= _FASTEST else 30))
            self._output = _Nowhere(rate) if open_output is None else open_output(self.size, rate)
            opened.callback(self._output.abort)
            self._clock = ClockedSink(
                self._output, self._output.rate, card(self.size), covered=lambda: controls.look.covered
            )
            opened.callback(self._clock.abort)
            self._watch: ReaderWatch | None = None
            if not always_on and self._output.readers() is not None:
                self._watch = ReaderWatch(
                    lambda: (self._output.readers() or 0) + self.watching,
                    self._wanted_by_somebody,
                    hold_off_s=hold_off_s,
                )
                opened.callback(self._watch.close)
            self._chain = LiveChain(controls, self._matter, lambda: self._source.since_s)
            threads = opened.enter_context(ThreadPoolExecutor(2, "streammatte live"))
            self._running: Future[int] = threads.submit(self._run)
            threads.submit(self._reload)
            opened.callback(controls.quit)
            self._opened = opened.pop_all()

    def wait(self, timeout_s: float) -> bool:
        """Wait for the end; return whether it has come.

        Raises
        ------
        Exception
            Whatever ended the session before its time.
        """
        if not wait([self._running], timeout_s).done:
            return False
        self._running.result()
        return True

    @property
    def shown(self) -> Layers:
        """The newest layers; a card before the first frame, while it is covered, and where nothing comes any more."""
        return self._clock.shown

    @property
    def matted(self) -> Layers | None:
        """The newest before anything is put behind; None while the camera or matting rests."""
        return self._chain.matted if self._source.state == "live" else None

    def status(self) -> LiveStatus:
        """How the session does now; rates are since the call before."""
        clock, source, matter = self._clock.report(), self._source, self._matter
        engine, device = engine_of(matter.matter)
        look = self.controls.look
        with self._rates_lock:
            rates, cpu = self._rates(received=source.received, written=clock.written, found=matter.found)
        return LiveStatus(
            state=source.state,
            problem=source.problem,
            covered=look.covered,
            on=look.on,
            camera=source.info.device,
            output=self._output.device,
            size=self.size,
            fps_in=rates.get("received", 0.0),
            fps_out=rates.get("written", 0.0),
            matte_fps=rates.get("found", 0.0),
            latency_median_ms=clock.latency_median_ms,
            latency_p95_ms=clock.latency_p95_ms,
            stages=self._meter.mean,
            cpu_percent=cpu,
            engine=engine,
            device=device,
            received=source.received,
            dropped=source.dropped + self._meter.dropped,
            shown=clock.written,
            repeated=clock.repeated,
            found=matter.found,
            carried=matter.carried,
            rested=matter.rested,
            failed=self._chain.failed,
            reconnects=source.reconnects,
            worst_gap_ms=clock.worst_gap_ms,
            readers=None if self._watch is None else max(0, self._watch.readers - self.watching),
        )

    def forget_gaps(self) -> None:
        """Measure the worst gap anew."""
        self._clock.forget_gaps()

    def close(self) -> None:
        """End the session, give camera and output back, and close the controls."""
        self._opened.close()

    def __enter__(self) -> LiveSession:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _run(self) -> int:
        try:
            return run_chain(self._source, self._chain, self._clock, on_frame=self._meter)
        finally:
            self.controls.quit()

    def _reload(self) -> None:
        while not self.controls.ended.wait(_RELOAD_EVERY_S):
            self.controls.reload_changed()

    def _wanted_by_somebody(self, anybody: bool) -> None:
        if not anybody and not self.controls.look.on:  # who comes next may be another call
            self.controls.switch("on", True)
            self.controls.notify("matting is on again, as nobody watches any more")
        (self._wanted.set if anybody else self._wanted.clear)()
        self._clock.rest(not anybody)
