"""One app at a time: the one that runs leaves the address of its page where the next one finds it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from time import monotonic, sleep
from typing import NamedTuple
from urllib.parse import urlsplit

from platformdirs import user_state_path

from streammatte.errors import DeviceError
from streammatte.io.leftovers import Claim

__all__ = ["RunningPage", "alone", "announced", "running_page"]

_PATIENCE_S = 2.0
_BEGINS_S = 20.0
"""Within which an app that begins has its page, and one that ends is gone."""


class RunningPage(NamedTuple):
    """The page of an app that runs.

    Attributes
    ----------
    url : str
        Its address, with the token.
    invitation : str
        An address that opens it once, for a browser.
    """

    url: str
    invitation: str


def _note() -> Path:
    return user_state_path("streammatte", appauthor=False) / "page"


def running_page() -> RunningPage | None:
    """Return the page of this user's app, if one runs and answers."""
    try:
        url = _note().read_text(encoding="ascii")
        address = urlsplit(url)
        connection = HTTPConnection("127.0.0.1", address.port or 0, timeout=_PATIENCE_S)
        try:
            connection.request("POST", f"{address.path}invitation?{address.query}")
            response = connection.getresponse()
            text = response.read().decode()
            ours = response.status == 200 and text.startswith(f"{url.partition('?')[0]}?token=")
            return RunningPage(url, text) if ours else None
        finally:
            connection.close()
    except (OSError, ValueError, HTTPException):  # no note, or one that an app left which was killed
        return None


@contextmanager
def alone() -> Iterator[RunningPage | None]:
    """Keep this user's other apps from starting meanwhile; gives the page of one that runs already.

    Raises
    ------
    DeviceError
        If one runs, and its page does not answer.
    """
    until = monotonic() + _BEGINS_S
    with ExitStack() as held:
        claimed, there = _looked(held)
        while claimed is False and there is None:
            if monotonic() > until:
                raise DeviceError("streammatte app runs already, and its page does not answer", remedy="end it first")
            sleep(0.1)
            claimed, there = _looked(held)
        yield there


def _looked(held: ExitStack) -> tuple[bool | None, RunningPage | None]:
    """Return what `_claimed` does, and the page of another app; with the lock, there is none, whoever answers there."""
    claimed = _claimed(held)
    return claimed, None if claimed else running_page()


def _claimed(held: ExitStack) -> bool | None:
    """Take the lock, and return whether no other app has it; None where there are no locks."""
    lock = _note().with_name("lock")
    try:
        lock.parent.mkdir(parents=True, exist_ok=True)
        lock.touch()
        held.callback(Claim(lock).release)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return None if sys.platform == "win32" else True


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
