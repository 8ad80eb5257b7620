"""The look that was chosen for files, from one time to the next."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from platformdirs import user_state_path

from streammatte.control.commands import in_words
from streammatte.io.files import write_whole

if TYPE_CHECKING:
    from pathlib import Path

    from streammatte.batch.look import FileLook

__all__ = ["keep_look", "kept_look"]


def kept_look() -> dict[str, Any] | None:
    """Return the look that was kept, in the page's words; None where none was."""
    try:
        look: dict[str, Any] = json.loads(_path().read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return look


def keep_look(look: FileLook) -> None:
    """Keep a look in the place of the one before.

    Raises
    ------
    MediaError
        If it cannot be written.
    """
    words = {**asdict(look), "filters": in_words(look.filters)}
    write_whole(_path(), json.dumps(words).encode())


def _path() -> Path:
    return user_state_path("streammatte", appauthor=False) / "look.json"
