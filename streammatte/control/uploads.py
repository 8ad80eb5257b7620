"""Pictures that were dropped onto the page, kept for this user."""

from __future__ import annotations

import re
from hashlib import sha256
from pathlib import Path

from platformdirs import user_data_path

from streammatte.batch.spool import plain_name
from streammatte.errors import MediaError
from streammatte.io.containers import PICTURES
from streammatte.io.files import write_whole
from streammatte.io.images import decode_image

__all__ = ["MOST_BYTES", "Uploads", "label_of"]

MOST_BYTES = 30_000_000
"""The largest picture that is taken."""

_MARK = re.compile(r"-[0-9a-f]{8}$")
"""What `Uploads` puts behind a name: the beginning of the picture's hash, so that one name can stand for several."""


class Uploads:
    """Keeps pictures under names of its own making, in `backgrounds` in this user's data folder.

    The folder is made when the first picture comes.
    """

    def __init__(self) -> None:
        self._folder = user_data_path("streammatte", appauthor=False) / "backgrounds"

    def keep(self, name: str, data: bytes) -> Path:
        """Keep a picture and return its file; the same picture of the same name is kept once.

        Parameters
        ----------
        name : str
            What its owner calls it. Only letters, digits, - and _ of it are used, and its suffix.
        data : bytes
            The file's contents.

        Raises
        ------
        MediaError
            If it is no picture that can be read, is too large, or the folder cannot be written.
        """
        given = Path(plain_name(name))
        called = repr(given.name)
        if given.suffix not in PICTURES:
            raise MediaError(f"{called} is no picture; expected one of {' '.join(sorted(PICTURES))}")
        if len(data) > MOST_BYTES:
            raise MediaError(
                f"{called} has {len(data) / 1e6:.0f} MB; expected {MOST_BYTES // 1_000_000} MB at most",
                remedy="save it smaller",
            )
        try:
            decode_image(data, called)
        except MediaError as error:
            raise MediaError(
                f"{called} is no picture that can be read; expected png, jpg, webp, bmp or tiff",
                remedy="save it as one of these",
            ) from error
        stem = re.sub(r"[^\w-]+", "-", given.stem)[:60].strip("-") or "picture"
        path = self._folder / f"{stem}-{sha256(data).hexdigest()[:8]}{given.suffix}"
        write_whole(path, data)
        return path

    def kept(self) -> list[Path]:
        """Return the files that are there, the oldest first."""
        try:
            files = [path for path in self._folder.iterdir() if path.suffix in PICTURES and _MARK.search(path.stem)]
            return sorted(files, key=lambda path: path.stat().st_mtime_ns)
        except OSError:  # nothing was kept yet
            return []

    def name_of(self, text: str) -> str | None:
        """Return the name under which a background is kept here, or None."""
        path = Path(text)
        return path.name if path.parent == self._folder else None


def label_of(text: str) -> str:
    """Return what to call a background's file: its name without folder, suffix and what `Uploads` made of it."""
    stem = Path(text).stem
    return _MARK.sub("", stem).replace("-", " ") if _MARK.search(stem) else stem
