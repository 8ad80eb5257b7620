"""Which Linux distribution this is."""

from __future__ import annotations

import platform
from collections.abc import Mapping

__all__ = ["of_distribution"]


def of_distribution(commands: Mapping[str, str]) -> str | None:
    """Return the command of this distribution, or of the nearest that it comes from; None if there is none for it.

    Parameters
    ----------
    commands : mapping of str to str
        By the names in /etc/os-release.
    """
    try:
        fields = platform.freedesktop_os_release()
    except OSError:
        return None
    names = [fields["ID"], *fields.get("ID_LIKE", "").split()]
    return next((commands[each] for each in names if each in commands), None)
