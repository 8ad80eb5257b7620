"""Runs frames from a source through a chain of matter, smoother and filters into a sink.

::

    reading thread ─► newest or next ─► matting thread ─► next ─► the caller's thread
    source                              chain                      sink, on_frame

Sink and callback stay in the caller's thread, where windows and signals must be handled. The queues between the threads
hold so few frames that memory does not depend on the length of the video.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from math import inf
from threading import Condition
from time import perf_counter
from typing import Generic, TypeVar

from streammatte.chain import Chain, ChainTimes
from streammatte.compositing.frames import Frame
from streammatte.compositing.layers import Layers
from streammatte.stages import Filter, Matter, Sink, Smoother, Source

__all__ = ["FrameReport", "StageTimes", "run", "run_chain"]

_AHEAD = 2
"""Frames that wait between two stages of a file: enough to even out their times. A live source waits with one."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class StageTimes:
    """What each stage took for one frame, in milliseconds.

    Attributes
    ----------
    decode_ms : float
        For a live source this includes the wait for the camera.
    matte_ms, smooth_ms, filter_ms : float
    write_ms : float
        Compositing and encoding.
    """

    decode_ms: float
    matte_ms: float
    smooth_ms: float
    filter_ms: float
    write_ms: float


@dataclass(frozen=True, slots=True)
class FrameReport:
    """What `run` tells after each frame written.

    Attributes
    ----------
    index : int
        Frames written before this one.
    time : float
        Presentation time of the frame in seconds.
    dropped : int
        Frames of a live source that were skipped since the start because newer ones had come.
    stages : StageTimes
    """

    index: int
    time: float
    dropped: int
    stages: StageTimes


def run(
    source: Source,
    matter: Matter,
    sink: Sink,
    *,
    smoother: Smoother | None = None,
    filters: Sequence[Filter] = (),
    on_frame: Callable[[FrameReport], object] | None = None,
) -> int:
    """Matte every frame of `source` and write it to `sink`, then close both, and the filters.

    Timestamps pass through unchanged; without filters so does the picture, bit for bit. Every frame of a file is
    written. Of a live source only the newest frame is kept while the one before is being matted.

    To stop early and keep what was written, close the source, from `on_frame` or from another thread.

    Parameters
    ----------
    source : Source
        Closed on every path.
    matter : Matter
        Reset before the first frame and where time steps back, and so are `smoother` and `filters`. All are called in
        a thread of their own.
    sink : Sink
        Closed when all went well. On any error, and on KeyboardInterrupt, it is aborted.
    smoother : Smoother, optional
        Steadies alpha over time.
    filters : sequence of Filter
        Applied in this order, and closed on every path.
    on_frame : callable, optional
        Called in the caller's thread after each frame written.

    Returns
    -------
    int
        The number of frames written.

    Raises
    ------
    ShapeError
        If the matter returns an alpha that is larger than the frame or not in [0, 1], or the smoother one of another
        size than it was given.
    FilterError
        If one of the filters is none, or returns something else than layers of the frame's size.
    Exception
        Whatever a stage or `on_frame` raises; no thread is left behind.
    """
    with Chain(matter, smoother, filters) as chain:
        return run_chain(source, chain, sink, on_frame=on_frame)


def run_chain(
    source: Source, chain: Chain, sink: Sink, *, on_frame: Callable[[FrameReport], object] | None = None
) -> int:
    """Do what `run` does with a chain of one's own, which is left open after the last frame."""
    ahead = 1 if source.live else _AHEAD
    frames: _Queue[tuple[Frame, float]] = _Queue(ahead, newest=source.live)
    results: _Queue[tuple[Layers, float, ChainTimes]] = _Queue(ahead)
    written = 0
    try:
        with ThreadPoolExecutor(2, "streammatte") as threads:
            try:
                chain.reset()
                reading = threads.submit(_read, source, frames)
                matting = threads.submit(_matte, frames, chain, results)
                for layers, decode_ms, times in results:
                    start = perf_counter()
                    sink.write(layers)
                    stages = StageTimes(decode_ms, *times, _ms_since(start))
                    written += 1
                    if on_frame is not None:
                        on_frame(FrameReport(written - 1, layers.frame.time, frames.dropped, stages))
                matting.result()  # first: if it has failed, the reading thread may still wait for room
                reading.result()
            finally:
                frames.cancel()
                results.cancel()
                source.close()
        sink.close()
    except BaseException:
        sink.abort()
        raise
    return written


def _read(source: Source, frames: _Queue[tuple[Frame, float]]) -> None:
    try:
        start = perf_counter()
        for frame in source:
            if not frames.put((frame, _ms_since(start))):
                return
            start = perf_counter()
    finally:
        frames.end()


def _matte(
    frames: _Queue[tuple[Frame, float]], chain: Chain, results: _Queue[tuple[Layers, float, ChainTimes]]
) -> None:
    try:
        before_s = -inf
        for frame, decode_ms in frames:
            if frame.time < before_s:  # another video begins within the file
                chain.reset()
            before_s = frame.time
            layers, times = chain(frame)
            if not results.put((layers, decode_ms, times)):
                return
    finally:
        results.end()


def _ms_since(start: float) -> float:
    return (perf_counter() - start) * 1000


class _Queue(Generic[T]):
    """A queue of at most `ahead` items between two threads, which either end may leave.

    A thread waiting at one end must learn that the other has gone, which `queue.Queue` cannot tell before Python 3.13.
    """

    def __init__(self, ahead: int, *, newest: bool = False) -> None:
        self.dropped = 0
        self._items: deque[T] = deque()
        self._ahead = ahead
        self._newest = newest
        self._ended = False
        self._changed = Condition()

    def put(self, item: T) -> bool:
        """Add `item`, waiting for room or, with `newest`, in place of the oldest; False if nobody will take it."""
        with self._changed:
            if self._newest and len(self._items) == self._ahead and not self._ended:
                self._items.popleft()
                self.dropped += 1
            self._changed.wait_for(lambda: self._ended or len(self._items) < self._ahead)
            if self._ended:
                return False
            self._items.append(item)
            self._changed.notify_all()
            return True

    def __iter__(self) -> Iterator[T]:
        """Take items as they come, until the queue has ended and is empty."""
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._ended or self._items)
                if not self._items:
                    return
                item = self._items.popleft()
                self._changed.notify_all()
            yield item

    def end(self) -> None:
        """No more items will come; those inside can still be taken."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def cancel(self) -> None:
        """Nobody wants the items any more."""
        with self._changed:
            self._items.clear()
        self.end()
