"""Jobs on Ray: two workers on this machine. It takes half a minute, and is skipped where Ray is not installed."""

from __future__ import annotations

import os
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import click.testing
import numpy as np
import pytest

from streammatte.batch.cluster import Cluster
from streammatte.batch.jobs import Job
from streammatte.cli import cli
from streammatte.errors import DeviceError, MediaError, MissingExtraError
from streammatte.io.packets import EVERYTHING

RAY = "Ray is not installed; run: pip install 'streammatte[ray]'"


@pytest.fixture(scope="module")
def ray():
    ray = pytest.importorskip("ray", reason=RAY)
    ray.cloudpickle.register_pickle_by_value(sys.modules[__name__])  # the workers cannot import it
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    yield ray
    ray.shutdown()


def die_once(marker):
    """End this process as a power cut does, but only the first of all that come here."""
    try:
        Path(marker).touch(exist_ok=False)
    except FileExistsError:
        return
    os.kill(os.getpid(), signal.SIGKILL)


@dataclass(frozen=True)
class Deadly:
    """A task and a matter whose first worker dies in the midst of it."""

    marker: str
    device: str = "cpu"
    threads: int = 1

    def open(self, matter=None):
        return self

    def do(self, job, watch, on_notice, beside=()):
        if job.source == "bad":
            raise MediaError("bad is no good")
        if job.source.startswith("slow"):
            job.out.touch()
            try:
                for _ in range(1000):
                    time.sleep(0.05)
            finally:
                job.out.unlink()
        with watch(2) as _:
            if job.source == "1":
                die_once(self.marker)
            job.out.write_text(job.source)
        return 2

    def matte(self, frame):
        if frame.pts:
            die_once(self.marker)
        return np.full((4, 6), frame.rgb.mean() / 255, np.float32)

    def reset(self):
        pass

    def close(self):
        pass


def test_a_killed_worker_and_a_failure_lose_nothing(ray, tmp_path):
    task = Deadly(str(tmp_path / "marker"))
    jobs = {number: Job(source, tmp_path / source) for number, source in enumerate(["0", "1", "bad", "3"])}
    told = {}
    outcomes = dict(Cluster(None, task).do(task, jobs, lambda number, *far: told.update({number: far})))
    assert (tmp_path / "marker").exists()
    assert {number: each.frames for number, each in outcomes.items()} == {0: 2, 1: 2, 2: 0, 3: 2}
    assert [outcomes[number].error for number in range(4)] == [None, None, "bad is no good", None]
    assert [(tmp_path / each).read_text() for each in "013"] == ["0", "1", "3"]


def test_what_is_stopped_leaves_nothing_half_written(ray, until, tmp_path):
    jobs = {number: Job(source, tmp_path / source) for number, source in enumerate(["0", "slow1", "slow2", "slow3"])}
    outcomes = Cluster(None, Deadly("")).do(Deadly(""), jobs, lambda number, *far: None)
    assert next(outcomes)[0] == 0
    until((tmp_path / "slow2").exists, 20)
    outcomes.close()
    assert [each.name for each in tmp_path.iterdir()] == ["0"]


def test_a_worker_killed_in_a_part_loses_no_alpha(ray, write_clip, tmp_path, monkeypatch):
    from streammatte.batch.split import Film
    from streammatte.io import open_source

    monkeypatch.setattr("streammatte.batch.cluster._SHORTEST_S", 1)
    path, asked = write_clip("clip.mp4", 60, options={"g": "10"}), Deadly(str(tmp_path / "marker"))
    matter = Cluster(None, asked).matter(Film(str(path), True, None), EVERYTHING)
    for frame in open_source(path):
        assert np.array_equal(matter.matte(frame), asked.matte(frame))
    assert (tmp_path / "marker").exists()
    assert list(matter.told()) == []


@pytest.mark.parametrize("many", [False, True])
def test_the_result_is_that_of_one_process(ray, write_clip, probe, tmp_path, monkeypatch, many):
    monkeypatch.chdir(tmp_path)  # relative names mean there what they mean here
    monkeypatch.setattr("streammatte.batch.cluster._SHORTEST_S", 1)
    count = 10 if many else 60
    clips = [write_clip(f"{name}.mp4", count, options={"g": "10"}, sounds=[("aac",)]).name for name in "ab"]
    inputs = clips if many else clips[:1]

    def run(out, *options):
        command = "video", *inputs, out, "--bg", "red", "--threads", "1", "--alpha-out", f"alpha-{out}", *options
        result = click.testing.CliRunner().invoke(cli, command)
        assert result.exit_code == 0, result.output
        return result

    one, two = ("one", "two") if many else ("one.mkv", "two.mkv")
    run(one)
    assert ("2 of 2 videos" if many else "ray on 2 workers") in run(two, "--ray").stdout
    for name in ["a.mp4", "b.mp4"] if many else [""]:
        for folder in ("", "alpha-"):
            first, second = (probe(Path(f"{folder}{out}", name)) for out in (one, two))
            assert [each.to_ndarray().tobytes() for each in first.frames] == [
                each.to_ndarray().tobytes() for each in second.frames
            ]
            assert first.times == second.times
            assert [each.packets for each in first.tracks] == [each.packets for each in second.tracks]


def test_what_no_machine_has_is_refused_and_not_waited_for(ray):
    for asked in (Deadly("", threads=16), Deadly("", device="cuda")):
        with pytest.raises(DeviceError, match="no machine of the Ray cluster has"):
            Cluster(None, asked)


def test_an_address_without_a_cluster(monkeypatch):
    ray = pytest.importorskip("ray", reason=RAY)
    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    with pytest.raises(DeviceError, match=r"no Ray cluster at 127\.0\.0\.1:9 .*; expected HOST:PORT of one; start one"):
        Cluster("127.0.0.1:9", Deadly(""))


def test_without_ray_it_is_told_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MissingExtraError, match=r"run: pip install 'streammatte\[ray\]'"):
        Cluster(None, Deadly(""))


@pytest.mark.parametrize("source", ["-", "rtsp://camera/stream"])
def test_what_is_read_once_is_not_read_in_parts(source, tmp_path):
    result = click.testing.CliRunner().invoke(cli, ["video", source, str(tmp_path / "out.mkv"), "--ray"])
    assert result.exit_code == 2
    assert "is read only once, and not in parts; save it to a file first" in result.stderr
