"""What the program asks of the C library's memory, where that is glibc; a library leaves this to its program."""

from __future__ import annotations

import ctypes
import gc
import sys
from contextlib import suppress
from typing import Any

__all__ = ["give_back_memory", "keep_freed_memory", "share_arena"]

_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8
"""Of malloc.h."""

_LARGEST = 32 * 2**20
"""Bytes: the most that glibc takes for _MMAP_THRESHOLD."""


def keep_freed_memory(most: int = 256 * 2**20) -> None:
    """Keep up to `most` freed bytes for what comes next.

    By itself glibc gives arrays as large as a frame back again and again, and the system clears each page anew that it
    hands out: some thousand for each frame.
    """
    _call("mallopt", _MMAP_THRESHOLD, _LARGEST)
    _call("mallopt", _TRIM_THRESHOLD, most)


def share_arena() -> None:
    """Let all threads of the process take memory from one arena.

    glibc gives each thread an arena of its own and keeps in it what was freed. A session makes frames in one thread and
    frees them in another, and has new threads whenever the camera is opened, so that memory would grow for a while.
    """
    _call("mallopt", _ARENA_MAX, 1)


def give_back_memory() -> None:
    """Give the system back what is free between what is in use; takes up to some 0.2 s.

    Pictures of many sizes leave gaps in the heap, which would grow from one switch to the next. And PyAV's container
    and its streams hold each other, so that the decoders of closed videos and cameras are freed by the garbage
    collector alone, which a session gives little reason to run.
    """
    gc.collect()
    _call("malloc_trim", 0)


def _call(function: str, *arguments: Any) -> None:
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):  # another C library has no such thing
            getattr(ctypes.CDLL(None), function)(*arguments)
