"""Keys pressed in the terminal, one by one and without Enter."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["pressed_keys"]


@contextmanager
def pressed_keys() -> Iterator[Callable[[], str]]:
    """Within it, the callable that it gives returns what was typed since its last call; nothing without a terminal."""
    if not sys.stdin.isatty():
        yield lambda: ""
    elif sys.platform == "win32":
        import msvcrt

        def typed() -> str:
            keys = ""
            while msvcrt.kbhit():
                keys += msvcrt.getwch()
            return keys

        yield typed
    else:
        import os
        import select
        import termios
        import tty

        terminal = sys.stdin.fileno()
        before = termios.tcgetattr(terminal)

        def read() -> str:
            ready = select.select([terminal], [], [], 0)[0]
            return os.read(terminal, 64).decode(errors="ignore") if ready else ""

        try:
            tty.setcbreak(terminal)  # Ctrl-C still interrupts
            yield read
        finally:
            termios.tcsetattr(terminal, termios.TCSADRAIN, before)
