"""A source that outlives its camera: closed while nobody watches, opened again when it was unplugged."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from threading import Condition, Event, Thread
from time import monotonic
from typing import Literal, TypeAlias

from streammatte.allocator import give_back_memory
from streammatte.compositing.fitting import fitted
from streammatte.compositing.frames import Frame
from streammatte.errors import DeviceError, MediaError
from streammatte.stages import Source, SourceInfo

__all__ = ["PersistentSource", "SourceState"]

SourceState: TypeAlias = Literal["live", "opening", "idle", "lost"]
"""Frames come; a camera is being opened; nobody watches; the camera is gone and looked for again and again."""

_TIME_BASE = Fraction(1, 1_000_000)
_SILENCE_S = 3.0
"""A camera that gives nothing for so long is given up and opened anew."""

_BACK_OFF_S = (0.25, 0.5, 1.0, 2.0, 4.0)


class PersistentSource(Source):
    """The frames of whatever `open_camera` opens, again and again, until it is closed; a live `Source`.

    A frame's time is `time.monotonic()` at its capture, or at its arrival where the camera does not tell. All frames
    have the size of the first camera's: those of another size are cut to cover it.

    Parameters
    ----------
    open_camera : callable
        Opens the camera; it may raise DeviceError or MediaError, except at the first call, which is made at once.
    wanted : Event, optional
        While it is not set, the camera is closed. By default it is always wanted.
    ended : Event, optional
        Ends the iteration once it is set, as `close` does.
    silence_s : float
        Seconds without a frame after which the camera counts as lost.

    Attributes
    ----------
    state : str
        One of `SourceState`.
    received, dropped, reconnects : int
        Frames that came; those that were skipped because newer ones had come; how often the camera came back.
    since_s : float
        The time of the first frame since the camera was opened; what came before is no part of it.
    problem : str
        Why the camera is lost; empty otherwise.

    Raises
    ------
    DeviceError, MediaError
        As the first call of `open_camera` does.
    """

    def __init__(
        self,
        open_camera: Callable[[], Source],
        wanted: Event | None = None,
        ended: Event | None = None,
        *,
        silence_s: float = _SILENCE_S,
    ) -> None:
        self._open = open_camera
        self._wanted = wanted or Event()
        if wanted is None:
            self._wanted.set()
        self._silence_s = silence_s
        self._ended = ended or Event()
        camera = open_camera()
        self._info = replace(camera.info, live=True)
        self._reader: _Reader | None = _Reader(camera)
        self.state: SourceState = "opening"
        self.since_s = 0.0
        self.problem = ""
        self.received = self.dropped = self.reconnects = 0

    @property
    def info(self) -> SourceInfo:
        """What the present camera is, or the last; size and rate are the first one's."""
        return self._info

    def __iter__(self) -> Iterator[Frame]:
        """Iterate over the newest frames, from now on, until `close` is called."""
        failures = 0
        while not self._ended.is_set():
            if not self._wanted.is_set():
                if self.state != "idle":
                    self._release()
                    self.state = "idle"
                    give_back_memory()
                self._wanted.wait(0.2)
                continue
            try:
                frame = self._next()
            except (DeviceError, MediaError) as error:
                self._release()
                self.state, self.problem = "lost", str(error)
                self._ended.wait(_BACK_OFF_S[min(failures, len(_BACK_OFF_S) - 1)])
                failures += 1
                continue
            if frame is None:  # it was not wanted any more, or closed
                continue
            if self.state == "lost":
                self.reconnects += 1
            if self.state != "live":
                self.since_s = frame.time
            self.state, self.problem, failures = "live", "", 0
            yield frame
        self._release()  # a camera that was being opened when `close` was called

    def close(self) -> None:
        """Free the camera and end the iteration."""
        self._ended.set()
        self._release()

    def _next(self) -> Frame | None:
        if self._reader is None:
            if self.state != "lost":
                self.state = "opening"
            camera = self._open()
            self._info = replace(camera.info, live=True, size=self.size, rate=self.rate)
            self._reader = _Reader(camera)
        reader = self._reader
        deadline = monotonic() + self._silence_s
        while not self._ended.is_set() and self._wanted.is_set():
            taken = reader.take(min(0.1, self._silence_s))
            if taken is not None:
                frame, skipped = taken
                self.received += 1 + skipped
                self.dropped += skipped
                return frame if frame.size == self.size else frame.with_picture(fitted(frame.rgb, self.size))
            if reader.over:
                raise reader.error or DeviceError("the camera gives no more frames; it is opened again")
            if monotonic() > deadline:
                raise DeviceError(
                    f"the camera has given no frame for {self._silence_s:.0f} s",
                    remedy="if it stays silent, plug it in again",
                )
        return None

    def _release(self) -> None:
        reader, self._reader = self._reader, None
        if reader is not None:
            reader.close()


class _Reader:
    """Reads a source in a thread of its own and keeps the newest frame, as a read from a camera may never return."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.over = False
        self.error: DeviceError | MediaError | None = None
        self._frame: Frame | None = None
        self._skipped = 0
        self._changed = Condition()
        self._thread = Thread(target=self._read, name="streammatte camera", daemon=True)
        self._thread.start()

    def take(self, timeout_s: float) -> tuple[Frame, int] | None:
        """Wait for a frame; return it and how many were skipped before it, or None."""
        with self._changed:
            self._changed.wait_for(lambda: self._frame is not None or self.over, timeout_s)
            frame, self._frame = self._frame, None
            skipped, self._skipped = self._skipped, 0
            return None if frame is None else (frame, skipped)

    def close(self) -> None:
        self.source.close()
        self._thread.join(1.0)  # a camera that hangs keeps its thread

    def _read(self) -> None:
        try:
            for frame in self.source:
                now = monotonic()
                if not 0 <= now - frame.time < 1:  # the camera's clock is another one
                    frame = Frame(frame.picture, round(now / _TIME_BASE), _TIME_BASE)
                with self._changed:
                    self._skipped += self._frame is not None
                    self._frame = frame
                    self._changed.notify_all()
        except (DeviceError, MediaError) as error:
            self.error = error
        finally:
            with self._changed:
                self.over = True
                self._changed.notify_all()
