"""The command `streammatte`, also as `python -m streammatte`."""

from __future__ import annotations

import os
import signal
import sys
import time
from io import TextIOWrapper
from types import FrameType

__all__ = ["main"]

_STOPS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
_PATIENCE_S = 2.0
_interrupted_at: float | None = None


def main() -> None:
    """Run the command line and exit."""
    for each in _STOPS:
        if each == signal.SIGINT or signal.getsignal(each) != signal.SIG_IGN:  # which nohup has set
            signal.signal(each, _interrupt)
    from streammatte.cli import cli

    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # as of stderr: names need not be text
    try:
        cli(prog_name="streammatte")
    finally:
        for each in _STOPS:
            signal.signal(each, signal.SIG_IGN)  # a late Ctrl-C must not change the exit code any more


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
