"""The background video shows the picture of each frame's time, whatever the rates."""

from fractions import Fraction

import av
import numpy as np
import pytest

from streammatte import Frame, Layers, MediaError, open_source
from streammatte_filters.video import VideoBackground

LEVELS = [20, 60, 100, 140, 180, 220]


@pytest.fixture
def path(tmp_path):
    """Six grey pictures, a tenth of a second each."""
    path = tmp_path / "greys.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for level in LEVELS:
            picture = av.VideoFrame.from_ndarray(np.full((48, 64, 3), level, np.uint8), format="rgb24")
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    return path


def shown(video, time, size=(64, 48)):
    """The level shown at `time`, in thousandths of a second."""
    alpha = np.zeros(size[::-1], np.float32)
    layers = Layers.of(Frame(np.zeros((size[1], size[0], 3), np.uint8), time, Fraction(1, 1000)), alpha)
    background = video(layers).background
    assert background.shape == (size[1], size[0], 3)
    return LEVELS[int(np.argmin(np.abs(np.array(LEVELS) - background.mean())))]


@pytest.mark.parametrize("step", [1000 / 30, 1000 / 7, 40, 100, 370])
def test_it_follows_the_time_of_the_frames_and_begins_anew(path, step):
    video = VideoBackground(path)
    times = [round(index * step) for index in range(40)]
    assert [shown(video, time) for time in times] == [LEVELS[(time + 1) // 100 % 6] for time in times]


def test_it_starts_with_the_first_frame_whatever_its_time(path):
    video = VideoBackground(path)
    assert [shown(video, time) for time in (86_400_000, 86_400_250)] == [20, 100]


def test_after_a_reset_it_starts_again(path):
    video = VideoBackground(path)
    assert [shown(video, time) for time in (0, 350)] == [20, 140]
    video.reset()
    assert [shown(video, time) for time in (350, 450)] == [20, 60]


def test_irregular_times_get_their_pictures(path):
    video = VideoBackground(path)
    times = [0, 10, 20, 190, 210, 590, 601, 1799, 1801]
    assert [shown(video, time) for time in times] == [LEVELS[time // 100 % 6] for time in times]


def test_it_covers_the_frame(path):
    assert shown(VideoBackground(path), 0, (90, 30)) == 20


@pytest.mark.parametrize("content", [None, b"", b"no video at all"])
def test_what_cannot_be_read_is_refused_at_once_by_name(tmp_path, content):
    path = tmp_path / "waves.mp4"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(MediaError, match=r"waves\.mp4"):
        VideoBackground(path)


@pytest.mark.parametrize("method", ["reset", "close"])
def test_its_file_is_closed_with_it(path, monkeypatch, method):
    opened = []

    def watched(path):
        opened.append(open_source(path))
        return opened[-1]

    monkeypatch.setattr("streammatte_filters.video.open_source", watched)
    video = VideoBackground(path)
    shown(video, 0)
    getattr(video, method)()
    assert len(opened) == 2
    assert all(list(source) == [] for source in opened)
