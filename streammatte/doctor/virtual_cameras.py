"""Virtual cameras: which there are, whether browsers see them, who uses them."""

from __future__ import annotations

import platform
import plistlib
import sys
from pathlib import Path

from streammatte.devices.holders import Holder, holders, sees_all
from streammatte.devices.loopback import RELOAD, builds, exclusive_caps, is_virtual, make_command, module_version
from streammatte.devices.pipewire import pipewire_problem
from streammatte.devices.v4l2 import V4l2Device, output_format, v4l2_devices
from streammatte.doctor.finding import Finding, Status
from streammatte.doctor.permissions import denied

__all__ = ["obs_on_macos", "virtual_cameras"]

_SECTION = "virtual cameras"
_OBS = Path("/Applications/OBS.app")
_OBS_LEAST = 30
"""The first OBS Studio whose virtual camera macOS 14 and later show."""

_INSTALL_OBS = {
    "darwin": "brew install --cask obs; in OBS click Start Virtual Camera, allow its extension in System Settings, "
    "General, Login Items & Extensions, and click Stop Virtual Camera",
    "win32": "winget install --exact --id OBSProject.OBSStudio",
}


def virtual_cameras(root: Path = Path("/")) -> list[Finding]:
    """Look at each virtual camera, and at whether there is one.

    Parameters
    ----------
    root : Path
        The system's root folder.
    """
    if sys.platform == "linux":
        return _on_linux(root)

    from streammatte.devices.virtual_camera import list_virtual_cameras, no_virtual_camera

    found = list_virtual_cameras()
    if not found:
        detail = no_virtual_camera().problem
        remedy, runs = _INSTALL_OBS[sys.platform], sys.platform == "win32"
        return [Finding(_SECTION, "virtual camera", "problem", detail, remedy, mends=runs)]
    return obs_on_macos(_OBS) if sys.platform == "darwin" else [Finding(_SECTION, found[0], "ok", "installed")]


def obs_on_macos(application: Path) -> list[Finding]:
    """Look at an OBS Studio, whose virtual camera Python reaches from version 30 on.

    Parameters
    ----------
    application : Path
        The folder OBS.app.
    """
    with (application / "Contents" / "Info.plist").open("rb") as file:
        version = str(plistlib.load(file)["CFBundleShortVersionString"])
    if int(version.partition(".")[0]) < _OBS_LEAST:
        detail = f"OBS Studio {version} is too old; expected {_OBS_LEAST} or newer"
        return [Finding(_SECTION, "OBS Virtual Camera", "problem", detail, "brew upgrade --cask obs", mends=True)]
    detail = f"OBS Studio {version}; if no program lists its camera, start it in OBS once and allow the extension"
    return [Finding(_SECTION, "OBS Virtual Camera", "ok", detail)]


def _on_linux(root: Path) -> list[Finding]:
    devices = v4l2_devices()
    loopbacks = [each for each in devices if each.loopback]
    exclusive = exclusive_caps([each.path for each in loopbacks], root)
    findings = []
    for device in devices:
        if device.loopback:
            # A device that is an output and a camera at once tells it by itself, where the module does not.
            both = device.captures and device.outputs
            findings.append(_loopback(device, exclusive.get(device.path, not both), len(loopbacks)))
        elif device.outputs:
            detail = f"{device.name}; an output, but no loopback: other programs do not see it as a camera"
            findings.append(Finding(_SECTION, device.path, "ok", detail))
        elif not device.readable and is_virtual(device.path, root):
            findings.append(denied(_SECTION, device))
    if not loopbacks and not any(each.status == "problem" for each in findings):
        findings.append(_none(root))
    return findings


def _loopback(device: V4l2Device, exclusive: bool, of: int) -> Finding:
    there = holders(device.path)
    form = output_format(device.path)
    nobody = f"no program{'' if sees_all() else ' of this user'} holds it"
    parts = [
        f"{device.name}; a loopback with exclusive_caps={int(exclusive)}",
        "{}, {}x{}".format(form[0], *form[1]) if form else "no format yet: the first writer sets it",
        f"held by {', '.join(map(_use, there))}" if there else nobody,
    ]
    if exclusive:
        if device.outputs:
            parts.append("programs list it as a camera while something is written to it")
        return Finding(_SECTION, device.path, "ok", "\n".join(parts))
    parts.append("Chrome and programs built on it do not list it; they want exclusive_caps=1")
    if there or of > 1:
        close = "close what holds it first" if there else ""
        fewer = f"one device then stands for all {of}" if of > 1 else ""
        parts.append("; ".join(filter(None, (close, fewer))))
    return Finding(_SECTION, device.path, "warning", "\n".join(parts), RELOAD, mends=not there and of == 1)


def _none(root: Path) -> Finding:
    detail = "there is none"
    version = module_version(root)
    if version is not None and not builds(version):
        detail += f": v4l2loopback {version} does not build on Linux {platform.release()}; 0.15 does"
    status: Status = "problem"
    if pipewire_problem() is None:
        status, detail = "warning", f"{detail}\nPipeWire's is taken, which not all programs see"
    return Finding(_SECTION, "virtual camera", status, detail, make_command(root), mends=True)


def _use(holder: Holder) -> str:
    return f"{holder}, which writes" if holder.writes_only else str(holder)
