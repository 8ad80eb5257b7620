"""What a live session asks of memory: one arena, and back what it no longer needs, where the C library is glibc."""

from __future__ import annotations

import ctypes
import gc
import sys
from contextlib import suppress

__all__ = ["give_back_memory", "share_arena"]

_M_ARENA_MAX = -8


def share_arena() -> None:
    """Let all threads of the process take memory from one arena.

    glibc gives each thread an arena of its own and keeps in it what was freed. A session makes frames in one thread and
    frees them in another, and has new threads whenever the camera is opened, so that memory would grow for a while.
    """
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 1)


def give_back_memory() -> None:
    """Give the system back what is free between what is in use; takes up to some 0.2 s.

    Pictures of many sizes leave gaps in the heap, which would grow from one switch to the next. And PyAV's container
    and its streams hold each other, so that the decoders of closed videos and cameras are freed by the garbage
    collector alone, which a session gives little reason to run.
    """
    gc.collect()
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).malloc_trim(0)
