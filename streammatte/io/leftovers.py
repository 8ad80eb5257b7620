"""The temporary names of outputs, and what runs that were killed left under them."""

from __future__ import annotations

import errno
import os
import shutil
import sys
from itertools import count
from pathlib import Path

from streammatte.io.notices import Notify

if sys.platform != "win32":
    import fcntl

__all__ = ["Claim", "temporary_name"]

_MOST_BYTES = 255
"""Of a name, in every usual file system."""


class Claim:
    """Marks what has a temporary name as a living process's own; the system lifts the mark whatever ends the process.

    On Windows, where a file that is open cannot be removed, a file needs no mark.

    Parameters
    ----------
    temporary : Path
        A file or a folder.

    Raises
    ------
    BlockingIOError
        If it is marked already.
    OSError
        If there are no such marks on this system.
    """

    def __init__(self, temporary: Path) -> None:
        self._descriptor: int | None = None
        if sys.platform != "win32":
            # NFS marks only what is open for writing, as which no folder can be opened.
            self._descriptor = os.open(temporary, os.O_RDONLY if temporary.is_dir() else os.O_RDWR)
            try:
                fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                self.release()
                raise
        elif temporary.is_dir():
            raise OSError(errno.ENOTSUP, os.strerror(errno.ENOTSUP))

    def release(self) -> None:
        """Lift the mark; a second call does nothing."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def temporary_name(path: Path, suffix: str, on_notice: Notify) -> Path:
    """Return a hidden name that is free, beside the output `path`, and ends in `suffix`.

    What a run that was killed left under such a name is removed, or told where it cannot be; what another run is
    writing at this moment stays.
    """
    free = None
    for number in count(1):
        ending = f".{number}.partial{suffix}"
        stem = os.fsencode(path.stem)[: max(0, _MOST_BYTES - 1 - len(ending.encode()))].decode(errors="ignore")
        name = path.with_name(f".{stem}{ending}")
        if not os.path.lexists(name):
            break
        if _removed(name, path, on_notice):
            free = free or name
    return free or name


def _removed(leftover: Path, path: Path, on_notice: Notify) -> bool:
    try:
        claim = Claim(leftover)
        try:
            if leftover.is_dir():
                shutil.rmtree(leftover)
            else:
                leftover.unlink()
        finally:
            claim.release()
    except BlockingIOError:
        on_notice(f"{path} is being written by another run too, as {leftover.name}; the one that ends last stays")
        return False
    except OSError as error:
        on_notice(f"{leftover} is in the way ({error.strerror}); remove it, unless another run is writing it")
        return False
    on_notice(f"{leftover} was left by a run that was killed, and is removed")
    return True
