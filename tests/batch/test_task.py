"""What is asked of files, done one after the other."""

from __future__ import annotations

from contextlib import closing, nullcontext

import numpy as np
import pytest

from streammatte.batch.jobs import Job
from streammatte.batch.task import Task
from streammatte.errors import MediaError


class Bright:
    def matte(self, frame):
        return (frame.rgb.mean(axis=2) > 127).astype(np.float32)

    def reset(self):
        pass


def watch(total):
    return nullcontext(lambda report: None)


def test_a_file_knows_nothing_of_the_one_before(write_clip, tmp_path):
    clip, wall = write_clip("clip.mp4"), write_clip("wall.mp4", 5, size=(32, 32))
    (tmp_path / "broken.mp4").write_bytes(clip.read_bytes()[:-200])
    task = Task(bg=str(wall), kept=("held", "people"), filters=("match", "auto-frame"))
    written = []
    with closing(task.open(Bright)) as work:
        for name in ("clip.mp4", "broken.mp4", "clip.mp4"):
            job = Job(str(tmp_path / name), tmp_path / "out.mp4")
            if name == "broken.mp4":
                with pytest.raises(MediaError):
                    work.do(job, watch, print)
            else:
                assert work.do(job, watch, print) == 8
                written.append(job.out.read_bytes())
    assert written[0] == written[1]
