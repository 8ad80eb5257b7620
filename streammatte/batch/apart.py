"""A job in a process of its own, which takes what everything else leaves of the machine."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from contextlib import closing
from functools import cache
from multiprocessing import get_context
from multiprocessing.connection import Connection
from threading import Event

from streammatte.batch.asked import AskedMatter
from streammatte.batch.jobs import Job, Outcome, attempt, watched
from streammatte.batch.task import Task

__all__ = ["do_apart"]

_SPAWN = get_context("spawn")
_LOOK_EVERY_S = 0.1
_PATIENCE_S = 5.0
_LEAST = 19
"""Of `os.nice`: what runs beside it as usual, such as a camera's session, has some seventy times its share."""

_IDLE_PRIORITY_CLASS = 0x40
"""The same on Windows."""


def do_apart(
    task: Task,
    asked: AskedMatter,
    job: Job,
    *,
    tell: Callable[[int, int | None], object],
    show: Callable[[bytes], object],
    stop: Event,
) -> Outcome | None:
    """Do a job and return how it went; None if it was stopped, which leaves nothing half-written.

    Parameters
    ----------
    task, asked, job
        What is to be done, what finds alpha, and of which file.
    tell : callable
        Takes the frames so far, and how many to expect, where that is known.
    show : callable
        Takes a picture of what becomes of it, as `glimpse` makes it.
    stop : Event
        Set to stop it.
    """
    ours, theirs = _SPAWN.Pipe(duplex=False)
    process = _SPAWN.Process(target=_work, args=(task, asked, job, theirs), name="streammatte file", daemon=True)
    process.start()
    theirs.close()
    try:
        while not stop.is_set():
            if not ours.poll(_LOOK_EVERY_S):
                continue
            message = ours.recv()
            if isinstance(message, Outcome):
                return message
            if isinstance(message, bytes):
                show(message)
            else:
                tell(*message)
        return None
    except EOFError:
        process.join()
        return Outcome(job, 0, 0.0, error=f"{job.source}: its process ended unasked (code {process.exitcode})")
    finally:
        ours.close()  # by which it knows that nobody waits for it any more
        process.join(_PATIENCE_S)
        process.kill()
        process.join()


def _work(task: Task, asked: AskedMatter, job: Job, link: Connection) -> None:
    import cv2

    from streammatte.allocator import keep_freed_memory
    from streammatte.batch.glimpses import Glimpses

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for who has started it, and then stops it
    _stand_back()
    cv2.setNumThreads(1)  # the stages run beside each other; threads within them cost more than they save
    keep_freed_memory()

    def send(message: object) -> None:
        try:
            link.send(message)
        except OSError:  # nobody waits for it any more
            sys.exit(1)

    watch = watched(lambda number, frames, total: send((frames, total)), 0)
    with closing(task.open(cache(asked.open))) as work:
        send(attempt(work, job, watch, [Glimpses(send)]))


def _stand_back() -> None:
    """Give this process the least priority there is."""
    if sys.platform == "win32":
        from ctypes import windll

        windll.kernel32.SetPriorityClass(windll.kernel32.GetCurrentProcess(), _IDLE_PRIORITY_CLASS)
    else:
        os.nice(_LEAST)
