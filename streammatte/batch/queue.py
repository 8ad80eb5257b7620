"""A queue of files that wait to be done, two at a time and each apart; it lives as long as the process."""

from __future__ import annotations

import shutil
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, RLock
from time import monotonic
from typing import Literal, TypeAlias

from streammatte.batch.apart import do_apart
from streammatte.batch.jobs import Job, Outcome
from streammatte.batch.look import FileLook
from streammatte.batch.spool import Spool, plain_name, put_away
from streammatte.errors import MediaError, UsageError
from streammatte.io.containers import PICTURES

__all__ = ["Entry", "FileQueue", "State"]

State: TypeAlias = Literal["coming", "waiting", "working", "done", "failed", "stopped"]

_AT_A_TIME = 2


@dataclass(eq=False)
class Entry:
    """A file of the queue.

    Attributes
    ----------
    number : int
    name : str
        What its owner calls it.
    source : Path
    size, came : int or None, int
        The bytes to expect, where that is known, and those that are there.
    look : FileLook
    state : str
        "coming" until all of it is there.
    frames, total : int, int or None
        Those done, and how many to expect, where that is known.
    first : tuple or None
        The frames done when the first were told, and that time in seconds.
    glimpse : bytes
        A picture of what becomes of it, as `glimpses.glimpse` makes it; empty before there is one.
    glimpses : int
        How many there have been.
    error : str
    notices : tuple of str
    result : Path or None
    kept : Outcome or None
        Of work whose result could not be put where it belongs, and still lies beside the source.
    removed : bool
        Whether it was taken out of the queue.
    """

    number: int
    name: str
    source: Path
    size: int | None
    look: FileLook
    state: State = "coming"
    came: int = 0
    frames: int = 0
    total: int | None = None
    first: tuple[int, float] | None = None
    glimpse: bytes = field(default=b"", repr=False)
    glimpses: int = 0
    error: str = ""
    notices: tuple[str, ...] = ()
    result: Path | None = None
    kept: Outcome | None = field(default=None, repr=False)
    stop: Event = field(default_factory=Event, repr=False)
    work: Future[None] | None = field(default=None, repr=False)
    removed: bool = False

    @property
    def rate(self) -> float | None:
        """Frames per second, if some time was measured."""
        if self.first is None:
            return None
        frames, since = self.first
        return (self.frames - frames) / max(monotonic() - since, 1e-6) if self.frames > frames else None

    def tell(self, frames: int, total: int | None) -> None:
        """Take how far it is."""
        self.frames, self.total = frames, total
        if frames and self.first is None:
            self.first = frames, monotonic()

    def show(self, glimpse: bytes) -> None:
        """Take a picture of what becomes of it."""
        self.glimpse = glimpse
        self.glimpses += 1


class FileQueue:
    """Does files in the order in which they came; their results are kept, they themselves are not.

    Parameters
    ----------
    spool : Path
        Where files lie meanwhile.
    videos, pictures : Path
        Where results go; made when there is one.
    """

    def __init__(self, spool: Path, videos: Path, pictures: Path) -> None:
        self._spool = Spool(spool)
        self._videos, self._pictures = videos, pictures
        self._entries: dict[int, Entry] = {}
        self._count = 0
        self._lock = RLock()
        self._threads = ThreadPoolExecutor(_AT_A_TIME, "streammatte files")

    @property
    def entries(self) -> list[Entry]:
        """All, the oldest first."""
        with self._lock:
            return list(self._entries.values())

    @property
    def folders(self) -> tuple[Path, Path]:
        """Where results of videos and of pictures go."""
        return self._videos, self._pictures

    def room(self) -> int:
        """The bytes that are free for files that come."""
        return self._spool.room()

    def entry(self, number: int) -> Entry:
        """Return an entry.

        Raises
        ------
        UsageError
            If there is none of that number.
        """
        with self._lock:
            if number not in self._entries:
                raise UsageError(f"there is no file {number} any more", remedy="drop it again")
            return self._entries[number]

    def add(self, name: str, size: int | None, look: FileLook) -> Entry:
        """Return a new entry whose file may now be written; `start` says that it is there, `remove` that it never will.

        Raises
        ------
        MediaError
            If nothing can be written.
        """
        with self._lock:
            name = plain_name(name)
            try:
                source = self._spool.folder() / name
            except OSError as error:
                raise MediaError(f"{name} cannot be taken ({error.strerror})", remedy="make room") from error
            self._count += 1
            entry = self._entries[self._count] = Entry(self._count, name, source, size, look)
            return entry

    def start(self, number: int, look: FileLook | None = None) -> None:
        """Let an entry wait for its turn; one that has ended is done again, with another look.

        With the same look, a result that could not be put away is only put away.

        Raises
        ------
        UsageError
            If it waits or is done at this moment.
        """
        with self._lock:
            entry = self.entry(number)
            if entry.state in ("waiting", "working") or (look is None) != (entry.state == "coming"):
                raise UsageError(f"{entry.name} is {entry.state}", remedy="stop it first")
            if look is not None:
                kept = entry.kept if look == entry.look else None
                entry = self._entries[number] = Entry(number, entry.name, entry.source, entry.size, look, kept=kept)
            entry.state = "waiting"
            entry.work = self._threads.submit(self._do, entry)

    def stop(self, number: int) -> None:
        """Stop an entry that waits or is being done; it stays in the queue."""
        with self._lock:
            entry = self.entry(number)
            entry.stop.set()
            if entry.work is not None and entry.work.cancel():
                entry.state = "stopped"

    def remove(self, number: int) -> None:
        """Stop an entry and forget it and its file; its result stays."""
        with self._lock:
            self.stop(number)
            entry = self._entries.pop(number)
            entry.removed = True
            if entry.state != "working":
                _discard(entry)

    def close(self) -> None:
        """Stop and forget all."""
        for each in self.entries:
            self.remove(each.number)
        self._threads.shutdown()
        self._spool.close()

    def _do(self, entry: Entry) -> None:
        with self._lock:
            if entry.stop.is_set():
                entry.state = "stopped"
                return
            entry.state = "working"
        try:
            self._end(entry, *self._attempt(entry))
        except Exception as error:
            self._end(entry, "failed", str(error) or repr(error))

    def _attempt(self, entry: Entry) -> tuple[State, str]:
        """Do an entry, and return its state at the end, and why, if it is not done."""
        task, job = entry.look.work(entry.source, _made(entry))
        outcome, entry.kept = entry.kept, None
        if outcome is None:
            shutil.rmtree(_made(entry), ignore_errors=True)  # of another look
            _made(entry).mkdir()
            outcome = do_apart(task, entry.look.asked, job, tell=entry.tell, show=entry.show, stop=entry.stop)
        if outcome is None:
            return "stopped", ""
        entry.notices = tuple(_named(each, entry, job) for each in outcome.notices)
        folder = self._pictures if job.out.suffix in PICTURES else self._videos
        try:
            if job.out.exists():  # also where the file proved to be broken off
                entry.result = put_away(job.out, folder)
        except OSError as error:
            entry.kept = outcome
            problem = f"{job.out.name} is made, and cannot be put into {folder} ({error.strerror or error})"
            return "failed", f"{problem}; make room there, and do it again with the same look, which then takes no time"
        if outcome.error is not None:
            return "failed", _named(outcome.error, entry, job)
        entry.frames = outcome.frames
        return "done", ""

    def _end(self, entry: Entry, state: State, error: str) -> None:
        with self._lock:
            entry.error, entry.state = error, state
            if entry.kept is None:
                shutil.rmtree(_made(entry), ignore_errors=True)
            if entry.removed:
                _discard(entry)


def _made(entry: Entry) -> Path:
    """The folder in which its result is made."""
    return entry.source.parent / "result"


def _discard(entry: Entry) -> None:
    shutil.rmtree(entry.source.parent, ignore_errors=True)


def _named(text: str, entry: Entry, job: Job) -> str:
    """What is told of a job, with the names that its owner knows."""
    return text.replace(str(entry.source), entry.name).replace(str(job.out), job.out.name)
