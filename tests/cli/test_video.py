from __future__ import annotations

import re

import av
import cv2
import numpy as np
import pytest

DARK = [10, 20, 80]
RED, BLUE = (220, 0, 0), (0, 0, 220)


def near(picture, colour, tolerance=12):
    """Whether all pixels have the colour, but for what H.264 does to it."""
    return np.abs(picture.astype(int) - colour).max() <= tolerance


def corner(frames):
    return frames[:, -12:, -12:]


def test_a_colour_behind_with_sound_and_every_frame(streammatte, clip, pictures, tmp_path):
    result = streammatte("video", clip, tmp_path / "out.mp4", "--bg", "#e02010")

    assert result.exit_code == 0
    frames = pictures(tmp_path / "out.mp4")
    assert frames.shape == pictures(clip).shape
    assert near(corner(frames), [0xE0, 0x20, 0x10])
    assert near(frames[0, 28:36, 16:24], [255, 255, 255])
    with av.open(tmp_path / "out.mp4") as written, av.open(clip) as original:
        times = [[packet.pts for packet in each.demux(audio=0) if packet.size] for each in (written, original)]
    assert times[0] == times[1] != []
    assert re.fullmatch(
        rf"wrote {tmp_path}/out.mp4: 12 frames in [\d.]+ s \([\d.]+ fps\); background: #e02010; double on nothing\n",
        result.stdout,
    )
    assert result.stderr == ""
    assert {path.name for path in tmp_path.iterdir()} == {"clip.mp4", "out.mp4"}


def test_the_background_where_none_is_named(streammatte, clip, pictures, tmp_path):
    blurred = streammatte("video", clip, tmp_path / "out.mp4")
    cut_out = streammatte("video", clip, tmp_path / "out.mov")

    assert "background: blur, by default;" in blurred.stdout
    assert near(corner(pictures(tmp_path / "out.mp4")), DARK)
    assert "background: none (transparent), by default; straight alpha;" in cut_out.stdout
    with av.open(tmp_path / "out.mov") as container:
        rgba = next(container.decode(video=0)).to_ndarray(format="rgba")
    assert rgba[32, 20, 3] == 255
    assert rgba[-1, -1, 3] == 0


def test_how_it_is_stored(streammatte, clip, probe, tmp_path):
    asked = ("--codec", "hevc", "--bitrate", "1.5M", "--preset", "ultrafast", "--pix-fmt", "yuv420p10le")
    result = streammatte("video", clip, tmp_path / "out.mp4", "--bg", "white", *asked)
    assert result.exit_code == 0, result.output
    written = probe(tmp_path / "out.mp4")
    assert (written.codec, written.pixels) == ("hevc", "yuv420p10le")
    for wrong in (("--bitrate", "much"), ("--crf", "99"), ("--preset", "brisk"), ("--crf", "1", "--bitrate", "1M")):
        result = streammatte("video", clip, tmp_path / "not.mp4", *wrong)
        assert (result.exit_code, (tmp_path / "not.mp4").exists()) == (2, False)


@pytest.mark.parametrize(("end", "count", "last"), [("loop", 12, 0), ("hold", 12, 1), ("stop", 6, 1)])
def test_the_end_of_a_video_behind(streammatte, clip, write_clip, pictures, tmp_path, end, count, last):
    """It is red for five frames and green for the sixth."""
    colours = [(200, 0, 0)] * 5 + [(0, 200, 0)]
    behind = write_clip("behind.mp4", [np.full((48, 64, 3), colour, np.uint8) for colour in colours])
    result = streammatte("video", clip, tmp_path / "out.mp4", "--bg", behind, "--bg-end", end)
    assert result.exit_code == 0, result.output
    shown = corner(pictures(tmp_path / "out.mp4"))
    assert len(shown) == count
    assert near(shown[5], colours[5], 20)
    assert shown[min(10, count - 1)].mean((0, 1)).argmax() == last


@pytest.mark.parametrize(("fit", "expected"), [("cover", RED), ("contain", (0, 0, 0)), ("stretch", BLUE)])
def test_the_fit_of_a_picture_behind(streammatte, clip, pictures, tmp_path, fit, expected):
    """A tall one: red but for the bottom, which cover cuts off and contain shows in the middle."""
    tall = np.full((240, 96, 3), RED, np.uint8)
    tall[-60:] = BLUE
    assert cv2.imwrite(str(tmp_path / "tall.png"), tall[..., ::-1])
    result = streammatte("video", clip, tmp_path / "out.mp4", "--bg", tmp_path / "tall.png", "--bg-fit", fit)
    assert result.exit_code == 0, result.output
    assert near(corner(pictures(tmp_path / "out.mp4"))[0], expected, 40)


def test_the_codecs_of_this_build_are_listed(streammatte):
    rows = {line.split()[0]: line.split() for line in streammatte("codecs").stdout.splitlines() if line}
    assert rows["vp9"] == ["vp9", "libvpx-vp9", ".mkv", ".webm", "yes", "0-63", "0-8"]
    assert rows["h264"] == ["h264", "libx264", ".mp4", ".m4v", ".mov", ".mkv", "no", "0-51", "ultrafast-placebo"]
    assert {"hevc", "av1", "prores", "ffv1", "png"} <= set(rows)
    assert "h264_mf" not in rows  # only Windows has it


@pytest.mark.parametrize("kind", ["picture", "video"])
def test_a_file_behind(kind, streammatte, make_clip, clip, pictures, tmp_path):
    back = make_clip(tmp_path / "back.mp4", audio=False)
    if kind == "picture":
        back = tmp_path / "back, evening.png"
        av.VideoFrame.from_ndarray(np.full((64, 96, 3), [0, 200, 0], np.uint8)).save(back)
    streammatte("video", clip, tmp_path / "out.mp4", "--bg", back)

    expected = [0, 200, 0] if kind == "picture" else DARK
    assert near(corner(pictures(tmp_path / "out.mp4")), expected)


def test_filters_run_after_the_background_in_their_order(streammatte, clip, pictures, tmp_path):
    streammatte(
        "video", clip, tmp_path / "out.mp4", "--bg", "white", "--filter", "colour:red", "--filter", "colour:value=blue"
    )
    assert near(corner(pictures(tmp_path / "out.mp4")), [0, 0, 255])


def test_alpha_and_foreground_in_files_of_their_own(streammatte, clip, pictures, tmp_path):
    alpha, foreground, both = tmp_path / "alpha.mp4", tmp_path / "foreground.mkv", tmp_path / "both.mp4"
    colours = tmp_path / "colours_%d.png"
    more = "--alpha-out", alpha, "--foreground-out", foreground, "--colours-out", colours, "--side-by-side-out", both
    result = streammatte("video", clip, tmp_path / "out.mp4", *more)

    assert f"wrote {tmp_path}/out.mp4 and {alpha} and {foreground} and {colours} and {both}: 12 frames" in result.stdout
    assert pictures(both).shape == (12, 64, 192, 3)
    assert near(pictures(both)[0, 28:36, 112:120], [255, 255, 255])
    for path in (alpha, foreground):
        frames = pictures(path)
        assert len(frames) == 12
        assert near(corner(frames), [0, 0, 0])
        assert near(frames[0, 28:36, 16:24], [255, 255, 255])


def test_another_matter_and_the_options_that_it_does_not_take(streammatte, loaded, clip, tmp_path):
    out = tmp_path / "out.mp4"
    streammatte("video", clip, out, "--matter", "streammatte:quality=best,threads=1", "--bg", "white", "-q")
    assert [(each["quality"], each["threads"], each["engine"]) for each in loaded] == [("best", 1, "auto")]
    for arguments, message in (
        (
            ("--matter", "onnx:model=no.onnx", "--quality", "best"),
            "the matter 'onnx' takes no --quality; it takes",
        ),
        (("--matter", "streammatte:quality=best", "--quality", "fast"), "say the same in two ways"),
        (("--matter", "modnet"), "there is no matter 'modnet'"),
        (("--matter", "onnx:model=no.onnx,threads=1"), "there is no file no.onnx"),
    ):
        result = streammatte("video", clip, out, *arguments)
        assert result.exit_code in (1, 2)
        assert message in result.stderr
        assert result.stderr.count("\n") == 1
    assert len(loaded) == 1


def test_engine_threads_and_silence(streammatte, loaded, clip, tmp_path):
    result = streammatte("video", clip, tmp_path / "out.mp4", "--engine", "torch", "--threads", 1, "--no-sound", "-q")

    assert (result.stdout, result.stderr) == ("", "")
    asked = {"weights": None, "quality": "normal", "engine": "torch", "device": "auto", "threads": 1}
    assert loaded == [asked]
    with av.open(tmp_path / "out.mp4") as container:
        assert not container.streams.audio


def test_16_bits_go_where_they_can(streammatte, clip, tmp_path):
    result = streammatte("video", clip, tmp_path / "out.mp4", "--alpha-out", tmp_path / "a" / "%02d.png", "--bits", 16)
    assert result.exit_code == 0
    assert next(av.open(tmp_path / "a" / "12.png").decode(video=0)).format.name.startswith("gray16")
    assert streammatte("video", clip, tmp_path / "out.mp4", "--bits", 16).exit_code == 2


@pytest.mark.parametrize("end", [["--end", "0:00:00.36"], ["--duration", "0.16"]])
def test_a_part_of_the_video(streammatte, clip, pictures, tmp_path, end):
    result = streammatte("video", clip, tmp_path / "out.mp4", "--start", "0:00.2", *end, "--bg", "white")
    assert (result.exit_code, result.stderr) == (0, "")
    whole, part = pictures(clip), pictures(tmp_path / "out.mp4")
    assert len(part) == 4
    assert near(part[0, 28:36, 26:34], whole[5, 28:36, 26:34])


def test_names_that_begin_with_a_dash(streammatte, make_clip, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    make_clip("-clip.mp4")
    assert streammatte("video", "--bg", "white", "--", "-clip.mp4", "-out.mp4").exit_code == 0
    assert (tmp_path / "-out.mp4").stat().st_size > 500


def test_an_older_result_is_replaced(streammatte, clip, pictures, tmp_path):
    (tmp_path / "out.mp4").write_bytes(b"older")
    streammatte("video", clip, tmp_path / "out.mp4")
    assert len(pictures(tmp_path / "out.mp4")) == 12


def test_a_video_that_breaks_off_fails_but_keeps_what_could_be_read(streammatte, make_clip, pictures, tmp_path):
    whole = make_clip(tmp_path / "whole.mkv", frames=100, audio=False)
    broken = tmp_path / "broken.mkv"
    broken.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    result = streammatte("video", broken, tmp_path / "out.mp4")

    assert result.exit_code == 1
    assert result.stdout.startswith(f"wrote {tmp_path}/out.mp4: ")
    assert "broken.mkv breaks off after " in result.stderr
    assert " of 4.0 s; " in result.stderr
    assert 10 < len(pictures(tmp_path / "out.mp4")) < 90
    assert streammatte("video", whole, tmp_path / "out.mp4").exit_code == 0


def test_a_video_that_ends_a_little_early_is_done_with_a_word(streammatte, make_clip, pictures, tmp_path):
    path = make_clip(tmp_path / "in.mkv", frames=100, audio=False)
    with av.open(path) as container:
        last = sorted(packet.pos for packet in container.demux(video=0) if packet.size)[96]
    path.write_bytes(path.read_bytes()[:last])
    result = streammatte("video", path, tmp_path / "out.mp4")
    assert result.exit_code == 0
    assert "in.mkv: it ends after 3." in result.stderr
    assert " of 4.00 s" in result.stderr
    assert 90 < len(pictures(tmp_path / "out.mp4")) < 100


@pytest.mark.parametrize("suffix", [".mkv", ".webm"])
def test_a_video_whose_sound_outlasts_the_picture_is_whole(streammatte, clip, tmp_path, suffix):
    """Matroska states how long the whole lasts, not how long the pictures do."""
    path = tmp_path / f"long{suffix}"
    with av.open(path, "w") as output:
        picture = output.add_stream("libvpx-vp9", 25, options={"cpu-used": "8", "deadline": "realtime"})
        picture.width, picture.height, picture.pix_fmt = 96, 64, "yuv420p"
        tone = output.add_stream("libopus", 48_000, layout="mono")
        with av.open(clip) as shorter:
            for frame in shorter.decode(video=0):
                frame.pict_type = 0
                output.mux(picture.encode(frame))
        output.mux(picture.encode(None))
        for start in range(0, 48_000, 960):
            sound = av.AudioFrame.from_ndarray(np.zeros((1, 960), np.float32), "fltp", "mono")
            sound.sample_rate, sound.pts = 48_000, start
            output.mux(tone.encode(sound))
        output.mux(tone.encode(None))
    result = streammatte("video", path, tmp_path / "out.mp4")
    assert (result.exit_code, result.stderr) == (0, "")


def test_what_hdr_becomes_is_said_before_the_start(streammatte, write_clip, probe, tmp_path):
    how = {"codec": "ffv1", "pixels": "yuv420p10le", "colour": (9, 9, 16, 1)}
    source, out = write_clip("hdr.mkv", 3, **how), tmp_path / "out.mp4"
    result = streammatte("video", str(source), str(out), "--bg", "red", "--filter", "match")
    assert result.exit_code == 0
    assert (probe(out).pixels, probe(out).colour) == ("yuv420p10le", (9, 9, 16, 1))
    name = "streammatte_filters.match.Match"
    expected = f"{source}: the filter {name} makes the person's colours anew, of 8 bits and without HDR"
    assert result.stderr.splitlines()[0] == f"streammatte: {expected}"
    result = streammatte("video", str(source), str(out), "--bg", "red", "--codec", "h264")
    expected = f"{out}: the input's HDR (PQ) is written as an ordinary picture of 8 bits"
    assert result.stderr.splitlines()[0] == f"streammatte: {expected}"
    assert (probe(out).pixels, probe(out).colour[2]) == ("yuv420p", 6)
