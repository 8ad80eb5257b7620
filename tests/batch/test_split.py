"""A video matted in parts, without the machines that would do it."""

from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
import pytest

from streammatte.batch.split import Film, PartsMatter, matte_part
from streammatte.errors import MediaError
from streammatte.io import ListSink, open_source
from streammatte.io.packets import EVERYTHING, Span
from streammatte.io.video_parts import parts
from streammatte.matting.smoothing import MotionSmoother
from streammatte.pipeline import run


class Noticing:
    """An alpha that depends on all of the picture, and a count of the pictures seen."""

    def __init__(self):
        self.seen = 0

    def matte(self, frame):
        self.seen += 1
        grey = frame.at((32, 24)).mean(axis=2, dtype=np.float32) / 255
        return np.asarray((grey + np.float32(frame.rgb.std() / 255)) / 2, np.float32)

    def reset(self):
        pass


@pytest.fixture
def film(write_clip):
    """Two seconds, a keyframe every 10 pictures, and pictures in between that lean on the keyframe after them."""
    rng = np.random.default_rng(0)
    still = rng.integers(0, 256, (48, 64, 3), np.uint8)
    pictures = [np.clip(still + rng.normal(0, 4, still.shape) + index, 0, 255).astype(np.uint8) for index in range(50)]

    def write(name):
        open_gop = {"preset": "medium", "crf": "12", "g": "10", "bf": "3", "x264-params": "open-gop=1:scenecut=0"}
        return write_clip(name, pictures, options=open_gop, sounds=[("aac",)])

    return write


def matted(source, matter):
    """The steadied alphas of all frames, and their times."""
    sink = ListSink()
    run(source, matter, sink, smoother=MotionSmoother())
    return [(each.frame.time, each.alpha.tobytes()) for each in sink.layers]


def in_parts(path, span, **options):
    film, there, here = Film(str(path), deinterlace=True, raw=None), Noticing(), Noticing()
    matter = PartsMatter(
        parts(path, span, Fraction(2, 5)),
        options.get("ask", lambda part: part),
        options.get("fetch", lambda part: matte_part(film, part, there)),
        ahead=2,
        matter=lambda: here,
        name="the test",
    )
    return matter, there, here


@pytest.mark.parametrize("name", ["film.mp4", "film.mkv", "film.ts"])
@pytest.mark.parametrize("span", [EVERYTHING, Span(Fraction(1, 2), Fraction(3, 2)), Span(Fraction(17, 100))])
def test_steadied_alpha_is_to_the_bit_that_of_one_process(film, name, span):
    path = film(name)
    whole = matted(open_source(path, start_s=span.start, end_s=span.end), Noticing())
    matter, there, here = in_parts(path, span)
    joined = matted(open_source(path, start_s=span.start, end_s=span.end), matter)
    assert joined == whole
    assert here.seen == 0
    assert there.seen == len(whole)
    assert list(matter.told()) == []


def test_parts_begin_with_keyframes_and_cover_all(film):
    path = film("film.mp4")
    with av.open(str(path)) as container:
        keys = [each.pts * each.time_base for each in container.demux(video=0) if each.is_keyframe]
    found = parts(path, EVERYTHING, Fraction(1, 2))
    assert [each.start for each in found] == [0, *(key for key in keys if key in (Fraction(4, 5), Fraction(8, 5)))]
    assert [each.end for each in found] == [*(each.start for each in found[1:]), None]
    assert len(found) == 3


@pytest.mark.parametrize("what_comes", ["its worker died", {}])
def test_what_does_not_come_is_matted_here(film, what_comes):
    path = film("film.mp4")
    matter, _, here = in_parts(path, EVERYTHING, fetch=lambda part: what_comes)
    assert matted(open_source(path), matter) == matted(open_source(path), Noticing())
    assert here.seen == 50
    reason = what_comes or "they were decoded otherwise elsewhere"
    assert list(matter.told()) == [f"frames that were matted on this machine: 50 ({reason})"]


def test_an_alpha_of_another_picture_is_not_taken(film, write_clip):
    path = film("film.mp4")
    other = Film(str(write_clip("other.mp4", 50)), deinterlace=True, raw=None)
    matter, _, here = in_parts(path, EVERYTHING, fetch=lambda part: matte_part(other, part, Noticing()))
    assert matted(open_source(path), matter) == matted(open_source(path), Noticing())
    assert here.seen == 50


def test_no_more_is_asked_for_than_is_soon_needed(film):
    asked, path = [], film("film.mp4")
    matter, *_ = in_parts(path, EVERYTHING, ask=lambda part: asked.append(part) or part, fetch=lambda part: {})
    frames = iter(open_source(path))
    matter.matte(next(frames))
    assert len(asked) == 2
    for frame in frames:
        matter.matte(frame)
    assert asked == parts(path, EVERYTHING, Fraction(2, 5))


def test_a_part_of_a_file_that_is_gone(film, tmp_path):
    with pytest.raises(MediaError, match=r"gone\.mp4 does not exist"):
        parts(tmp_path / "gone.mp4", EVERYTHING, Fraction(1))
