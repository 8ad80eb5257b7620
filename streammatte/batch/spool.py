"""Files on their way: a folder of this process's own, which is gone when the process is."""

from __future__ import annotations

import errno
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
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
        self._own: tuple[Path, TextIO, Claim] | None = None
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
            own = Path(mkdtemp(dir=self._root))
            self._own = own, (own / _LOCK).open("x"), Claim(own / _LOCK)
        return Path(mkdtemp(dir=self._own[0]))

    def room(self) -> int:
        """The bytes that are free there."""
        place = next(each for each in (self._root, *self._root.parents) if each.exists())
        return shutil.disk_usage(place).free

    def close(self) -> None:
        """Remove all of it."""
        if self._own is not None:
            folder, file, claim = self._own
            file.close()
            claim.release()
            shutil.rmtree(folder, ignore_errors=True)
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
    try:
        with _free_name(folder, made.name) as path:
            os.replace(made, path)  # noqa: PTH105
        return path
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
    with PartialFile(next(path for path in _names(folder, made.name) if not path.exists())) as partial:
        shutil.copyfile(made, partial.temporary)
        with _free_name(folder, made.name) as partial.path:
            partial.commit()
    made.unlink()
    return partial.path


@contextmanager
def _free_name(folder: Path, name: str) -> Iterator[Path]:
    """Take a free name in a folder for the moment in which a file gets it."""
    for path in _names(folder, name):
        with suppress(FileExistsError):
            path.open("xb").close()
            break
    try:
        yield path
    except OSError:
        path.unlink()
        raise


def _names(folder: Path, name: str) -> Iterator[Path]:
    """The name, and with numbers."""
    path = folder / name
    yield path
    for number in count(2):
        yield path.with_stem(f"{path.stem}-{number}")


def _remove_leftover(folder: Path) -> None:
    with suppress(OSError):  # it is a living process's own, or no such folder
        Claim(folder / _LOCK).release()
        (folder / _LOCK).unlink()  # which Windows refuses while that process has it open
        shutil.rmtree(folder)
