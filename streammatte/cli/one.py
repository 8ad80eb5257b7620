"""One file by one command: progress while it is done, and what is told at the end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import click

from streammatte.cli.matter import runs_on
from streammatte.cli.notices import Notices, saying_what_is_removed
from streammatte.cli.options import refuse_clash
from streammatte.cli.progress import Tally, progress

if TYPE_CHECKING:
    from streammatte.batch.jobs import Job, OpenMatter
    from streammatte.batch.task import Task
    from streammatte.stages import Matter

__all__ = ["do_one"]


def do_one(job: Job, task: Task, matter: OpenMatter, *, unit: str, quiet: bool) -> None:
    """Do a job, and tell how far it is and what came of it.

    Raises
    ------
    StreammatteError
        If it cannot be done.
    """
    refuse_clash(job.outputs, task.files(job.out))
    notices = Notices(quiet=quiet)
    summary = ""

    @contextmanager
    def watch(total: int | None) -> Iterator[Tally]:
        nonlocal summary
        notices.say()
        matter()  # before the clock starts
        with progress(total, unit=unit, quiet=quiet) as tally:
            yield tally
            summary = tally.summary

    try:
        with saying_what_is_removed(), closing(task.open(matter)) as work:
            work.do(job, watch, notices)
    finally:
        notices.say()
        if summary and not quiet:  # also where the input proved to be broken off
            _tell(job, task, matter(), summary)


def _tell(job: Job, task: Task, matter: Matter, summary: str) -> None:
    from streammatte.io import alpha_kind
    from streammatte.io.pipes import STANDARD

    background = task.background(job.out)
    names = " and ".join("standard output" if path == STANDARD else str(path) for path in job.outputs)
    kind = f"; {alpha_kind(job.out, task.alpha)} alpha" if background.kind == "none" else ""
    click.echo(
        f"wrote {names}: {summary}; background: {background}{kind}; {runs_on(matter)}", err=STANDARD in job.outputs
    )
