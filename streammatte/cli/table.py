"""How far each of many files is, on stderr: a table on a terminal, else a line for each that has ended."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from rich.table import Table

__all__ = ["Progress", "progress_table"]

_LINES_AROUND = 4
"""Of a terminal, that the table leaves free."""


class Progress:
    """What is known of each file.

    Parameters
    ----------
    names : sequence of str
    quiet : bool
        Whether nothing is to be drawn.
    """

    def __init__(self, names: Sequence[str], *, quiet: bool) -> None:
        self.names = names
        self._lines = not quiet and not sys.stderr.isatty()
        self._states: dict[int, str] = {}  # in the order in which they began to be anything but waiting
        self._running: dict[int, tuple[int, int | None, float]] = {}
        self._failed = 0

    def tell(self, number: int, frames: int, total: int | None) -> None:
        """Take how far a file is."""
        if number not in self._states:
            _, _, since = self._running.get(number, (0, None, monotonic()))
            self._running[number] = frames, total, since

    def end(self, number: int, how: str, *, failed: bool = False) -> None:
        """Take how a file ended: in a word or a line."""
        self._running.pop(number, None)
        self._states[number] = how
        self._failed += failed
        if self._lines:
            click.echo(f"{len(self._states)} of {len(self.names)}: {self.names[number]}: {how}", err=True)

    def table(self, lines: int) -> Table:
        """Draw what fits into so many lines: first of all the files at work, then those that ended last."""
        from rich.progress_bar import ProgressBar
        from rich.table import Table
        from rich.text import Text

        table = Table(box=None, pad_edge=False, show_header=False)
        waiting = [each for each in range(len(self.names)) if each not in self._states and each not in self._running]
        room = max(1, lines - len(self._running) - min(1, len(waiting)))
        for number in list(self._states)[-room:]:
            table.add_row(Text(self.names[number]), "", Text(self._states[number]))
        for number, (frames, total, since) in self._running.items():
            rate = frames / max(monotonic() - since, 1e-6)
            left = f", {_clock((total - frames) / rate)} left" if total and total >= frames > 0 else ""
            bar = ProgressBar(total, min(frames, total or frames), 20, pulse=total is None)
            table.add_row(Text(self.names[number]), bar, f"{frames} frames, {rate:.1f} fps{left}")
        for number in waiting[: max(1, room - len(self._states))]:
            table.add_row(Text(self.names[number]), "", "waiting")
        failed = f", {self._failed} not done" if self._failed else ""
        table.caption = f"{len(self._states)} of {len(self.names)} files{failed}"
        return table


def _clock(seconds: float) -> str:
    hours, rest = divmod(round(seconds), 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}" if hours else f"{rest // 60}:{rest % 60:02}"


@contextmanager
def progress_table(progress: Progress, *, quiet: bool) -> Iterator[None]:
    """Draw it for as long as this lasts, where there is a terminal."""
    if quiet or not sys.stderr.isatty():
        yield
        return
    from rich.console import Console
    from rich.live import Live

    console = Console(stderr=True)
    with Live(console=console, get_renderable=lambda: progress.table(console.height - _LINES_AROUND)):
        yield
