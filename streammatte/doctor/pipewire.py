"""PipeWire: whether a camera can be put there, and whether it has seen the loopbacks."""

from __future__ import annotations

import sys

from streammatte.devices.pipewire import RESTART, pipewire_problem
from streammatte.devices.pipewire_graph import pipewire_objects, properties
from streammatte.devices.v4l2 import V4l2Device, v4l2_devices
from streammatte.doctor.finding import Finding

__all__ = ["pipewire"]

_SECTION = "virtual cameras"


def pipewire() -> list[Finding]:
    """Look at PipeWire, on Linux."""
    if sys.platform != "linux":
        return []
    loopbacks = [each for each in v4l2_devices() if each.loopback]
    problem = pipewire_problem()
    if problem is None:
        detail = "a camera there needs no kernel module: streammatte webcam --virtual-camera pipewire"
        found = Finding(_SECTION, "PipeWire", "ok", detail)
    else:
        found = Finding(
            _SECTION,
            "PipeWire",
            "ok" if loopbacks else "warning",
            problem.problem,
            problem.remedy or "install these by the distribution's own means",
            mends=problem.remedy is not None,
        )
    there = pipewire_objects()
    seen = {properties(each).get("api.v4l2.path") for each in there}
    return [found, *(_unseen(each) for each in loopbacks if there and each.path not in seen)]


def _unseen(device: V4l2Device) -> Finding:
    detail = f"{device.name}; PipeWire has not seen it: programs that read cameras through PipeWire do not list it"
    if device.captures:
        return Finding(_SECTION, device.path, "warning", detail, RESTART, mends=True)
    detail += f"\nif yours is one of them, while streammatte writes to it: {RESTART}"
    return Finding(_SECTION, device.path, "ok", detail)
