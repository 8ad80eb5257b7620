"""Keys pressed in the terminal, one by one and without Enter."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

__all__ = ["pressed_keys"]

_SEQUENCE = re.compile(r"\x1b+(\[\[?[0-?]*[ -/]*[@-~]|O.|.)?")
"""What arrows, function keys and Alt send: no key of ours, though letters are in it."""


@contextmanager
def pressed_keys() -> Iterator[Callable[[], str]]:
    """Within it, the callable that it gives returns what was typed since its last call; nothing without a terminal."""
    if not sys.stdin.isatty():
        yield lambda: ""
    elif sys.platform == "win32":
        import msvcrt

        halved = False  # whether the second part of an arrow, a function key or Alt comes next, which may be a letter

        def typed() -> str:
            nonlocal halved
            keys = ""
            while msvcrt.kbhit():
                key = msvcrt.getwch()
                first = not halved and key in "\0\xe0"
                keys += "" if halved or first else key
                halved = first
            return keys

        yield typed
    else:
        import os
        import select
        import termios
        import tty

        terminal = sys.stdin.fileno()

        def in_front() -> bool:
            """Whether keys are ours; a program in the background that touches the terminal is stopped."""
            with suppress(OSError):  # a terminal that is not the program's own stops nobody
                return os.tcgetpgrp(terminal) == os.getpgrp()
            return True

        def read() -> str:
            ready = select.select([terminal], [], [], 0)[0] and in_front()
            return _SEQUENCE.sub("", os.read(terminal, 64).decode(errors="ignore")) if ready else ""

        if not in_front():
            yield lambda: ""
            return
        before = termios.tcgetattr(terminal)
        try:
            tty.setcbreak(terminal)  # Ctrl-C still interrupts
            yield read
        finally:
            if in_front():
                termios.tcsetattr(terminal, termios.TCSADRAIN, before)
