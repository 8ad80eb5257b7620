"""What a file loses or gains on its way through is told, a line each, to whoever opened it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

__all__ = ["Notify", "unheard"]

Notify: TypeAlias = Callable[[str], None]
"""Takes a line that says what was lost or changed; called when that is known, from whatever thread finds it."""


def unheard(notice: str) -> None:
    """Drop the notice."""
