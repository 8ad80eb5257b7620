"""What the library tells about a file, on stderr, where it does not run into a progress bar."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click

__all__ = ["Notices", "saying_what_is_removed"]


class Notices:
    """Keeps what is told; give it to `open_source` and `open_sink` as `on_notice`.

    Parameters
    ----------
    quiet : bool
        Whether nothing is to be said.
    """

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._kept: list[str] = []

    def __call__(self, notice: str) -> None:
        """Keep a notice."""
        self._kept.append(notice)

    def say(self) -> None:
        """Print what was told since the last time."""
        kept, self._kept = self._kept, []
        if not self._quiet:
            for notice in kept:
                click.echo(f"streammatte: {notice}", err=True)


@contextmanager
def saying_what_is_removed() -> Iterator[None]:
    """Let what is said of a stopped run tell what became of the file that it was writing."""
    try:
        yield
    except KeyboardInterrupt as stop:
        raise KeyboardInterrupt(*stop.args, "what was not complete is removed") from stop
