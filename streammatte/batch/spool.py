"""Files on their way: a folder of this process's own, which is gone when the process is."""

from __future__ import annotations

import os
import re
import shutil
from contextlib import suppress
from itertools import count
from pathlib import Path, PurePosixPath
from tempfile import mkdtemp
from typing import TextIO

from streammatte.io.files import PartialFile
from streammatte.io.leftovers import Claim

__all__ = ["Spool", "plain_name", "put_away"]

_LOCK = "lock"
_MOST_BYTES = 180
"""Of a name; what is put before and behind it has room in the 255 of every usual file system."""

_MOST_SUFFIX = 16

_ODD = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*\ud800-\udfff]+')
"""What a name cannot hold on every system, and what a terminal would obey."""


class Spool:
    """Makes folders that this user alone can read, and removes them at the end.

    What a process left that was killed is removed by the next.

    Parameters
    ----------
    root : Path
        Where they lie; made when the first is.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._own: Path | None = None
        self._lock: tuple[TextIO, Claim] | None = None
        for each in root.iterdir() if root.is_dir() else ():
            _remove_leftover(each)

    def folder(self) -> Path:
        """Return a new, empty folder.

        Raises
        ------
        OSError
            If there can be none.
        """
        if self._own is None:
            self._root.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._own = Path(mkdtemp(dir=self._root))
            self._lock = (self._own / _LOCK).open("x"), Claim(self._own / _LOCK)
        return Path(mkdtemp(dir=self._own))

    def room(self) -> int:
        """The bytes that are free there."""
        place = next(each for each in (self._root, *self._root.parents) if each.exists())
        return shutil.disk_usage(place).free

    def close(self) -> None:
        """Remove all of it."""
        if self._own is not None and self._lock is not None:
            file, claim = self._lock
            file.close()
            claim.release()
            shutil.rmtree(self._own, ignore_errors=True)
            self._own = None


def plain_name(name: str) -> str:
    """Return the name of a file as it can be used anywhere: what a stranger calls it leads nowhere else."""
    last = PurePosixPath(name.replace("\\", "/")).name
    path = PurePosixPath(_ODD.sub("-", last))
    stem = path.stem.encode()[:_MOST_BYTES].decode(errors="ignore").strip(" .").lstrip("-. ")
    return f"{stem or 'file'}{path.suffix.lower()[:_MOST_SUFFIX]}"


def put_away(made: Path, folder: Path) -> Path:
    """Move a file into a folder and return its path there; where its name is taken, it gets a number.

    Raises
    ------
    OSError
        If it cannot be.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for number in count(1):
        path = folder / (made.name if number == 1 else f"{made.stem}-{number}{made.suffix}")
        with suppress(FileExistsError):
            path.open("xb").close()
            try:
                _move(made, path)
            except OSError:
                path.unlink(missing_ok=True)
                raise
            return path
    raise AssertionError("numbers do not end")


def _move(made: Path, path: Path) -> None:
    try:
        os.replace(made, path)  # noqa: PTH105
    except OSError:  # it lies in another file system
        partial = PartialFile(path)
        try:
            shutil.copyfile(made, partial.temporary)
        except OSError:
            partial.discard()
            raise
        partial.commit()
        made.unlink()


def _remove_leftover(folder: Path) -> None:
    with suppress(OSError):  # it is a living process's own, or no such folder
        Claim(folder / _LOCK).release()
        (folder / _LOCK).unlink()  # which Windows refuses while that process has it open
        shutil.rmtree(folder)
