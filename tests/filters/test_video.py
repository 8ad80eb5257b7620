"""The background video shows the picture of each frame's time, whatever the rates."""

from fractions import Fraction

import av
import cv2
import numpy as np
import pytest

from streammatte import FilterError, Frame, Layers, MediaError, open_source
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


def write_animation(path):
    """The same greys, shown for 100, 200, 300, 100, 200 and 0 milliseconds; the last is what browsers make 100."""
    animation = cv2.Animation()
    animation.frames = [np.full((48, 64, 4), (level, level, level, 255), np.uint8) for level in LEVELS]
    animation.durations = [100, 200, 300, 100, 200, 0]
    assert cv2.imwriteanimation(str(path), animation, [cv2.IMWRITE_WEBP_QUALITY, 100])
    return path


def test_an_animated_gif_plays(tmp_path):
    video = VideoBackground(write_animation(tmp_path / "a.gif"))
    assert [shown(video, time) for time in (0, 110, 290, 310, 610, 810)] == [20, 60, 60, 100, 140, 180]


def test_an_animated_webp_plays(tmp_path):
    video = VideoBackground(write_animation(tmp_path / "a.webp"))
    times = [0, 110, 290, 310, 610, 810, 950, 1010, 1110, 2010]
    assert [shown(video, time) for time in times] == [20, 60, 60, 100, 140, 180, 220, 20, 60, 20]


def test_a_folder_is_shown_picture_by_picture(tmp_path):
    for name, level in (("b.PNG", 60), ("a.jpg", 20), ("c.png", 100)):
        path = tmp_path / name
        assert cv2.imwrite(str(path), np.full((30, 40, 3), level, np.uint8))
    (tmp_path / "notes.txt").write_text("no picture")
    video = VideoBackground(tmp_path, seconds=2)
    assert [shown(video, time) for time in (0, 1990, 2000, 4000, 5990, 6000, 8000)] == [20, 20, 60, 100, 100, 20, 60]
    assert shown(VideoBackground(tmp_path), 4990) == 20
    with pytest.raises(FilterError, match="expected more than 0"):
        VideoBackground(tmp_path, seconds=0)


def test_the_last_picture_is_held(path):
    video = VideoBackground(path, end="hold")
    assert [shown(video, time) for time in (0, 590, 600, 1000, 100_000)] == [20, 220, 220, 220, 220]
    video.reset()
    assert shown(video, 200_000) == 20


def test_it_covers_the_frame(path):
    assert shown(VideoBackground(path), 0, (90, 30)) == 20


@pytest.mark.parametrize("content", [None, b"", b"no video at all"])
def test_what_cannot_be_read_is_refused_at_once_by_name(tmp_path, content):
    path = tmp_path / "waves.mp4"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(MediaError, match=r"waves\.mp4"):
        VideoBackground(path)
    with pytest.raises(MediaError, match=r"waves\.webp.*expected an animated WebP"):
        VideoBackground(path.rename(tmp_path / "waves.webp") if content is not None else tmp_path / "waves.webp")
    (tmp_path / "bare").mkdir()
    with pytest.raises(MediaError, match=r"no picture in the folder .*bare"):
        VideoBackground(tmp_path / "bare")


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
