from __future__ import annotations

from fractions import Fraction

import av
import cv2
import numpy as np
import pytest

from streammatte.compositing.frames import Frame
from streammatte.compositing.layers import Layers
from streammatte.io import ArraySource, open_sink, open_source

IRREGULAR = [Fraction(n, 90_000) for n in (0, 3001, 3002, 9000, 45_000, 45_001, 60_000, 60_300)]
SHIFTED = [time + Fraction(1, 3) for time in IRREGULAR]


@pytest.mark.parametrize("times", [IRREGULAR, SHIFTED], ids=["from 0", "from a third of a second"])
@pytest.mark.parametrize(
    ("suffix", "transparent", "within"),
    [(".mp4", False, 0), (".mov", False, 0), (".mov", True, 0), (".mkv", False, 5e-4), (".webm", True, 5e-4)],
)
def test_every_frame_is_shown_when_it_was(write_clip, probe, through, tmp_path, times, suffix, transparent, within):
    source = open_source(write_clip("in.mp4", times=times, sounds=[("aac",)]))
    sink = open_sink(tmp_path / f"out{suffix}", source, transparent=transparent)
    assert through(source, sink) == len(times)
    written = probe(tmp_path / f"out{suffix}")
    assert probe(tmp_path / "in.mp4").times == times
    assert len(written.times) == len(times)
    assert max(abs(a - b) for a, b in zip(written.times, times, strict=True)) <= within


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".webm"])
def test_the_last_frame_is_shown_as_long_as_it_was(write_clip, probe, through, tmp_path, suffix):
    source = open_source(write_clip("in.mp4", 3, last=Fraction(1, 2), options={"bf": "0"}))
    through(source, open_sink(tmp_path / f"out{suffix}", source))
    assert source.last_duration == Fraction(1, 2)
    assert probe(tmp_path / f"out{suffix}").duration == pytest.approx(0.58, abs=1e-3)


def test_29_97_frames_a_second_stay_exact(write_clip, probe, through, tmp_path):
    rate = Fraction(30_000, 1001)
    source = open_source(write_clip("in.mov", rate=rate, time_base=1 / rate))
    assert source.rate == rate
    assert source.info.frames == 8
    through(source, open_sink(tmp_path / "out.mp4", source))
    assert probe(tmp_path / "out.mp4").times == [index / rate for index in range(8)]


def test_frames_of_a_container_without_times_get_them_from_the_rate(write_clip):
    source = open_source(write_clip("in.avi", 5, codec="mpeg4", time_base=Fraction(1, 25)))
    assert [frame.pts * frame.time_base for frame in source] == [Fraction(index, 25) for index in range(5)]


def test_a_transport_stream_begins_at_its_start_whatever_number_that_has(write_clip, probe, through, tmp_path):
    times = [3600 + Fraction(index, 25) for index in range(8)]
    source = open_source(write_clip("in.ts", times=times, sounds=[("aac", Fraction(3600))]))
    through(source, open_sink(tmp_path / "out.mp4", source))
    before, after = probe(tmp_path / "in.ts"), probe(tmp_path / "out.mp4")
    assert min(after.times[0], after.tracks[0].times[0]) == 0
    assert after.times[0] - after.tracks[0].times[0] == before.times[0] - before.tracks[0].times[0]


def test_frames_at_the_same_time_or_running_backwards_are_all_kept(probe, through, tmp_path):
    pictures = np.random.default_rng(0).integers(0, 256, (5, 48, 64, 3), np.uint8)
    times = [0, 4, 4, 3, 8]
    source = ArraySource(Frame(rgb, pts, Fraction(1, 25)) for rgb, pts in zip(pictures, times, strict=True))
    through(source, open_sink(tmp_path / "out.mp4", source))
    written = [float(time) for time in probe(tmp_path / "out.mp4").times]
    assert written == sorted(set(written))
    assert written == pytest.approx([0, 0.16, 0.16, 0.16, 0.32], abs=3e-3)


def test_no_source_is_needed(probe, tmp_path, through):
    pictures = np.zeros((3, 48, 64, 3), np.uint8)
    through(ArraySource(pictures, 50), open_sink(tmp_path / "out.mp4"))
    assert probe(tmp_path / "out.mp4").times == [Fraction(index, 50) for index in range(3)]


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".webm"])
def test_what_an_edit_list_hides_stays_hidden(write_clip, probe, through, tmp_path, suffix):
    """As of a clip that a phone has trimmed: all is still in the file, but only a part is shown."""
    start, sound = Fraction(4, 5), {"sounds": [("aac", Fraction(0), "eng", 2)]}
    path = write_clip("in.mp4", 50, options={"bf": "0", "g": "50"}, **sound)
    data = bytearray(path.read_bytes())
    where = -1
    while (where := data.find(b"elst", where + 1)) > 0:  # each track's: one entry of length, media time, rate
        with av.open(str(path)) as container:
            scales = [stream.time_base.denominator for stream in (*container.streams.video, *container.streams.audio)]
        index = data.count(b"elst", 0, where)
        at = where + 16
        media = int.from_bytes(data[at : at + 4], "big")
        data[at : at + 4] = (media + int(start * scales[index])).to_bytes(4, "big")
    path.write_bytes(data)
    before = probe(path)
    source = open_source(path)
    assert through(source, open_sink(tmp_path / f"out{suffix}", source)) == 30
    written = probe(tmp_path / f"out{suffix}")
    assert written.times[0] == 0
    assert before.tracks[0].times[0] < -0.5
    assert -0.06 < written.tracks[0].times[0] < 0.03
    assert written.tracks[0].times[-1] == pytest.approx(float(before.tracks[0].times[-1]), abs=0.03)


@pytest.mark.parametrize("second", [0, 3600], ids=["back", "ahead"])
def test_recordings_that_were_joined_follow_each_other_with_their_sound(write_clip, probe, through, tmp_path, second):
    """Each of the parts of a joined transport stream begins at a time of its own."""
    parts = [
        write_clip(
            f"part{number}.ts",
            50,
            times=[start + Fraction(index, 25) for index in range(50)],
            sounds=[("aac", Fraction(start), "eng", 2)],
        )
        for number, start in enumerate((0, second))
    ]
    joined = tmp_path / "joined.ts"
    joined.write_bytes(b"".join(each.read_bytes() for each in parts))
    notices = []
    source = open_source(joined, on_notice=notices.append)
    assert through(source, open_sink(tmp_path / "out.mp4", source)) == 100
    assert notices == [f"{joined}: its times jump, as where recordings were joined (jumps: 1); they are made to run on"]
    before, after = probe(parts[0]), probe(tmp_path / "out.mp4")
    times, heard = after.times, after.tracks[0].times
    assert np.diff([*map(float, times)]).max() < 0.2
    assert np.diff([*map(float, times[:50])]).max() == pytest.approx(0.04, abs=1e-4)
    assert len(heard) == 2 * len(before.tracks[0].times)
    assert np.diff([*map(float, heard)]).max() < 0.2
    assert heard[-1] - times[-1] == pytest.approx(float(before.tracks[0].times[-1] - before.times[-1]), abs=2e-3)


def test_a_clock_is_no_rate(tmp_path):
    """What a browser records does not say its rate; the bits a second that were asked for do not go by its clock."""
    path, out = tmp_path / "in.webm", tmp_path / "out.mp4"
    pictures = np.random.default_rng(0).integers(0, 256, (40, 120, 160, 3), np.uint8)
    with av.open(path, "w") as container:
        stream = container.add_stream("libvpx-vp9", 25)
        stream.width, stream.height, stream.pix_fmt = 160, 120, "yuv420p"
        stream.time_base = stream.codec_context.time_base = Fraction(1, 1000)
        for index, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(picture)
            frame.pts, frame.time_base = 40 * index + 60 * (7 * index % 11) // 11, Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    data = path.read_bytes()
    rate = data.index(b"\x23\xe3\x83\x84")  # Matroska's DefaultDuration, of 4 bytes
    path.write_bytes(data[:rate] + b"\xec\x86" + bytes(6) + data[rate + 8 :])  # as much of nothing

    with open_source(path) as source, open_sink(out, source=source, codec="hevc", bitrate=1_000_000) as sink:
        assert source.rate is None
        for frame in source:
            sink.write(Layers.opaque(frame))
    assert 8 * out.stat().st_size / 1.6 > 500_000


def test_one_picture_is_shown_for_a_while(tmp_path, probe):
    cv2.imwrite(str(tmp_path / "in.png"), np.zeros((48, 64, 3), np.uint8))
    with open_source(tmp_path / "in.png") as source, open_sink(tmp_path / "out.mp4", source=source) as sink:
        for frame in source:
            sink.write(Layers.opaque(frame))
    assert probe(tmp_path / "out.mp4").duration == pytest.approx(1 / 25, abs=0.001)
