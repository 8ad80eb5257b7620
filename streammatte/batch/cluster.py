"""The same jobs on more machines, by Ray; the one place that knows it."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Mapping
from fractions import Fraction
from functools import cache, lru_cache, partial
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import cv2

from streammatte.allocator import keep_freed_memory
from streammatte.batch.asked import AskedMatter
from streammatte.batch.jobs import Job, Outcome, Outcomes, Tell, attempt, watched
from streammatte.batch.split import Film, Part, PartsMatter, matte_part
from streammatte.batch.task import Task, Work
from streammatte.errors import DeviceError, MissingExtraError
from streammatte.io.packets import Span
from streammatte.io.video_parts import parts
from streammatte.stages import Matter

__all__ = ["Cluster"]

_TELL_EVERY_S, _POLL_S, _PATIENCE_S = 0.5, 0.05, 5.0
_RETRIES = 3
"""How often a job is begun anew whose worker has died, before it counts as its killer."""

_SHORTEST_S = 4
"""Seconds of a part: what its beginning costs, the opening and the way to its keyframe, must not count."""


class Cluster:
    """Machines that Ray knows, or this one; all see the files under the same names.

    Parameters
    ----------
    address : str or None
        Of a Ray cluster, as `ray.init` takes it; None for the one of the environment (RAY_ADDRESS), or else this
        machine alone.
    asked : AskedMatter
        What finds alpha there.

    Raises
    ------
    MissingExtraError
        If Ray is not installed.
    DeviceError
        If there is no such cluster.
    """

    def __init__(self, address: str | None, asked: AskedMatter) -> None:
        try:
            import ray
        except ImportError as error:
            raise MissingExtraError(
                "more machines need the package ray, which is not installed",
                remedy="run: pip install 'streammatte[ray]'",
            ) from error
        self._ray: Any = ray
        self._asked = asked
        if not self._ray.is_initialized():
            _refuse_silence(address)
            os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is told to anybody
            try:
                self._ray.init(address, log_to_driver=False, logging_level="error")
            except (ConnectionError, ValueError, RuntimeError) as error:
                raise _unreachable(address, error) from error
        needs = {"num_gpus": 1} if asked.device == "cuda" else {"num_cpus": asked.threads}
        if not any(_has(node["Resources"], needs) for node in self._ray.nodes() if node["Alive"]):
            wanted = "a GPU" if asked.device == "cuda" else f"{asked.threads} cores"
            raise DeviceError(
                f"no machine of the Ray cluster has {wanted}", remedy="ask for less (--threads, --device)"
            )
        self._remote = self._ray.remote(max_retries=_RETRIES, **needs)

    @property
    def workers(self) -> int:
        """How many jobs are done at a time, as far as is known now; machines may come and go."""
        there = self._ray.cluster_resources()
        several = there.get("GPU", 0) if self._asked.device == "cuda" else there.get("CPU", 0) // self._asked.threads
        return max(1, int(several))

    def do(self, task: Task, jobs: dict[int, Job], tell: Tell) -> Outcomes:
        """Do jobs, and yield each with its number when it has ended, in whatever order; what is at work when this is
        closed is stopped, and leaves nothing half-written.
        """
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        ray, work = self._ray, self._remote(_do)
        folder = Path.cwd()
        here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
        board = ray.remote(num_cpus=0, scheduling_strategy=here)(_Board).remote()  # other machines may leave
        numbers = {work.remote(number, task, self._asked, job, board, folder): number for number, job in jobs.items()}
        try:
            while numbers:
                ended, _ = ray.wait(list(numbers), timeout=_TELL_EVERY_S)
                for number, frames, total in ray.get(board.read.remote()):
                    tell(number, frames, total)
                for each in ended:
                    yield numbers[each], self._outcome(each, jobs[numbers.pop(each)])
        finally:
            for each in numbers:
                ray.cancel(each)
            end = monotonic() + _PATIENCE_S * bool(numbers)
            while monotonic() < end and ray.get(board.anybody.remote()):  # to clean up, before Ray kills them
                sleep(_POLL_S)

    def _outcome(self, ticket: Any, job: Job) -> Outcome:
        try:
            outcome: Outcome = self._ray.get(ticket)
        except self._ray.exceptions.RayError as error:
            return Outcome(job, 0, 0.0, error=f"{job.source}: {_in_a_line(error)}")
        return outcome

    def matter(self, film: Film, span: Span) -> PartsMatter[Any]:
        """Return a matter for the frames of a video, whose parts are matted by the workers.

        Raises
        ------
        MediaError
            If the video cannot be read.
        """
        work, folder = self._remote(_part), Path.cwd()

        def fetch(ticket: Any) -> Part | str:
            try:
                part: Part = self._ray.get(ticket)
            except self._ray.exceptions.RayError as error:
                return _in_a_line(error)
            return part

        return PartsMatter(
            parts(film.source, span, Fraction(_SHORTEST_S), film.raw),
            lambda each: work.remote(film, each, self._asked, folder),
            fetch,
            ahead=2 * self.workers,
            matter=cache(self._asked.open),
            name=f"{self.workers} workers",
        )


class _Board:
    """Where workers write how far they are; an actor of Ray."""

    def __init__(self) -> None:
        self._far: dict[int, tuple[int, int | None]] = {}
        self._at_work: set[int] = set()

    def begin(self, number: int) -> None:
        self._at_work.add(number)

    def end(self, number: int) -> None:
        self._at_work.discard(number)

    def anybody(self) -> bool:
        """Whether a job has begun and not ended."""
        return bool(self._at_work)

    def tell(self, number: int, frames: int, total: int | None) -> None:
        self._far[number] = frames, total

    def read(self) -> list[tuple[int, int, int | None]]:
        """What is new."""
        far, self._far = self._far, {}
        return [(number, *each) for number, each in far.items()]


@lru_cache(maxsize=1)
def _matter(asked: AskedMatter) -> Matter:
    """The matter of this process, which does one job after the other."""
    return asked.open()


@lru_cache(maxsize=1)
def _work(task: Task, asked: AskedMatter) -> Work:
    return task.open(partial(_matter, asked))


def _do(number: int, task: Task, asked: AskedMatter, job: Job, board: Any, folder: Path) -> Outcome:
    def tell(index: int, frames: int, total: int | None) -> None:
        board.tell.remote(index, frames, total)

    _settle(folder)
    import ray

    ray.get(board.begin.remote(number))  # known before anything is written
    try:
        return attempt(_work(task, asked), job, watched(tell, number))
    finally:
        board.end.remote(number)


def _part(film: Film, span: Span, asked: AskedMatter, folder: Path) -> Part:
    _settle(folder)
    return matte_part(film, span, _matter(asked))


def _has(resources: Mapping[str, float], needs: Mapping[str, int]) -> bool:
    names = {"num_gpus": "GPU", "num_cpus": "CPU"}
    return all(resources.get(names[name], 0) >= count for name, count in needs.items())


def _refuse_silence(address: str | None) -> None:
    """Refuse an address at which nobody answers: Ray itself would try for minutes.

    Raises
    ------
    DeviceError
        If that is so.
    """
    host, colon, port = (address or "").removeprefix("ray://").rpartition(":")
    if colon and port.isdecimal():
        try:
            socket.create_connection((host, int(port)), _PATIENCE_S).close()
        except (OSError, OverflowError) as error:
            raise _unreachable(address, error) from error


def _unreachable(address: str | None, error: Exception) -> DeviceError:
    return DeviceError(
        f"there is no Ray cluster at {address} ({error}); expected HOST:PORT of one",
        remedy="start one with 'ray start --head', or leave the address out for this machine alone; write --ray "
        "after OUT",
    )


def _settle(folder: Path) -> None:
    os.chdir(folder)  # where relative names mean what they mean to who asks
    cv2.setNumThreads(1)  # as there: many work side by side
    keep_freed_memory()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # by which Ray cancels, and which nohup and '&' turn off


def _in_a_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[-1]
