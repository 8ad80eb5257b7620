"""One app at a time: the one that runs leaves the address of its page where the next one finds it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import urlsplit

from platformdirs import user_state_path

__all__ = ["announced", "running_page"]

_PATIENCE_S = 2.0


def _note() -> Path:
    return user_state_path("streammatte", appauthor=False) / "page"


def running_page() -> str | None:
    """Return the address of the page of this user's app, if one runs and answers."""
    try:
        url = _note().read_text(encoding="ascii")
        address = urlsplit(url)
        connection = HTTPConnection("127.0.0.1", address.port or 0, timeout=_PATIENCE_S)
        try:
            connection.request("GET", f"/state?{address.query}")
            return url if connection.getresponse().status == 200 else None
        finally:
            connection.close()
    except (OSError, ValueError, HTTPException):  # no note, or one that an app left which was killed
        return None


@contextmanager
def announced(url: str) -> Iterator[None]:
    """Let `running_page` find a page meanwhile; its address holds the token, so this user alone can read it."""
    note = _note()
    with suppress(OSError):  # another app would then have a page of its own
        note.parent.mkdir(parents=True, exist_ok=True)
        note.unlink(missing_ok=True)
        with os.fdopen(os.open(note, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(url)
    try:
        yield
    finally:
        with suppress(OSError):
            if note.read_text(encoding="ascii") == url:
                note.unlink()
