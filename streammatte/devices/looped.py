"""A video in the place of a camera: at its own pace, again and again."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from threading import Event
from time import monotonic

from streammatte.compositing.frames import Frame
from streammatte.errors import MediaError
from streammatte.io import open_source
from streammatte.stages import Source, SourceInfo

__all__ = ["LoopedSource"]

_TIME_BASE = Fraction(1, 1_000_000)
_PICTURE_S = 1 / 25
"""Seconds for which a single picture is shown."""


class LoopedSource(Source):
    """The frames of a video or a picture as a camera would give them; a live `Source`.

    A frame's time is `time.monotonic()` when it is given.

    Parameters
    ----------
    spec : str or Path
        As `open_source` takes it.

    Raises
    ------
    MediaError
        If it cannot be read.
    """

    def __init__(self, spec: str | Path) -> None:
        self._spec = spec
        self._source = open_source(spec)
        self._ended = Event()
        played = self._source.info
        self._info = SourceInfo(played.size, played.rate, live=True, path=played.path)

    @property
    def info(self) -> SourceInfo:
        """What it is."""
        return self._info

    def __iter__(self) -> Iterator[Frame]:
        """Iterate without end."""
        step_s = float(1 / self.rate) if self.rate else _PICTURE_S
        begin = monotonic()
        try:
            while not self._ended.is_set():
                last_s = -step_s
                for frame in self._source:
                    last_s = max(0.0, frame.time)
                    if self._ended.wait(max(0.0, begin + last_s - monotonic())):
                        return
                    yield Frame(frame.picture, round(monotonic() / _TIME_BASE), _TIME_BASE)
                if last_s < 0 and not self._ended.is_set():
                    raise MediaError(f"{self._spec} gives no frame any more; expected a video that can be read again")
                begin = max(begin + last_s + step_s, monotonic() - step_s)
                self._source.close()
                self._source = open_source(self._spec)
        finally:
            self._source.close()  # it may have been opened while `close` was called

    def close(self) -> None:
        """Free the file and end the iteration."""
        self._ended.set()
        self._source.close()
