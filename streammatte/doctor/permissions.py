"""Whether a device file may be used, on Linux."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

from streammatte.doctor.commands import shell

__all__ = ["permission_remedy"]


def permission_remedy(path: str) -> str:
    """Return the command after which this user may read and write a device file that it may not now.

    Parameters
    ----------
    path : str
        The device file.
    """
    status = Path(path).stat()
    shared = status.st_mode & (stat.S_IRGRP | stat.S_IWGRP) == stat.S_IRGRP | stat.S_IWGRP
    if sys.platform == "win32" or not shared or status.st_gid == 0:
        return shell("sudo", "chmod", "a+rw", path)

    import grp
    import pwd

    group = grp.getgrgid(status.st_gid)
    user = pwd.getpwuid(os.getuid()).pw_name
    if user in group.gr_mem:
        return f"log out and in again: {user} has been put into the group {group.gr_name} since"
    return f"{shell('sudo', 'usermod', '-aG', group.gr_name)} $USER, then log out and in again"
