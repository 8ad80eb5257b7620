"""Who holds a file open, on Linux."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Holder", "holders", "sees_all"]


@dataclass(frozen=True, slots=True)
class Holder:
    """A process that holds a file open.

    Attributes
    ----------
    pid : int
    program : str
        Its name as the system keeps it, at most 15 characters.
    writes_only : bool
        Whether it opened the file for writing alone. Of a virtual camera that is its writer, such as pyvirtualcam; but
        many programs open a device for both, whatever they do with it.
    """

    pid: int
    program: str
    writes_only: bool = False

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
    held = ((pid, _held(proc, pid, target)) for pid in pids if pid != os.getpid())
    return [Holder(pid, _program(proc / str(pid)), _writes_only(proc / str(pid), fd)) for pid, fd in held if fd]


def sees_all() -> bool:
    """Whether `holders` finds the processes of every user, and not just this one's."""
    return not hasattr(os, "geteuid") or os.geteuid() == 0


def _held(proc: Path, pid: int, target: str) -> str | None:
    """Return the number of the open file that is `target`."""
    try:
        with os.scandir(f"{proc}/{pid}/fd") as files:
            return next((each.name for each in files if _link(each.path) == target), None)
    except OSError:  # it has ended, or is not ours to look into
        return None


def _writes_only(process: Path, fd: str) -> bool:
    try:
        lines = (process / "fdinfo" / fd).read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return False
    flags = next((line.split()[1] for line in lines if line.startswith("flags:")), "0")  # octal, as open() takes them
    return int(flags, 8) & 3 == os.O_WRONLY


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
