"""How a live session does, on stderr: a line that is kept up to date on a terminal, else one every few seconds."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from streammatte.live.status import LiveStatus

__all__ = ["described", "status_line"]

_REDRAW_EVERY_S, _LINE_EVERY_S = 0.5, 5.0


def described(status: LiveStatus) -> str:
    """One line: what hides or bares the room, state, frames a second in, out, matted, latency, stages, CPU, losses."""
    parts = ["covered"] if status.covered else [] if status.on else ["MATTING IS OFF, THE ROOM IS SHOWN"]
    parts.append(status.state if status.state != "lost" else f"lost: {status.problem}")
    parts.append(f"{status.fps_in:.0f} fps in, {status.fps_out:.0f} out, {status.matte_fps:.0f} matted")
    if status.latency_median_ms is not None and status.latency_p95_ms is not None:
        parts.append(f"latency {status.latency_median_ms:.0f} ms (p95 {status.latency_p95_ms:.0f})")
    if status.stages is not None:
        stages = status.stages
        times = {
            "matte": stages.matte_ms,
            "smooth": stages.smooth_ms,
            "filter": stages.filter_ms,
            "write": stages.write_ms,
        }
        parts.append(" ".join(f"{name} {ms:.0f}" for name, ms in times.items()) + " ms")
    parts.append(f"CPU {status.cpu_percent:.0f} %")
    parts.append(f"{status.engine} on {status.device}")
    parts.append(f"{status.dropped} dropped")
    if status.failed:
        parts.append(f"{status.failed} not matted")
    if status.readers is not None:
        parts.append(f"{status.readers} watching")
    return " · ".join(parts)


@contextmanager
def status_line(*, quiet: bool) -> Iterator[Callable[[Callable[[], LiveStatus]], None]]:
    """Give a callable that is told often where to get the status, and draws it when it is time to."""
    if quiet:
        yield lambda status: None
        return
    terminal = sys.stderr.isatty()
    due = monotonic() + (0 if terminal else _LINE_EVERY_S)
    with _redrawn() if terminal else _lines() as draw:

        def tell(status: Callable[[], LiveStatus]) -> None:
            nonlocal due
            if monotonic() >= due:
                due = monotonic() + (_REDRAW_EVERY_S if terminal else _LINE_EVERY_S)
                draw(described(status()))

        yield tell


@contextmanager
def _redrawn() -> Iterator[Callable[[str], None]]:
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

    with Live(console=Console(stderr=True), auto_refresh=False, transient=True) as live:
        yield lambda line: live.update(Text(line), refresh=True)


@contextmanager
def _lines() -> Iterator[Callable[[str], None]]:
    yield lambda line: click.echo(line, err=True)
