"""Which Linux distribution this is."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

__all__ = ["of_distribution"]


def of_distribution(commands: Mapping[str, str], root: Path = Path("/")) -> str | None:
    """Return the command of this distribution, or of the nearest that it comes from; None if there is none for it.

    Parameters
    ----------
    commands : mapping of str to str
        By the names in /etc/os-release.
    root : Path
        The system's root folder.
    """
    try:
        lines = (root / "etc/os-release").read_text(encoding="utf-8").splitlines()
    except OSError:
        return None
    fields = {name: value.strip("\"'") for name, _, value in (line.partition("=") for line in lines)}
    names = [fields.get("ID", ""), *fields.get("ID_LIKE", "").split()]
    return next((commands[each] for each in names if each in commands), None)
