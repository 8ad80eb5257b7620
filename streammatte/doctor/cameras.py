"""Cameras: which there are, what they offer, who holds them."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from streammatte.devices.holders import holders, sees_all
from streammatte.devices.loopback import is_virtual
from streammatte.devices.v4l2 import V4l2Device, v4l2_devices
from streammatte.devices.v4l2_formats import CameraMode, camera_modes
from streammatte.doctor.commands import shell
from streammatte.doctor.finding import Finding
from streammatte.doctor.permissions import denied

__all__ = ["cameras", "mode_lines"]

_SECTION = "cameras"
_LINES = 720
_RATE = 25
"""What a camera should give in its best mode: pictures of so many lines, so many times a second."""

_FORMATS = 6
"""Formats that a list names."""

_CONSENT = r"SOFTWARE\Microsoft\Windows\CurrentVersion\CapabilityAccessManager\ConsentStore\webcam"


def cameras() -> list[Finding]:
    """Look at each camera, and at whether there is one."""
    from streammatte.devices.listing import list_cameras, no_camera

    findings = []
    if sys.platform == "linux":
        for device in v4l2_devices():
            if not device.loopback and (device.readable or not is_virtual(device.path)):
                findings += _examine(device)
    else:
        findings = [Finding(_SECTION, camera.device, "ok", camera.name) for camera in list_cameras()]
        findings += _consent()
    if not list_cameras() and not any(each.status == "problem" for each in findings):
        error = no_camera()
        sample = "plug one in; to try without one: streammatte webcam --camera sample --preview"
        remedy = sample if sys.platform == "linux" else error.remedy
        findings.append(Finding(_SECTION, "camera", "problem", error.problem, remedy))
    return findings


def mode_lines(modes: Sequence[CameraMode]) -> list[str]:
    """Return a line for each group of pixel formats that come in the same sizes and rates, largest size first."""
    sizes: dict[str, list[CameraMode]] = defaultdict(list)
    for mode in modes:
        sizes[mode.pixel_format].append(mode)
    groups: dict[str, list[str]] = defaultdict(list)
    for pixel_format, each in sizes.items():
        largest_first = sorted(each, key=lambda mode: mode.size, reverse=True)
        groups[", ".join(dict.fromkeys(map(str, largest_first)))].append(pixel_format)
    return [f"{_some(formats)}: {sizes_and_rates}" for sizes_and_rates, formats in groups.items()]


def _examine(device: V4l2Device) -> list[Finding]:
    """Look at a device that is no loopback; what neither is a camera nor may be one gives no finding."""
    if not device.readable:
        return [denied(_SECTION, device)]
    if not Path(device.path).exists():
        detail = f"{device.name}; the system has it, but there is no file of this name, as in a container"
        return [Finding(_SECTION, device.path, "problem", detail, f"docker run --device {device.path} …")]
    if not device.captures:
        return []
    return [_modes(device), *_held(device)]


def _modes(device: V4l2Device) -> Finding:
    try:
        modes = camera_modes(device.path)
    except OSError as error:
        detail = f"{device.name}; it does not answer ({error.strerror})"
        return Finding(_SECTION, device.path, "problem", detail, "unplug it and plug it in again")
    detail = "\n".join([device.name, *mode_lines(modes)])
    if not modes:
        return Finding(_SECTION, device.path, "ok", f"{device.name}; it does not tell its formats")
    fast = [mode for mode in modes if not mode.rates or mode.rates[0] >= _RATE]
    # Any format is as good as Motion JPEG, without which most cameras are slow at this size.
    if any(mode.size[1] >= _LINES for mode in fast):
        return Finding(_SECTION, device.path, "ok", detail)
    best = max(fast or modes, key=lambda mode: mode.size)
    detail += f"\nneither Motion JPEG nor another format gives {_LINES} lines at {_RATE} frames a second"
    remedy = "streammatte webcam --camera {} --size {}x{}".format(device.path, *best.size)
    return Finding(_SECTION, device.path, "warning", detail, remedy)


def _held(device: V4l2Device) -> list[Finding]:
    there = holders(device.path)
    if not there and not sees_all():
        detail = "no program of this user holds it; those of others are told by: " + shell(
            "sudo", "fuser", "-v", device.path
        )
        return [Finding(_SECTION, device.path, "ok", detail)]
    if not there:
        return []
    detail = f"open in {', '.join(map(str, there))}; one program at a time gets its picture"
    remedy = "close it, or: kill " + " ".join(str(each.pid) for each in there)
    return [Finding(_SECTION, device.path, "warning", detail, remedy)]


def _some(formats: Sequence[str]) -> str:
    rest = len(formats) - _FORMATS
    return ", ".join(formats[:_FORMATS]) + (f" and {rest} more" if rest > 0 else "")


def _consent() -> list[Finding]:
    """Look at whether Windows lets programs use cameras; macOS tells nobody but asks by itself."""
    if sys.platform == "win32":
        import winreg

        for name in (_CONSENT, rf"{_CONSENT}\NonPackaged"):
            try:
                with winreg.OpenKey(winreg.HKEY_CURRENT_USER, name) as key:
                    denied = winreg.QueryValueEx(key, "Value")[0] == "Deny"
            except OSError:
                continue
            if denied:
                detail = "Windows does not let desktop programs use cameras"
                return [Finding(_SECTION, "permission", "problem", detail, "start ms-settings:privacy-webcam")]
    return []
