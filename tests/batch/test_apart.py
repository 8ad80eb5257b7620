"""What happens in and to a process of its own."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from threading import Event

import pytest

from streammatte.batch.apart import do_apart
from streammatte.batch.asked import AskedMatter
from streammatte.batch.jobs import Job

TASKS = '''
"""Tasks that each do something else in the place of their work; in a file, as another process must find them."""

import os
from time import sleep
from types import SimpleNamespace


class Task:
    def open(self, matter):
        return self

    def close(self):
        pass


class TellsItsPriority(Task):
    def do(self, job, watch, on_notice, beside):
        with watch(10):
            on_notice(str(os.getpriority(os.PRIO_PROCESS, 0)))
        return 3


class Fails(Task):
    def do(self, job, watch, on_notice, beside):
        raise RuntimeError("a filter's own")


class Dies(Task):
    def do(self, job, watch, on_notice, beside):
        os._exit(3)


class Hangs(Task):
    def do(self, job, watch, on_notice, beside):
        job.out.write_text(str(os.getpid()))
        with watch(10):
            sleep(60)


class TakesLong(Task):
    def do(self, job, watch, on_notice, beside):
        job.out.touch()
        try:
            with watch(10) as on_frame:
                for index in range(1000):
                    on_frame(SimpleNamespace(index=index))
                    sleep(0.01)
        finally:
            job.out.rename(job.out.with_name("cleaned up"))
'''


@pytest.fixture
def run(monkeypatch, tmp_path):
    (tmp_path / "tasks_apart.py").write_text(TASKS)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "tasks_apart", raising=False)
    tasks = import_module("tasks_apart")

    def run(task, stop_at=None):
        stop = Event()

        def tell(frames, total):
            assert total == 10
            if stop_at is not None and frames >= stop_at:
                stop.set()

        job = Job("clip.mp4", tmp_path / "out.mp4")
        return do_apart(getattr(tasks, task)(), AskedMatter(), job, tell=tell, show=print, stop=stop)

    return run


@pytest.mark.skipif(sys.platform == "win32", reason="tells it in another way")
def test_it_has_the_least_priority_and_its_parent_keeps_its_own(run):
    before = os.getpriority(os.PRIO_PROCESS, 0)
    outcome = run("TellsItsPriority")
    assert (outcome.frames, outcome.error, outcome.notices) == (3, None, ("19",))
    assert os.getpriority(os.PRIO_PROCESS, 0) == before


def test_an_error_of_whatever_kind_is_told(run):
    assert "RuntimeError: a filter's own" in run("Fails").error


def test_one_that_dies_is_told(run):
    assert run("Dies").error == "clip.mp4: its process ended unasked (code 3)"


def test_stopped_it_cleans_up(run, tmp_path):
    assert run("TakesLong", stop_at=1) is None
    assert not (tmp_path / "out.mp4").exists()
    assert (tmp_path / "cleaned up").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="asks for it by a signal")
def test_one_that_hangs_is_killed(run, monkeypatch, tmp_path):
    monkeypatch.setattr("streammatte.batch.apart._PATIENCE_S", 0.1)
    assert run("Hangs", stop_at=0) is None
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "out.mp4").read_text()), 0)
