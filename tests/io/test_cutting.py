"""A part of a video: the same pictures and packets, at times that count from its start."""

from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
import pytest

from streammatte.errors import UsageError
from streammatte.io import open_sink, open_source

CODECS = {".webm": {"codec": "libvpx-vp9", "options": {"cpu-used": "8", "g": "40"}}}


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".webm", ".ts", ".avi"])
@pytest.mark.parametrize(("start", "end"), [("0.4", "1.2"), ("0.41", None), ("0", "0.5"), ("1.99", None)])
def test_the_pictures_are_those_of_the_whole(write_clip, suffix, start, end):
    how = CODECS.get(suffix, {"options": {"bf": "0" if suffix == ".avi" else "2", "g": "12"}})
    path = write_clip(f"in{suffix}", 50, time_base=Fraction(1, 25), **how)
    begin, until = Fraction(start), Fraction(end) if end else None
    source = open_source(path, start_s=begin, end_s=until)
    part = list(source)
    expected = [
        frame
        for frame in open_source(path)
        if frame.pts * frame.time_base + Fraction(1, 25) - begin > Fraction(1, 1000)
        and (until is None or frame.pts * frame.time_base < until)
    ]
    assert len(part) == len(expected) > 0
    assert source.info.frames == pytest.approx(len(expected), abs=1)
    for one, other in zip(part, expected, strict=True):
        np.testing.assert_array_equal(one.rgb, other.rgb)
        assert one.time == pytest.approx(max(0, other.time - float(begin)), abs=1e-3)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_the_picture_on_the_screen_at_the_start_is_there_however_long_it_stands(write_clip, suffix):
    times = [Fraction(each) for each in ("0", "0.2", "1.5", "1.6")]
    path = write_clip(f"in{suffix}", 4, times=times, options={"bf": "0"})
    whole = [frame.rgb for frame in open_source(path)]
    part = list(open_source(path, start_s=1))
    assert [frame.time for frame in part] == pytest.approx([0, 0.5, 0.6], abs=1e-3)
    np.testing.assert_array_equal([frame.rgb for frame in part], whole[1:])


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_far_into_a_video_the_reading_begins_nearby(write_clip, suffix):
    path = write_clip(f"in{suffix}", 500, sounds=[("aac", 0, "eng", 20)], options={"g": "50", "preset": "ultrafast"})
    whole = [frame.rgb for frame in open_source(path)]
    source = open_source(path, start_s=17)
    assert source._packets.ends
    assert min(packet.pts for packet in av.open(str(path)).demux(video=0) if packet.size) == 0
    part = [frame.rgb for frame in source]
    assert len(part) == 75
    np.testing.assert_array_equal(part, whole[425:])


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_the_sound_is_cut_between_its_packets_and_keeps_its_times(write_clip, probe, through, tmp_path, suffix):
    path = write_clip(f"in{suffix}", 50, sounds=[("aac", 0, "deu", 2)], options={"g": "12", "bf": "2"})
    start, end = Fraction("0.61"), Fraction("1.3")
    source = open_source(path, start_s=start, end_s=end)
    through(source, open_sink(tmp_path / f"out{suffix}", source))
    (before,), (after,) = probe(path).tracks, probe(tmp_path / f"out{suffix}").tracks
    length = Fraction(1024, 48000)
    kept = [
        (time - start, packet)
        for time, packet in zip(before.times, before.packets, strict=True)
        if time + length > start and time < end
    ]
    assert after.packets == [packet for _, packet in kept]
    assert [float(time) for time in after.times] == pytest.approx([float(time) for time, _ in kept], abs=1.1e-3)
    written = probe(tmp_path / f"out{suffix}")
    assert written.times[0] == 0
    assert written.duration == pytest.approx(0.69, abs=0.03)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".webm"])
def test_a_flash_and_its_bang_stay_together(write_clip, through, tmp_path, suffix):
    pictures = [np.full((48, 64, 3), 255 if index >= 30 else 0, np.uint8) for index in range(50)]
    path = write_clip("in.mp4", pictures, sounds=[("aac", Fraction(6, 5))], options={"g": "12", "bf": "2"})
    source = open_source(path, start_s=Fraction("0.53"))
    through(source, open_sink(tmp_path / f"out{suffix}", source))
    with av.open(str(tmp_path / f"out{suffix}")) as container:
        flash = next(each.time for each in container.decode(video=0) if each.to_ndarray()[0, 0] > 128)
    with av.open(str(tmp_path / f"out{suffix}")) as container:
        bang = min(
            frame.time + int(np.argmax(loud)) / frame.sample_rate
            for frame in container.decode(audio=0)
            if (loud := np.abs(frame.to_ndarray()[0]) > 0.1).any()
        )
    assert flash == pytest.approx(0.67, abs=1.1e-3)
    assert bang == pytest.approx(0.67, abs=0.01)


def test_chapters_and_subtitles_are_cut_too(write_clip, probe, through, tmp_path):
    path = write_clip(
        "in.mkv",
        subtitles=[("srt", "eng")],  # "Hello" from 0.04 to 0.14 s, "World" from 0.2 to 0.3 s
        chapters=[(0, 100, "First"), (100, 250, "Second"), (250, 320, "Third")],
    )
    source = open_source(path, start_s=0.125, end_s=0.25)
    through(source, open_sink(tmp_path / "out.mkv", source))
    written = probe(tmp_path / "out.mkv")
    assert written.chapters == [(0, 0.125, "Second")]
    assert [float(each) for each in written.tracks[0].times] == pytest.approx([0, 0.075], abs=1.1e-3)


@pytest.mark.parametrize(("start", "end"), [(2, 1), (1, 1), (-1, None), (5, None)])
def test_where_there_is_nothing_it_is_said(write_clip, start, end):
    with pytest.raises(UsageError, match="there is nothing"):
        open_source(write_clip("in.mp4"), start_s=start, end_s=end)
