"""How many programs hold a device, looked for only where somebody has opened or closed it since, on Linux."""

from __future__ import annotations

import ctypes
import os
from contextlib import suppress
from time import monotonic

from streammatte.devices.holders import holders

__all__ = ["HolderCount"]

_CLOSED_OR_OPENED = 0x08 | 0x10 | 0x20
"""Linux's IN_CLOSE and IN_OPEN."""

_SETTLED_S = 1.0
"""The system tells of an opening a moment before `/proc` has it; for so long it is looked at again."""

_ANEW_S = 5.0
"""So often it is looked at in any case: an open file may be handed on from one program to another."""


class HolderCount:
    """Counts the processes, other than this one, that hold a file open.

    To look into every process of a desktop takes milliseconds; to ask inotify whether anything has happened to the file
    takes none of them.

    Parameters
    ----------
    path : str
        The file, which this user may read.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._count = 0
        self._counted_s = self._unsettled_s = -_ANEW_S
        libc = ctypes.CDLL(None, use_errno=True)
        self._events = int(libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC))  # -1 where there are too many
        if self._events >= 0 and libc.inotify_add_watch(self._events, os.fsencode(path), _CLOSED_OR_OPENED) < 0:
            self.close()

    def __call__(self) -> int:
        """Return how many there are now."""
        now_s = monotonic()
        if self._has_happened():
            self._unsettled_s = now_s
        if now_s - self._unsettled_s < _SETTLED_S or now_s - self._counted_s >= _ANEW_S:
            self._count, self._counted_s = len(holders(self._path)), now_s
        return self._count

    def close(self) -> None:
        """Give the system's watch back."""
        events, self._events = self._events, -1
        if events >= 0:
            os.close(events)

    def _has_happened(self) -> bool:
        """Whether the file was opened or closed since the call before, as far as can be told."""
        happened = self._events < 0
        with suppress(BlockingIOError):  # nothing more to tell
            while self._events >= 0 and os.read(self._events, 4096):
                happened = True
        return happened
