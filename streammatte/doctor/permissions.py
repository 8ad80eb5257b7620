"""Whether a device file may be used, on Linux."""

from __future__ import annotations

import os
import shutil
import stat
import sys
from pathlib import Path

from streammatte.devices.v4l2 import V4l2Device
from streammatte.doctor.commands import shell
from streammatte.doctor.finding import Finding

__all__ = ["denied", "permission_remedy"]


def denied(section: str, device: V4l2Device) -> Finding:
    """Return the finding that this user may not open a device."""
    remedy = permission_remedy(device.path)
    detail = f"{device.name}; this user may not open it"
    if "usermod" in remedy:
        detail += ", and may after the next login once the command has run"
    return Finding(section, device.path, "problem", detail, remedy, mends=remedy.startswith("sudo "))


def permission_remedy(path: str) -> str:
    """Return the command after which this user may read and write a device file that it may not now.

    Parameters
    ----------
    path : str
        The device file.
    """
    assert sys.platform != "win32"
    import grp
    import pwd

    status = Path(path).stat()
    user = pwd.getpwuid(os.getuid()).pw_name
    shared = status.st_mode & (stat.S_IRGRP | stat.S_IWGRP) == stat.S_IRGRP | stat.S_IWGRP
    if not shared or status.st_gid == 0:
        alone = "setfacl", "-m", f"u:{user}:rw"
        return shell("sudo", *(alone if shutil.which("setfacl") else ("chmod", "a+rw")), path)
    group = grp.getgrgid(status.st_gid)
    if user in group.gr_mem:
        return f"log out and in again: {user} has been put into the group {group.gr_name} since"
    return shell("sudo", "usermod", "-aG", group.gr_name, user)
