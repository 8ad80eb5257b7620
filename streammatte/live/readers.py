"""Whether anybody watches the virtual camera."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event, Thread
from time import monotonic

__all__ = ["ReaderWatch"]


class ReaderWatch:
    """Counts readers now and then, in a thread of its own.

    Programs that look for cameras open each for a moment, so that one who leaves is believed only after a while; one
    who comes is believed at once.

    Parameters
    ----------
    count : callable
        Returns how many readers there are.
    changed : callable
        Called from the thread with whether there is anybody, whenever that changes. At first there is.
    hold_off_s : float
        Seconds without a reader after which nobody watches.
    every_s : float
        Seconds from one count to the next; more, up to half of `hold_off_s`, where a count takes so long that it would
        cost a tenth of a core.

    Attributes
    ----------
    readers : int
        At the last count.
    """

    def __init__(
        self,
        count: Callable[[], int],
        changed: Callable[[bool], object],
        *,
        hold_off_s: float = 5.0,
        every_s: float = 0.3,
    ) -> None:
        self._count = count
        self._changed = changed
        self._hold_off_s = hold_off_s
        self._every_s = every_s
        self._ended = Event()
        self.readers = 0
        self._thread = Thread(target=self._watch, name="streammatte readers", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop counting."""
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        seen, watched = monotonic(), True
        pause_s = self._every_s
        while not self._ended.wait(pause_s):
            began = monotonic()
            self.readers = self._count()
            pause_s = max(self._every_s, min(9 * (monotonic() - began), self._hold_off_s / 2))
            if self.readers:
                seen = monotonic()
            anybody = monotonic() - seen < self._hold_off_s
            if anybody != watched:
                watched = anybody
                self._changed(anybody)
