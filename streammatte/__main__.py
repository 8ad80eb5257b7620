"""The command `streammatte`, also as `python -m streammatte`."""

from __future__ import annotations

import os
import signal
import sys
import time
from contextlib import suppress
from io import TextIOWrapper
from types import FrameType

__all__ = ["main"]

_STOPS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
_PATIENCE_S = 2.0
_interrupted_at: float | None = None


def main() -> None:
    """Run the command line and exit."""
    from streammatte.cli import cli

    for each in _STOPS:
        if each == signal.SIGINT or signal.getsignal(each) != signal.SIG_IGN:  # which nohup has set
            signal.signal(each, _interrupt)
    _prepare_standard_streams()
    try:
        cli(prog_name="streammatte")
    finally:
        for each in _STOPS:
            signal.signal(each, signal.SIG_IGN)  # a late Ctrl-C must not change the exit code any more


class _Messages(TextIOWrapper):
    """stderr: where nobody can read it, as its reader is gone or the disk of a log is full, work goes on."""

    def write(self, text: str) -> int:
        with suppress(OSError):
            super().write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError):
            super().flush()


def _prepare_standard_streams() -> None:
    """Make them bear what whoever started the program made of them."""
    while (nowhere := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass  # a closed one; the next file to be opened would take its place, and get what C libraries print
    os.close(nowhere)
    sys.stdin = sys.stdin or os.fdopen(0)
    if sys.stderr is None:
        sys.stderr = os.fdopen(2, "w")
    elif isinstance(sys.stderr, TextIOWrapper):
        sys.stderr = _Messages(sys.stderr.buffer, sys.stderr.encoding, sys.stderr.errors, line_buffering=True)
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # as of stderr: names need not be text


def _interrupt(number: int, frame: FrameType | None) -> None:
    """Stop at the first Ctrl-C, request to end or hang-up, and let the clean-up that follows finish.

    A second one soon after is an impatient finger. A later one means that the clean-up hangs, or that foreign code
    swallowed the first: leave at once.
    """
    global _interrupted_at
    now = time.monotonic()
    if _interrupted_at is None:
        _interrupted_at = now
        raise KeyboardInterrupt(number)
    if now - _interrupted_at > _PATIENCE_S:
        os._exit(128 + number)


if __name__ == "__main__":
    main()
