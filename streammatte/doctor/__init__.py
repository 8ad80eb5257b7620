"""Looks for what keeps streammatte from working on this machine, and says how to mend it.

It looks, and changes nothing. Every finding comes with a remedy for the system at hand.
"""

from __future__ import annotations

from collections.abc import Callable, Container

from streammatte.doctor import browsers, cameras, compute, installation, pipewire, self_test, virtual_cameras
from streammatte.doctor.commands import reinstall
from streammatte.doctor.finding import Finding, Status

__all__ = ["Finding", "Status", "examine"]

_LOOKS: tuple[tuple[str, Callable[[], list[Finding]]], ...] = (
    ("Python", installation.python),
    ("packages", installation.packages),
    ("compute devices", compute.processor),
    ("compute devices", compute.onnxruntime),
    ("compute devices", compute.torch),
    ("compute devices", compute.choice),
    ("cameras", cameras.cameras),
    ("virtual cameras", virtual_cameras.virtual_cameras),
    ("virtual cameras", pipewire.pipewire),
    ("virtual cameras", browsers.browsers),
)


def examine(*, test: bool = True, only: Container[str] | None = None) -> list[Finding]:
    """Look at Python, packages, compute devices and cameras, and try the whole path.

    Parameters
    ----------
    test : bool
        Whether to matte the sample clip for two seconds.
    only : container of str, optional
        The sections to look at; all by default.

    Returns
    -------
    list of Finding
        Section by section. What breaks while it is looked at is a finding, too: nothing is raised.
    """
    looks = (*_LOOKS, ("self-test", self_test.self_test)) if test else _LOOKS
    wanted = [each for each in looks if only is None or each[0] in only]
    return [finding for section, look in wanted for finding in _guarded(section, look)]


def _guarded(section: str, look: Callable[[], list[Finding]]) -> list[Finding]:
    try:
        return look()
    except Exception as error:
        reason = " ".join(str(error).split()) or "no reason given"
        detail = f"cannot be looked at ({type(error).__name__}: {reason})"
        return [Finding(section, look.__name__.replace("_", " "), "problem", detail, reinstall())]
