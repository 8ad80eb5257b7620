"""What is to be done of each file, and how it went."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, TypeAlias

from streammatte.errors import StreammatteError

if TYPE_CHECKING:
    from streammatte.batch.task import Task, Work
    from streammatte.io.paint import Picture
    from streammatte.pipeline import FrameReport
    from streammatte.stages import Matter, Sink

__all__ = [
    "Job",
    "OpenMatter",
    "Outcome",
    "Outcomes",
    "Tell",
    "Watch",
    "attempt",
    "do_here",
    "watched",
]

OpenMatter: TypeAlias = "Callable[[], Matter]"
"""Opens the matter, which takes a while, when it is needed; each call returns the same: `cache(asked.open)`."""

Watch: TypeAlias = "Callable[[int | None], AbstractContextManager[Callable[[FrameReport], object]]]"
"""Called when the files of a job are open, with the number of frames to expect, where that is known; what it gives is
called after each frame."""

Tell: TypeAlias = "Callable[[int, int, int | None], object]"
"""Takes the number of a job, its frames so far, and how many to expect, where that is known."""

_TELL_EVERY_S = 0.25


@dataclass(frozen=True, slots=True)
class Job:
    """What one file becomes.

    Attributes
    ----------
    source : str
        As `open_source` takes it.
    out : Path
    others : tuple
        What is written beside it: the kind of picture, as `open_sink` takes it, and the path of each.
    """

    source: str
    out: Path
    others: tuple[tuple[Picture, Path], ...] = ()

    @property
    def outputs(self) -> tuple[Path, ...]:
        """All that is written."""
        return (self.out, *(path for _, path in self.others))


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a job went.

    Attributes
    ----------
    job : Job
    frames : int
    seconds : float
    notices : tuple of str
        What the files lost or gained on the way.
    error : str or None
        Why it is not done.
    """

    job: Job
    frames: int
    seconds: float
    notices: tuple[str, ...] = ()
    error: str | None = None


Outcomes: TypeAlias = "Generator[tuple[int, Outcome], None, None]"
"""Jobs that have ended, each with its number."""


def watched(tell: Tell, number: int) -> Watch:
    """Return what watches a job and tells now and then how far it is."""

    @contextmanager
    def watch(total: int | None) -> Iterator[Callable[[FrameReport], object]]:
        told = 0.0

        def on_frame(report: FrameReport) -> None:
            nonlocal told
            if monotonic() - told >= _TELL_EVERY_S:
                told = monotonic()
                tell(number, report.index + 1, total)

        tell(number, 0, total)
        yield on_frame

    return watch


def attempt(work: Work, job: Job, watch: Watch, beside: Sequence[Sink] = ()) -> Outcome:
    """Do a job, and tell how it went, whatever that be."""
    notices: list[str] = []
    start, frames, error = monotonic(), 0, None
    try:
        frames = work.do(job, watch, notices.append, beside)
    except StreammatteError as known:
        error = str(known)
    except Exception as unknown:  # of somebody's filter, say, with which a night's work must not end
        error = f"{job.source}: {type(unknown).__name__}: {unknown}; done by itself, it shows where that comes from"
    return Outcome(job, frames, monotonic() - start, tuple(notices), error)


def do_here(task: Task, matter: OpenMatter, jobs: dict[int, Job], tell: Tell) -> Outcomes:
    """Do jobs one after the other, and yield each with its number when it has ended."""
    with closing(task.open(matter)) as work:
        for number, job in jobs.items():
            yield number, attempt(work, job, watched(tell, number))
