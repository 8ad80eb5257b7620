"""Many files by one command: which they are, what is left as it is, and what is told at the end."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import replace
from functools import cache
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Literal, TypeAlias

import click
from click.core import ParameterSource

from streammatte.cli.notices import Notices, saying_what_is_removed
from streammatte.cli.options import refuse_clash
from streammatte.errors import MediaError, UsageError

if TYPE_CHECKING:
    from streammatte.batch.asked import AskedMatter
    from streammatte.batch.cluster import Cluster
    from streammatte.batch.jobs import Job
    from streammatte.batch.task import Task

__all__ = [
    "Overwrite",
    "connected",
    "do_many",
    "goes_into_folder",
    "inputs_of",
    "may_replace",
    "names_of",
    "overwrite_option",
    "ray_option",
    "refuse_suffix",
]

_APART = "rename one of the files, or choose another folder"

Overwrite: TypeAlias = Literal["ask", "yes", "no"]

overwrite_option = click.option(
    "--overwrite",
    type=click.Choice(("ask", "yes", "no")),
    default="yes",
    show_default=True,
    help="Whether what is there already is replaced. In a folder, what the same command made of the same file stays.",
)

ray_option = click.option(
    "--ray",
    metavar="[ADDRESS]",
    is_flag=False,
    flag_value="",
    help="Do it on the machines of a Ray cluster, or by several processes of this one; several files side by side, one "
    "video in parts. Write it after OUT.",
)


def goes_into_folder(inputs: Sequence[str], out: Path) -> bool:
    """Whether OUT is a folder: for several files, those of a folder, or where it is one already."""
    return len(inputs) > 1 or _is_folder(inputs[0]) or _is_folder(out)


def connected(address: str, asked: AskedMatter) -> Cluster:
    """Return the cluster at what --ray takes; it is empty where there is no address."""
    from streammatte.batch.cluster import Cluster

    return Cluster(address or None, asked)


def refuse_suffix() -> None:
    """Refuse --suffix on the command line, where one file has the name that is asked for.

    Raises
    ------
    UsageError
        If it is there.
    """
    if click.get_current_context().get_parameter_source("suffix") is ParameterSource.COMMANDLINE:
        raise UsageError("--suffix is for files that go into a folder; OUT names one file", remedy="leave it out")


def inputs_of(
    inputs: Iterable[str], outs: Iterable[Path], suffixes: frozenset[str], noun: str, *, quiet: bool
) -> list[str]:
    """Return the files that go into the folders `outs`, with those of a folder in its place, by their names.

    Raises
    ------
    MediaError
        If a folder has none.
    UsageError
        If one is standard input or one of `outs`, or one of these no folder.
    """
    from streammatte.io.containers import CONTAINERS, WRITTEN_PICTURES
    from streammatte.io.pipes import STANDARD

    for out in outs:
        file = out == STANDARD or out.suffix.lower() in {*CONTAINERS, *WRITTEN_PICTURES}
        if out.is_file() or (file and not _is_folder(out)):
            raise UsageError(f"{out} is no folder; expected one for several {noun}s", remedy="give a folder")
    found: list[str] = []
    for each in inputs:
        if each == "-":
            raise UsageError("standard input is one video, and goes into one file", remedy="name that as OUT")
        if not _is_folder(each):
            found.append(each)
            continue
        if Path(each).resolve() in {out.resolve() for out in outs}:
            problem = f"{each} is read and written at once: what it gets would be read the next time"
            raise UsageError(problem, remedy="choose another folder to write to")
        known = " ".join(sorted(suffixes))
        visible = [path for path in Path(each).iterdir() if not path.is_dir() and not path.name.startswith(".")]
        inside = sorted(str(path) for path in visible if path.suffix.lower() in suffixes)
        if not inside:
            raise MediaError(f"the folder {each} holds no {noun}s; expected files that end in one of {known}")
        others = Counter(path.suffix for path in visible if path.suffix.lower() not in suffixes)
        if others and not quiet:
            kinds = ", ".join(f"{number} {suffix or 'without a suffix'}" for suffix, number in sorted(others.items()))
            click.echo(f"streammatte: left aside in the folder {each}: {kinds}; {noun}s end in {known}", err=True)
        found += inside
    return found


def names_of(inputs: Sequence[str], suffix: str) -> dict[str, str]:
    """The name of the output of each input: its own with another suffix, which is added where two differ in theirs."""
    names = {Path(each).name for each in inputs}
    stems = Counter(Path(name).stem.casefold() for name in names)  # many a disk does not tell them apart by case
    return {
        each: (Path(each).stem if stems[Path(each).stem.casefold()] == 1 else Path(each).name) + suffix
        for each in inputs
    }


def may_replace(outputs: Iterable[Path], overwrite: Overwrite) -> bool:
    """Whether those of the outputs that are there may be replaced.

    Raises
    ------
    UsageError
        If somebody is to be asked, and nobody can be.
    """
    if overwrite == "yes":
        return True
    from streammatte.io.images import is_there

    there = [path for path in outputs if is_there(path)]
    if not there or overwrite == "no":
        return not there
    if not sys.stdin.isatty():
        raise UsageError(
            f"{there[0]} is there already, and there is no terminal to ask at",
            remedy="say --overwrite yes, or --overwrite no",
        )
    others = f" and {len(there) - 1} more" if len(there) > 1 else ""
    return click.confirm(f"{there[0]}{others}: there already; replace?", err=True)


def do_many(
    jobs: Sequence[Job],
    task: Task,
    asked: AskedMatter,
    cluster: Cluster | None,
    *,
    folder: Path,
    noun: str,
    overwrite: Overwrite,
    quiet: bool,
) -> None:
    """Do all jobs, whose outputs go into a folder; one that fails stops none of the others.

    Raises
    ------
    MediaError
        At the end, if some are not done.
    UsageError
        Before anything is done, if one would be written over another, or over an input.
    """
    from streammatte.batch.jobs import do_here
    from streammatte.batch.ledger import Ledger, fingerprint
    from streammatte.cli.table import Progress, progress_table
    from streammatte.io.images import is_there

    background, files = task.background(jobs[0].out), task.files(jobs[0].out)
    outputs = [path for job in jobs for path in job.outputs]
    refuse_clash(outputs, [*(Path(job.source) for job in jobs), *files], remedy=_APART)
    task.check(jobs[0].out)
    read = [*asked.files(), *files]
    ledger, marks = Ledger(folder), [fingerprint(job, (task, replace(asked, threads=1)), read) for job in jobs]
    done = {number for number, job in enumerate(jobs) if ledger.has(job, marks[number])}
    asked_of = [path for number, job in enumerate(jobs) if number not in done for path in job.outputs]
    replaced = may_replace(asked_of, overwrite)
    left = {number for number, job in enumerate(jobs) if not replaced and any(map(is_there, job.outputs))} - done
    todo = {number: job for number, job in enumerate(jobs) if number not in done | left}
    matter = cache(asked.open)
    if todo and cluster is None:
        matter()  # which may be what cannot be had
    for each in dict.fromkeys(path.parent for path in outputs):
        _make_folder(each)
    if todo:
        ledger.check()

    progress, notices = Progress([Path(job.source).name for job in jobs], quiet=quiet), Notices(quiet=quiet)
    failures: list[str] = []
    start, frames = monotonic(), 0
    working = cluster.do(task, todo, progress.tell) if cluster else do_here(task, matter, todo, progress.tell)
    try:
        with saying_what_is_removed(), progress_table(progress, quiet=quiet), closing(working) as ended:
            for number in sorted(done | left):
                progress.end(number, "done before" if number in done else "there already")
            for number, outcome in ended:
                for notice in outcome.notices:
                    notices(notice)
                frames += outcome.frames
                if outcome.error is None:
                    ledger.add(outcome.job, marks[number])
                else:
                    failures.append(outcome.error)
                how = f"done in {outcome.seconds:.1f} s" if outcome.error is None else "not done"
                progress.end(number, how, failed=outcome.error is not None)
    finally:
        notices.say()
        for failure in failures:
            click.echo(f"streammatte: {failure}", err=True)
    if not quiet:
        seconds = monotonic() - start
        skipped = f" ({len(done | left)} skipped)" if done | left else ""
        count = f"{frames} frames in {seconds:.1f} s ({frames / max(seconds, 1e-6):.1f} fps)"
        wrote = f"wrote {len(todo) - len(failures)} of {len(jobs)} {noun}s to {folder}{skipped}"
        click.echo(f"{wrote}: {count}; background: {background}")
    if failures:
        raise MediaError(
            f"{len(failures)} of {len(jobs)} {noun}s are not done",
            remedy="the same command does them again, and them alone",
        )


def _make_folder(path: Path) -> None:
    try:
        path.mkdir(exist_ok=True)
    except OSError as error:
        raise MediaError(f"the folder {path} cannot be made ({error.strerror})", remedy="choose another OUT") from error


def _is_folder(path: str | Path) -> bool:
    try:
        return Path(path).is_dir()
    except OSError:  # its name is too long, say
        return False
