"""Who holds a file open, on Linux."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Holder", "holders"]


@dataclass(frozen=True, slots=True)
class Holder:
    """A process that holds a file open.

    Attributes
    ----------
    pid : int
    program : str
        Its name as the system keeps it, at most 15 characters.
    """

    pid: int
    program: str

    def __str__(self) -> str:
        """Both, for a list."""
        return f"{self.program} (process {self.pid})"


def holders(path: str, proc: Path = Path("/proc")) -> list[Holder]:
    """Return the processes, other than this one, that hold a file open.

    Each is listed once, however often it holds the file. Processes of other users, and those that the system hides, are
    seen by root alone. A program that merely looks whether a camera is there holds it for a moment too.

    Parameters
    ----------
    path : str
        The file, or a link to it.
    proc : Path
        Where the system tells of its processes; where there is no such folder, nobody is found.

    Returns
    -------
    list of Holder
        In the order of their numbers.
    """
    target = os.path.realpath(path)
    try:
        with os.scandir(proc) as processes:
            pids = sorted(int(each.name) for each in processes if each.name.isdecimal())
    except OSError:
        return []
    return [Holder(pid, _program(proc / str(pid))) for pid in pids if pid != os.getpid() and _holds(proc, pid, target)]


def _holds(proc: Path, pid: int, target: str) -> bool:
    try:
        with os.scandir(f"{proc}/{pid}/fd") as files:
            return any(_link(each.path) == target for each in files)
    except OSError:  # it has ended, or is not ours to look into
        return False


def _link(path: str) -> str:
    try:
        return os.readlink(path)  # noqa: PTH115 (a Path for each open file of the system costs more than the call)
    except OSError:  # closed in the meantime
        return ""


def _program(process: Path) -> str:
    try:
        return (process / "comm").read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return "?"
