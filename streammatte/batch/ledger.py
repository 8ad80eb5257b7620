"""Which files of a folder are done already, and as what is asked now."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import uuid4

from streammatte import __version__
from streammatte.batch.jobs import Job
from streammatte.errors import MediaError
from streammatte.io.files import unwritable

__all__ = ["Ledger", "fingerprint"]


def fingerprint(job: Job, asked: Iterable[Any], files: Iterable[Path]) -> str:
    """Return what tells a job from any that would give another result.

    Parameters
    ----------
    job : Job
        Its source goes by name, size and time of change, as for `make`: to read all of it would take as long as a copy.
        What has none of these, such as an address, is another each time.
    asked : iterable
        Dataclasses of the options.
    files : iterable of Path
        What is read for it beside the source, such as weights; also by size and time, a folder by what lies in it.
    """
    source = Path(job.source).resolve(), _state(Path(job.source)) or uuid4()
    text = [
        __version__,
        source,
        [_state(each) for path in files for each in ([path, *sorted(path.iterdir())] if path.is_dir() else [path])],
        [path.resolve() for path in job.outputs],
        [asdict(each) for each in asked],
    ]
    return sha256(json.dumps(text, default=str).encode()).hexdigest()


class Ledger:
    """A file in the folder of the outputs, with a line for each that is done.

    Lines are only ever added, each at once and behind an end of line, so that several runs may write it and one that is
    killed spoils nothing.

    Parameters
    ----------
    folder : Path
        It need not be there.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / ".streammatte.jsonl"
        self._done: dict[str, tuple[str, Any]] = {}
        try:
            lines = self._path.read_text("utf-8", errors="replace").splitlines()
        except FileNotFoundError:
            lines = []
        except OSError as error:
            raise MediaError(f"{self._path} cannot be read ({error.strerror})", remedy="remove it") from error
        for line in lines:
            try:
                entry = json.loads(line)
                self._done[entry["out"]] = entry["fingerprint"], entry["size"]
            except (ValueError, LookupError, TypeError):
                continue  # nothing, or half a line, of a run that was killed

    def has(self, job: Job, mark: str) -> bool:
        """Whether a job of that fingerprint is done, and what it wrote is there."""
        return self._done.get(job.out.name) == (mark, _size(job.out)) and all(path.exists() for path in job.outputs)

    def check(self) -> None:
        """Refuse a folder in which jobs could not be noted.

        Raises
        ------
        MediaError
            If it is one.
        """
        self._write("")

    def add(self, job: Job, mark: str) -> None:
        """Note that a job is done.

        Raises
        ------
        MediaError
            If that cannot be written.
        """
        entry = {"out": job.out.name, "fingerprint": mark, "size": _size(job.out)}
        self._write("\n" + json.dumps(entry))

    def _write(self, text: str) -> None:
        try:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(text)
        except OSError as error:
            raise unwritable(self._path, error) from error


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except OSError:
        return None


def _state(path: Path) -> tuple[int, int] | None:
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_size, stat.st_mtime_ns
