"""The look that was chosen for files, from one time to the next."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from platformdirs import user_state_path

from streammatte.control.commands import look_in_words
from streammatte.errors import MediaError
from streammatte.io.files import PartialFile

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
    path = _path()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = PartialFile(path)
        try:
            partial.temporary.write_text(json.dumps(look_in_words(look)), "utf-8")
            partial.commit()
        finally:
            partial.discard()
    except MediaError:
        raise
    except OSError as error:
        raise MediaError(f"the look cannot be kept in {path} ({error.strerror})", remedy="make room") from error


def _path() -> Path:
    return user_state_path("streammatte", appauthor=False) / "look.json"
