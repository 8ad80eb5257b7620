"""What an examination returns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["Finding", "Status"]

Status = Literal["ok", "warning", "problem"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    Attributes
    ----------
    section : str
        The part of the system that it belongs to.
    name : str
    status : {"ok", "warning", "problem"}
        A problem keeps something from working; a warning is what works, but not as well as it could.
    detail : str
        What was found, in one line or a few.
    remedy : str or None
        The command that mends it here, or the place to click; with "ok", what adds to it.
    mends : bool
        Whether the remedy is a shell command that can be run as it stands, and nothing else has to be done before.
    """

    section: str
    name: str
    status: Status
    detail: str
    remedy: str | None = None
    mends: bool = False
