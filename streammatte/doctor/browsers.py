"""Browsers: which kind of virtual camera each of those on this machine sees, on Linux."""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from streammatte.devices.pipewire import chromium_can_read, pipewire_problem
from streammatte.devices.v4l2 import v4l2_devices
from streammatte.doctor.finding import Finding

__all__ = ["browsers"]

_SECTION = "virtual cameras"
_FIREFOX = "firefox", "firefox-esr"
_CHROMIUM = {
    "chromium": "chromium",
    "chromium-browser": "chromium",
    "google-chrome": "google-chrome",
    "brave-browser": "BraveSoftware/Brave-Browser",
    "microsoft-edge": "microsoft-edge",
    "vivaldi": "vivaldi",
}
"""Browsers built on Chromium, by their commands, with the folders of their settings in ~/.config."""

_PREFERENCE = re.compile(
    r'^\s*(?:user_p|defaultP|lockP|p)ref\("media\.webrtc\.camera\.allow-pipewire",\s*(true|false)', re.MULTILINE
)
_FLAG = "enable-webrtc-pipewire-camera"


def browsers(root: Path = Path("/"), home: Path | None = None) -> list[Finding]:
    """Look at each browser, and whether it will see a virtual camera.

    Parameters
    ----------
    root, home : Path
        The system's root folder, and the user's.
    """
    if sys.platform != "linux":
        return []
    home = home or Path.home()
    loopback, pipewire = any(each.loopback for each in v4l2_devices()), pipewire_problem() is None
    findings = []
    for name in filter(shutil.which, (*_FIREFOX, *_CHROMIUM)):
        firefox = name in _FIREFOX
        through = _firefox_reads_pipewire(root, home) if firefox else _chromium_reads_pipewire(home / ".config", name)
        findings.append(_finding(name, firefox, through, loopback, pipewire and (firefox or chromium_can_read())))
    return findings


def _finding(name: str, firefox: bool, through: bool, loopback: bool, pipewire: bool) -> Finding:
    if through:
        since = "" if firefox else " from PipeWire 0.3.84 on, as it crashes at an older one's"
        ours = f"--virtual-camera pipewire{since}"
        detail = f"sees cameras through PipeWire: {ours}, and a v4l2loopback that PipeWire has seen"
        there, other = pipewire, loopback
    else:
        late = "; started before streammatte, it has to be started anew" if firefox else ""
        detail = f"sees v4l2loopback's cameras, and not PipeWire's{late}"
        there, other = loopback, pipewire
    if there:
        return Finding(_SECTION, name, "ok", detail)
    if other:
        detail += "; there is none of these, but one of the others"
        return Finding(_SECTION, name, "warning", detail, _switch(firefox, not through))
    return Finding(_SECTION, name, "ok", f"{detail}; there is none yet")


def _switch(firefox: bool, on: bool) -> str:
    """How the user chooses PipeWire, or goes back to V4L2."""
    if firefox:
        return f"in about:config set media.webrtc.camera.allow-pipewire to {str(on).lower()}"
    return f"open chrome://flags/#{_FLAG} and choose {'Enabled' if on else 'Disabled'}"


def _firefox_reads_pipewire(root: Path, home: Path) -> bool:
    """The distribution's own setting, unless the user has changed it; Firefox's own is off."""
    value = "false"
    for path in (*_defaults(root), *_profiles(home)):
        with suppress(OSError):
            value = ([value, *_PREFERENCE.findall(path.read_text(encoding="utf-8", errors="replace"))])[-1]
    return value == "true"


def _defaults(root: Path) -> Iterator[Path]:
    for folder in ("usr/lib", "usr/lib64"):
        yield from sorted((root / folder).glob("firefox*/browser/defaults/preferences/*.js"))
        yield from sorted((root / folder).glob("firefox*/defaults/pref/*.js"))
    yield from sorted((root / "etc").glob("firefox*/**/*.js"))


def _profiles(home: Path) -> Iterator[Path]:
    """The settings of the profiles, the one used last at the end, and each one's own file after what Firefox wrote."""
    for folder in (".mozilla/firefox", ".config/mozilla/firefox", "snap/firefox/common/.mozilla/firefox"):
        written = sorted((home / folder).glob("*/prefs.js"), key=lambda path: path.stat().st_mtime)
        for path in written:
            yield path
            yield path.with_name("user.js")


def _chromium_reads_pipewire(settings: Path, name: str) -> bool:
    try:
        state = json.loads((settings / _CHROMIUM[name] / "Local State").read_text(encoding="utf-8"))
        return f"{_FLAG}@1" in state["browser"]["enabled_labs_experiments"]
    except (OSError, ValueError, KeyError, TypeError):
        return False
