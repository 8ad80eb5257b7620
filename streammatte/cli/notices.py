"""What the library tells about a file, on stderr, where it does not run into a progress bar."""

from __future__ import annotations

import click

__all__ = ["Notices"]


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
