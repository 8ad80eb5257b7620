from __future__ import annotations

from itertools import islice
from time import monotonic

import numpy as np
import pytest

from streammatte.devices import open_camera
from streammatte.devices.looped import LoopedSource
from streammatte.errors import MediaError
from streammatte.io import open_source


def test_a_video_is_played_at_its_own_pace_again_and_again(write_clip):
    path = write_clip("clip.mkv", 6, rate=30)
    expected = [frame.rgb for frame in open_source(path)]
    source = open_camera(str(path))
    assert isinstance(source, LoopedSource)
    assert source.live
    began = monotonic()
    frames = list(islice(source, 14))
    seconds = monotonic() - began
    source.close()
    for index, frame in enumerate(frames):
        assert np.array_equal(frame.rgb, expected[index % 6])
    assert 13 / 30 * 0.9 < seconds < 13 / 30 + 2
    assert frames[-1].time == pytest.approx(monotonic(), abs=2)
    times = [frame.time for frame in frames]
    assert times == sorted(times)


def test_closing_ends_it(write_clip):
    source = LoopedSource(write_clip("clip.mkv", 3, rate=5))
    frames = iter(source)
    next(frames)
    source.close()
    assert list(frames) == []


def test_a_video_that_is_being_opened_again_when_all_ends_is_closed(write_clip, monkeypatch):
    source, second = LoopedSource(write_clip("clip.mkv", 1)), open_source("sample")

    def closed_meanwhile(_):
        source.close()
        return second

    monkeypatch.setattr("streammatte.devices.looped.open_source", closed_meanwhile)
    assert len(list(source)) == 1
    assert list(second) == []


def test_what_is_no_video_is_refused(tmp_path):
    path = tmp_path / "notes.mp4"
    path.write_text("no video")
    with pytest.raises(MediaError, match=r"notes\.mp4"):
        open_camera(str(path))
