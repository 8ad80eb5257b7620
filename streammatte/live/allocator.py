"""The C library's allocator, told how a live session uses memory."""

from __future__ import annotations

import ctypes
import sys
from contextlib import suppress

__all__ = ["share_arenas"]

_M_ARENA_MAX = -8


def share_arenas(most: int = 2) -> None:
    """Let all threads share `most` arenas, for the whole process; does nothing where the C library is not glibc.

    glibc gives each thread an arena of its own and keeps in it what was freed. A session makes frames in one thread and
    frees them in another, and has new threads whenever the camera is opened, so that memory would grow for a while.
    """
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).mallopt(_M_ARENA_MAX, most)
