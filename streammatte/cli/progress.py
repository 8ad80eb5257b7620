"""How far a run is, on stderr: a bar on a terminal, else a line every few seconds."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from streammatte.pipeline import FrameReport

__all__ = ["Tally", "progress"]

_LINE_EVERY_S = 5.0


class Tally:
    """Counts frames and time; give it to `run` as `on_frame`.

    Parameters
    ----------
    total : int or None
        Frames to expect, where that is known.
    draw : callable
        Shows the tally; called after each frame.
    unit : str
        What is counted.

    Attributes
    ----------
    frames : int
        Frames written.
    """

    def __init__(self, total: int | None, draw: Callable[[Tally], None], unit: str = "frame") -> None:
        self.total = total
        self.unit = unit
        self.frames = 0
        self._draw = draw
        self._start = monotonic()

    def __call__(self, report: FrameReport) -> None:
        """Count a frame."""
        self.frames += 1
        self._draw(self)

    @property
    def seconds(self) -> float:
        """Since the start."""
        return monotonic() - self._start

    @property
    def rate(self) -> float:
        """Frames per second since the start."""
        return self.frames / max(self.seconds, 1e-6)

    @property
    def summary(self) -> str:
        """What is said at the end."""
        plural = "" if self.frames == 1 else "s"
        return f"{self.frames} {self.unit}{plural} in {self.seconds:.1f} s ({self.rate:.1f} fps)"

    def __str__(self) -> str:
        known = self.total is not None and self.total >= self.frames
        of_total = f" of {self.total}" if known else ""
        parts = [f"{self.frames}{of_total} {self.unit}s", f"{self.rate:.1f} fps"]
        if known and self.total is not None:
            minutes, seconds = divmod(round((self.total - self.frames) / self.rate), 60)
            parts.append(f"{minutes}:{seconds:02} left")
        return ", ".join(parts)


@contextmanager
def progress(total: int | None, *, unit: str = "frame", quiet: bool = False) -> Iterator[Tally]:
    """Show a tally while it grows; nothing if `quiet`."""
    if quiet:
        yield Tally(total, lambda tally: None, unit)
    elif sys.stderr.isatty():
        with _bar(total) as draw:
            yield Tally(total, draw, unit)
    else:
        yield Tally(total, _lines(), unit)


@contextmanager
def _bar(total: int | None) -> Iterator[Callable[[Tally], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    columns = BarColumn(), TextColumn("{task.description}")
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("starting", total=total)
        yield lambda tally: bar.update(task, completed=tally.frames, description=str(tally))


def _lines() -> Callable[[Tally], None]:
    due = _LINE_EVERY_S

    def draw(tally: Tally) -> None:
        nonlocal due
        if tally.seconds >= due:
            due = tally.seconds + _LINE_EVERY_S
            click.echo(str(tally), err=True)

    return draw
