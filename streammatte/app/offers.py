"""What can be chosen on the page."""

from __future__ import annotations

from threading import Lock
from time import monotonic
from typing import NamedTuple

from streammatte.app.choices import NOWHERE, Choices
from streammatte.devices import list_outputs
from streammatte.devices.listing import CameraInfo, lasting, list_cameras
from streammatte.errors import UsageError

__all__ = ["Devices", "Offers", "devices_there"]

_SIZES = "640x360", "640x480", "1280x720", "1920x1080"
_FRESH_S = 3.0
"""For so long what there is is not looked for again."""


class Devices(NamedTuple):
    """What there is now.

    Attributes
    ----------
    cameras : list of CameraInfo
        Without those that are fed by this or another program of its kind.
    outputs : list of str
        Virtual cameras.
    """

    cameras: list[CameraInfo]
    outputs: list[str]


def devices_there() -> Devices:
    """Look for cameras and virtual cameras."""
    outputs = list_outputs()
    return Devices([each for each in list_cameras() if each.device not in outputs], outputs)


class Offers:
    """Lists what can be chosen, with what is chosen already among it.

    Parameters
    ----------
    choices : Choices
    """

    def __init__(self, choices: Choices) -> None:
        self._choices = choices
        self._lock = Lock()
        self._there = Devices([], [])
        self._seen_s = -_FRESH_S

    def __call__(self) -> dict[str, list[tuple[str, str]]]:
        """Return pairs of a text and what the page calls it, by the part."""
        there = self._devices()
        offers = {
            "camera": [
                ("", "the first camera"),
                *zip(lasting(there.cameras), (each.name for each in there.cameras), strict=True),
                ("sample", "the sample clip"),
            ],
            "size": [(each, each.replace("x", " × ")) for each in _SIZES],
            "output": [
                ("", "the first virtual camera"),
                *((each, each) for each in there.outputs),
                (NOWHERE, "none, this page alone"),
            ],
            "profile": [("", "none"), *((each, each) for each in self._choices.profiles())],
        }
        for part, text in self._choices.chosen().items():
            if text not in dict(offers[part]):
                offers[part].append((text, text))
        return offers

    def check(self, part: str, text: str) -> None:
        """Refuse what is not offered.

        Raises
        ------
        UsageError
            If it is not.
        """
        offers = self()
        if part not in offers or text not in dict(offers[part]):
            known = ", ".join(repr(each) for each, _ in offers.get(part, ()))
            raise UsageError(f"{text!r} cannot be chosen as {part}; expected {known or ' or '.join(offers)}")

    def _devices(self) -> Devices:
        with self._lock:
            if monotonic() - self._seen_s > _FRESH_S:
                self._there, self._seen_s = devices_there(), monotonic()
            return self._there
