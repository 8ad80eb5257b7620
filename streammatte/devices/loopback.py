"""v4l2loopback, the kernel module that makes virtual cameras on Linux: its settings, and how to get it."""

from __future__ import annotations

import platform
import re
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from streammatte.devices.distribution import of_distribution

__all__ = ["LOAD", "RELOAD", "builds", "exclusive_caps", "is_virtual", "make_command", "module_version"]

_SETTINGS = "v4l2loopback devices=1 exclusive_caps=1 card_label=streammatte"

LOAD = (
    f"sudo modprobe {_SETTINGS} && echo options {_SETTINGS} | sudo tee /etc/modprobe.d/streammatte.conf"
    " && echo v4l2loopback | sudo tee /etc/modules-load.d/streammatte.conf"
)
"""Makes a virtual camera, now and at each start of the machine; one that browsers see, too: they pass over what is an
output and a camera at once."""

RELOAD = f"sudo modprobe -r v4l2loopback && {LOAD}"

_DEBIAN = "sudo apt install -y v4l2loopback-dkms linux-headers-$(uname -r)"
_FEDORA = (
    "sudo dnf install -y https://mirrors.rpmfusion.org/free/fedora/rpmfusion-free-release-$(rpm -E %fedora).noarch.rpm"
    " && sudo dnf install -y akmod-v4l2loopback && sudo akmods"
)
_BUILD = (
    'd=$(mktemp -d) && git clone https://github.com/v4l2loopback/v4l2loopback "$d" && make -C "$d"'
    ' && sudo make -C "$d" install && sudo depmod -a'
)
_INSTALL = {
    "debian": _DEBIAN,
    "ubuntu": _DEBIAN,
    "fedora": _FEDORA,
    "arch": "sudo pacman -S --needed --noconfirm v4l2loopback-dkms linux-headers",
    "suse": "sudo zypper --non-interactive install v4l2loopback-kmp-default",
}
"""The command that installs the module, by what /etc/os-release says of the distribution or of its parents."""


def make_command(root: Path = Path("/")) -> str:
    """Return the shell command that makes a virtual camera where there is none.

    Parameters
    ----------
    root : Path
        The system's root folder.
    """
    if (root / "sys/module/v4l2loopback").exists():
        return RELOAD
    if _is_built(root):
        return LOAD
    version = module_version(root)
    too_old = version is not None and not builds(version)  # the distribution's own, which it would install again
    return f"{_BUILD if too_old else of_distribution(_INSTALL) or _BUILD} && {LOAD}"


def module_version(root: Path = Path("/")) -> str | None:
    """Return the version that is loaded or whose source is installed, to be built for each kernel; None if neither is.

    Parameters
    ----------
    root : Path
        The system's root folder.
    """
    with suppress(OSError):
        return (root / "sys/module/v4l2loopback/version").read_text(encoding="ascii").strip()
    sources = [each.name.partition("-")[2] for each in (root / "usr/src").glob("v4l2loopback-*")]
    return max(sources, key=_numbers, default=None)


def builds(version: str, kernel: str | None = None) -> bool:
    """Whether a version of the module is known to build on a kernel, as far as old ones on new kernels go.

    Parameters
    ----------
    version : str
        Of the module.
    kernel : str, optional
        As `platform.release` tells it; the running one by default.
    """
    return _numbers(kernel or platform.release()) < (7,) or _numbers(version) >= (0, 15)


def exclusive_caps(paths: Sequence[str], root: Path = Path("/")) -> dict[str, bool]:
    """Return, for each of the loopbacks, whether it shows itself as a camera alone once it is written to.

    The module lists its settings by the order in which it made the devices.

    Parameters
    ----------
    paths : sequence of str
        The device files of all loopbacks, in the order of their numbers.
    root : Path
        The system's root folder.

    Returns
    -------
    dict
        Without those that the module does not tell of, as they were added later.
    """
    flags = [flag in ("Y", "1") for flag in _setting(root, "exclusive_caps")]
    numbers = _setting(root, "video_nr")  # -1, or none, where the system chose the number
    place = {f"/dev/video{number}": index for index, number in enumerate(numbers) if number.isdecimal()}
    free = [index for index in range(len(flags)) if index not in place.values()]
    for path in paths:
        if path not in place and free:
            place[path] = free.pop(0)
    return {path: flags[place[path]] for path in paths if place.get(path, len(flags)) < len(flags)}


def is_virtual(path: str, root: Path = Path("/")) -> bool:
    """Whether no hardware stands behind a video device, as behind a loopback; it need not be readable."""
    return "virtual" in (root / "sys/class/video4linux" / Path(path).name).resolve().parts


def _setting(root: Path, name: str) -> list[str]:
    try:
        text = (root / "sys/module/v4l2loopback/parameters" / name).read_text(encoding="ascii")
    except OSError:
        return []
    return [each.strip() for each in text.split(",")]


def _numbers(version: str) -> tuple[int, ...]:
    match = re.match(r"[\d.]*", version)
    return tuple(int(each) for each in match[0].split(".") if each) if match else ()


def _is_built(root: Path) -> bool:
    """Whether the running kernel has the module, though it is not loaded."""
    try:
        return b"/v4l2loopback.ko" in (root / "lib/modules" / platform.release() / "modules.dep").read_bytes()
    except OSError:
        return False
