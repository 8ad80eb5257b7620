from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
import pytest

from streammatte.compositing.layers import Layers
from streammatte.errors import UsageError
from streammatte.io import open_sink, open_source

RICH = {
    "sounds": [("aac", Fraction(1, 10), "deu"), ("aac", 0, "fra")],
    "subtitles": [("mov_text", "eng")],
    "chapters": [(0, 150, "First"), (150, 320, "Second")],
    "tags": {"title": "A title", "comment": "A comment"},
}


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv"])
def test_sound_is_copied_to_the_byte_with_its_times_and_languages(write_clip, probe, through, tmp_path, suffix):
    rich = RICH if suffix != ".mkv" else {**RICH, "subtitles": [("srt", "eng")]}
    source = open_source(write_clip(f"in{suffix}", **rich))
    through(source, open_sink(tmp_path / f"out{suffix}", source))
    before, after = probe(tmp_path / f"in{suffix}"), probe(tmp_path / f"out{suffix}")
    assert [(each.kind, each.codec) for each in before.tracks] == [(each.kind, each.codec) for each in after.tracks]
    for one, other in zip(before.tracks, after.tracks, strict=True):
        assert one.packets == other.packets
        assert one.times == other.times
        assert one.disposition == other.disposition
        assert one.tags.get("language") == other.tags.get("language")
    assert after.chapters == before.chapters == [(0, 0.15, "First"), (0.15, 0.32, "Second")]
    assert {**after.tags, **{key.lower(): value for key, value in after.tags.items()}}.items() >= RICH["tags"].items()


def test_a_sound_that_the_container_cannot_hold_is_encoded_anew_in_its_place(write_clip, probe, tmp_path):
    # A flash and a bang at one moment: the tone begins at 0.2 s, and so does the white.
    pictures = [np.full((48, 64, 3), 255 if index >= 5 else 0, np.uint8) for index in range(12)]
    source = open_source(write_clip("in.mp4", pictures, sounds=[("aac", Fraction(1, 5), "deu")]))
    sink = open_sink(tmp_path / "out.webm", source)
    for frame in source:
        sink.write(Layers.of(frame, np.ones((48, 64), np.float32)))
    sink.close()
    written = probe(tmp_path / "out.webm")
    assert [(each.codec, each.tags["language"]) for each in written.tracks] == [("opus", "deu")]
    flash = next(
        time for time, frame in zip(written.times, written.frames, strict=True) if frame.to_ndarray()[0, 0] > 128
    )
    with av.open(str(tmp_path / "out.webm")) as container:
        bang = min(
            frame.time + int(np.argmax(loud)) / frame.sample_rate
            for frame in container.decode(audio=0)
            if (loud := np.abs(frame.to_ndarray()[0]) > 0.1).any()
        )
    assert flash == pytest.approx(0.2, abs=1e-3)
    assert bang == pytest.approx(0.2, abs=5e-3)


@pytest.mark.parametrize(
    ("codec", "suffix", "becomes"),
    [
        ("pcm_s16le", ".mp4", "aac"),  # which FFmpeg would write there, but hardly a player reads
        ("pcm_s16le", ".mov", "pcm_s16le"),
        ("libopus", ".mov", "aac"),  # which FFmpeg says to support there, and refuses
        ("libopus", ".mp4", "opus"),
    ],
)
def test_sound_is_encoded_anew_only_where_it_must_be(write_clip, probe, through, tmp_path, codec, suffix, becomes):
    source, notices = open_source(write_clip("in.mkv", sounds=[(codec,)])), []
    through(source, open_sink(tmp_path / f"out{suffix}", source, on_notice=notices.append))
    assert [each.codec for each in probe(tmp_path / f"out{suffix}").tracks] == [becomes]
    assert any(notice.endswith("(aac)") and "encoded anew" in notice for notice in notices) == (becomes == "aac")


@pytest.mark.parametrize(("suffix", "codec"), [(".webm", "webvtt"), (".mkv", "srt"), (".mov", "mov_text")])
def test_subtitles_become_those_of_the_container(write_clip, through, tmp_path, suffix, codec):
    source = open_source(write_clip("in.mp4", subtitles=[("mov_text", "eng")]))
    through(source, open_sink(tmp_path / f"out{suffix}", source))
    with av.open(str(tmp_path / f"out{suffix}")) as container:
        stream = container.streams.subtitles[0]
        assert stream.codec_context.name == codec
        lines = [
            (float(packet.pts * packet.time_base), line.dialogue)
            for packet in container.demux(stream)
            for line in (packet.decode() if packet.size > 2 else ())
        ]
    assert [time for time, _ in lines] == [0.04, 0.2]
    assert all(word in line for word, (_, line) in zip((b"Hello", b"World"), lines, strict=True))


def test_subtitles_that_are_pictures_are_refused_where_they_cannot_be_held(write_clip, tmp_path):
    path = tmp_path / "in.mkv"
    with av.open(str(write_clip("plain.mkv"))) as plain, av.open(str(path), "w") as output:
        video = output.add_stream_from_template(plain.streams.video[0])
        output.add_mux_stream("hdmv_pgs_subtitle", time_base=Fraction(1, 1000))
        for packet in plain.demux(video=0):
            if packet.size:
                packet.stream = video
                output.mux(packet)
    source = open_source(path)
    with pytest.raises(UsageError, match=r"subtitle \(pgssub\) cannot be put into a webm file; write a \.mkv"):
        open_sink(tmp_path / "out.webm", source)
    assert not list(tmp_path.glob("*.partial*")) + list(tmp_path.glob(".*"))
    open_sink(tmp_path / "out.mkv", source).abort()
    open_sink(tmp_path / "out.webm", source, sound=False).abort()


@pytest.mark.parametrize("suffix", [".mp4", ".webm"])
def test_broken_sound_is_no_reason_to_stop(write_clip, probe, through, tmp_path, suffix):
    path = write_clip("in.mp4", sounds=[("aac",)])
    data = bytearray(path.read_bytes())
    with av.open(str(path)) as container:
        for packet in list(container.demux(audio=0))[5:9]:
            data[packet.pos : packet.pos + packet.size] = b"\xff" * packet.size
    path.write_bytes(data)
    source = open_source(path)
    assert through(source, open_sink(tmp_path / f"out{suffix}", source)) == 8
    assert probe(tmp_path / f"out{suffix}").tracks[0].times[-1] > 0.35


def test_sound_and_pictures_lie_side_by_side_in_the_file(write_clip, probe, through, tmp_path):
    long = {"sounds": [("aac", 0, "eng", 8)], "size": (32, 32)}  # all the sound comes after the pictures
    source = open_source(write_clip("in.mkv", 200, **long))
    through(source, open_sink(tmp_path / "out.mkv", source))
    written = probe(tmp_path / "out.mkv")
    half = (written.positions[0] + written.positions[-1]) / 2
    sound = written.tracks[0]
    before = [time for time, position in zip(sound.times, sound.positions, strict=True) if position < half]
    assert 2 < before[-1] < 6


def test_without_sound_the_chapters_and_tags_are_kept(write_clip, probe, through, tmp_path):
    made = {"creation_time": "2020-02-02T20:20:20.000000Z"}
    source = open_source(write_clip("in.mp4", **{**RICH, "tags": {**RICH["tags"], **made}}))
    through(source, open_sink(tmp_path / "out.mp4", source, sound=False))
    written = probe(tmp_path / "out.mp4")
    assert written.tracks == []
    assert written.chapters == probe(tmp_path / "in.mp4").chapters != []
    assert written.tags.items() >= {"title": "A title", **made}.items()


def test_sound_that_is_encoded_anew_may_change_its_rate(write_clip, probe, through, tmp_path):
    """As from a broadcast to its advertisements."""
    parts = [
        write_clip(f"{rate}.ts", 10, times=times, sounds=[("mp2", times[0], "eng", 0.4, rate)])
        for rate, times in (
            (48000, [Fraction(index, 25) for index in range(10)]),
            (44100, [Fraction(index, 25) for index in range(10, 20)]),
        )
    ]
    path = tmp_path / "in.ts"
    path.write_bytes(b"".join(each.read_bytes() for each in parts))
    source = open_source(path)
    assert through(source, open_sink(tmp_path / "out.webm", source)) == 20
    (track,) = probe(tmp_path / "out.webm").tracks
    assert track.times[-1] > 0.7
    with av.open(str(tmp_path / "out.webm")) as container:
        loud = [frame.time for frame in container.decode(audio=0) if np.abs(frame.to_ndarray()).max() > 0.1]
    assert max(np.diff(loud)) < 0.1


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".webm"])
def test_sound_of_which_nothing_is_known_is_left_out_with_a_word(write_clip, probe, through, tmp_path, suffix):
    path = write_clip("in.ts", sounds=[("mp2",)])
    with av.open(str(path)) as container:
        pid = container.streams.audio[0].id
    data = bytearray(path.read_bytes())
    for start in range(0, len(data), 188):
        if int.from_bytes(data[start + 1 : start + 3], "big") & 0x1FFF == pid:
            kept = start + 4 + (1 + data[start + 4] if data[start + 3] & 0x20 else 0)
            if data[start + 1] & 0x40:  # a packet of sound begins, with a header of its own
                kept += 9 + data[kept + 8]
            data[kept : start + 188] = bytes(start + 188 - kept)
    path.write_bytes(data)
    notices = []
    source = open_source(path)
    assert through(source, open_sink(tmp_path / f"out{suffix}", source, on_notice=notices.append)) == 8
    assert notices == [f"{path}: its stream 1 (audio) is left out, as nothing of it can be decoded"]
    assert probe(tmp_path / f"out{suffix}").tracks == []


def test_sound_that_cannot_be_decoded_is_left_out_with_a_word(write_clip, probe, through, tmp_path):
    """As of newer phones, which write such a track beside the ordinary one."""
    path = write_clip("in.mp4", sounds=[("aac", 0, "deu"), ("aac", 0, "fra")])
    data = bytearray(path.read_bytes())
    for known, unknown in ((b"mp4a", b"apac"), (b"esds", b"dapa")):
        where = data.rindex(known)
        data[where : where + 4] = unknown
    path.write_bytes(data)
    for suffix in (".mp4", ".mov", ".mkv", ".webm"):
        notices = []
        source = open_source(path)
        through(source, open_sink(tmp_path / f"out{suffix}", source, on_notice=notices.append))
        assert notices[0] == f"{path}: its stream 2 (audio) is left out, as FFmpeg has no decoder for it"
        anew = f"{path}: its sound (aac) is encoded anew for webm (libopus)"
        assert notices[1:] == ([anew] if suffix == ".webm" else [])
        (track,) = probe(tmp_path / f"out{suffix}").tracks
        assert len(track.packets) > 15
