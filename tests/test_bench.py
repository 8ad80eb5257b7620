"""The benchmark's shape, not its times."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from types import SimpleNamespace

import numpy as np
import pytest

from streammatte.bench import STAGES, file_runs, live_run, mediapipe_costs, stage_costs
from streammatte.errors import MediaError
from streammatte.matting.matter import fit


class Half:
    """A double of the network."""

    engine = device = "double"

    def bring(self, frame):
        pass

    def matte(self, frame):
        return np.full((frame.size[1] // 2, frame.size[0] // 2), 0.5, np.float32)

    def fit(self, size):
        return fit(size)

    def reset(self):
        pass


def test_every_stage_of_every_look_is_timed(write_clip):
    costs = stage_costs(write_clip("clip.mkv", 3), (64, 48), Half(), frames=2)
    assert set(costs) == {"blur", "picture", "colour", "transparent"}
    for stages in costs.values():
        assert tuple(stages) == STAGES
        assert all(cost.wall_ms > 0 for cost in stages.values())


def test_a_file_run_is_the_command_itself(write_clip):
    ballast = np.ones(500_000_000, np.uint8)  # what this process holds is not the command's
    (run,) = file_runs(write_clip("clip.mkv", 3), (64, 48), looks=["colour"], frames=90)
    assert run.frames_per_s > 0
    assert run.cpu_ms > 0
    if sys.platform == "win32":
        assert run.peak_mb is None
    else:
        assert 20 < run.peak_mb < ballast.nbytes / 1e6


def test_a_file_run_is_that_of_no_settings_and_says_what_failed(write_clip, tmp_path, monkeypatch):
    (tmp_path / "streammatte").mkdir()
    (tmp_path / "streammatte" / "config.toml").write_text('[video]\ncodec = "none such"\n')
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    clip = write_clip("clip.mkv", 3)
    assert list(file_runs(clip, (64, 48), looks=["colour"], frames=2))
    with pytest.raises(MediaError, match=r"streammatte: .*none such"):
        list(file_runs(clip, (64, 48), looks=["colour"], frames=2, options=("--codec", "none such")))


def test_a_live_run_shows_frames(write_clip):
    run = live_run(write_clip("clip.mkv", 4), (64, 48), Half(), "blur", seconds=1.0)
    assert run.frames_per_s == pytest.approx(30, abs=15)


class Segmenter:
    """A double of MediaPipe's, that remembers what it was given."""

    def __init__(self):
        self.given = []

    def process(self, rgb):
        self.given.append(rgb)
        return SimpleNamespace(segmentation_mask=np.full(rgb.shape[:2], 0.5, np.float32))


def test_mediapipe_is_timed_where_it_is_installed(write_clip, monkeypatch):
    segmenter, name = Segmenter(), "mediapipe.python.solutions.selfie_segmentation"
    solution = SimpleNamespace(SelfieSegmentation=lambda model_selection: nullcontext(segmenter))
    monkeypatch.setitem(sys.modules, name, solution)
    costs = mediapipe_costs(write_clip("clip.mkv", 3), (64, 48), frames=3)
    assert list(costs) == ["rgb", "segment", "blend", "convert"]
    assert [each.shape for each in segmenter.given] == [(48, 64, 3)] * 3
    monkeypatch.setitem(sys.modules, name, None)
    assert mediapipe_costs("sample", (64, 48)) == {}
