"""Videos that come and go through pipes and over the network, with FFmpeg's own program at the other end."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

PROGRAM = """
import sys
import numpy as np
import streammatte.matting.matter
from streammatte.__main__ import main

class Bright:
    engine, device = "double", "nothing"
    def matte(self, frame):
        return (frame.rgb.mean(axis=2) > 127).astype(np.float32)
    def reset(self):
        pass

streammatte.matting.matter.load = lambda *_, **__: Bright()
main()
"""
NUT = ("-c", "copy", "-f", "nut", "-")

pytestmark = [
    pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="there is no ffmpeg; on Debian: apt-get install ffmpeg"),
    pytest.mark.skipif(sys.platform == "win32", reason="Windows has neither named pipes of this kind nor select"),
]


@pytest.fixture
def program(start):
    def program(*arguments, **pipes):
        return start(sys.executable, "-c", PROGRAM, "video", *arguments, "--bg", "red", **pipes)

    return program


@pytest.fixture
def expected(streammatte, clip, probe, tmp_path):
    """What becomes of the clip as a file."""
    assert streammatte("video", clip, tmp_path / "expected.mkv", "--bg", "red").exit_code == 0
    return probe(tmp_path / "expected.mkv")


@pytest.fixture
def large(write_clip):
    """A clip that no buffer holds."""
    noise = np.random.default_rng(0).integers(0, 256, (60, 64, 96, 3), np.uint8)
    return write_clip("clip.mp4", list(noise))


def assert_same(written, expected):
    assert [each.to_ndarray().tobytes() for each in written.frames] == [
        each.to_ndarray().tobytes() for each in expected.frames
    ]
    assert written.times == expected.times
    assert [each.packets for each in written.tracks] == [each.packets for each in expected.tracks]
    assert len(written.tracks) == 1


def test_from_ffmpeg_to_ffmpeg(ffmpeg, program, clip, expected, probe, tmp_path):
    sender = ffmpeg("-i", clip, *NUT, stdout=subprocess.PIPE)
    between = program("-", "-", stdin=sender.stdout, stdout=subprocess.PIPE)
    receiver = ffmpeg("-i", "-", "-map", "0", "-c", "copy", tmp_path / "received.mkv", stdin=between.stdout)
    sender.stdout.close()
    between.stdout.close()
    _, told = between.communicate(timeout=30)
    receiver.communicate(timeout=30)
    assert (between.returncode, receiver.returncode) == (0, 0)
    assert told.startswith(b"wrote standard output: 12 frames in ")
    assert_same(probe(tmp_path / "received.mkv"), expected)


@pytest.mark.parametrize("container", ["matroska", "mpegts"])
def test_what_nobody_wants_of_a_pipe_is_left_out(ffmpeg, program, clip, probe, tmp_path, container):
    sender = ffmpeg("-i", clip, "-c", "copy", "-f", container, "-", stdout=subprocess.PIPE)
    outputs = tmp_path / "out.mov", "--no-sound", "--alpha-out", tmp_path / "alpha.mp4"
    program("-", *outputs, stdin=sender.stdout).communicate(timeout=30)
    written = probe(tmp_path / "out.mov")
    assert (len(written.frames), written.tracks) == (12, [])
    assert len(probe(tmp_path / "alpha.mp4").frames) == 12


def test_sound_of_a_pipe_is_encoded_anew_where_it_must_be(ffmpeg, program, streammatte, clip, probe, tmp_path):
    sender = ffmpeg("-i", clip, *NUT, stdout=subprocess.PIPE)
    program("-", tmp_path / "out.webm", stdin=sender.stdout).communicate(timeout=30)
    streammatte("video", clip, tmp_path / "expected.webm", "--bg", "red")
    (sound,), (expected,) = (probe(tmp_path / name).tracks for name in ("out.webm", "expected.webm"))
    assert sound.codec == "opus"
    assert (sound.packets, sound.times) == (expected.packets, expected.times)


def test_a_part_of_a_pipe(ffmpeg, program, clip, probe, tmp_path):
    sender = ffmpeg("-stream_loop", "-1", "-re", "-i", clip, *NUT, stdout=subprocess.PIPE)  # without end
    part = "--start", "0.2", "--duration", "0.4"
    process = program("-", tmp_path / "out.mkv", *part, stdin=sender.stdout)
    process.communicate(timeout=30)
    assert process.returncode == 0
    written = probe(tmp_path / "out.mkv")
    assert [round(float(each), 2) for each in written.times] == [0.04 * index for index in range(10)]
    assert 0 <= float(written.tracks[0].times[-1]) < 0.4


def test_bare_pictures(ffmpeg, program, clip, pictures, probe, tmp_path):
    sender = ffmpeg("-i", clip, "-f", "rawvideo", "-pix_fmt", "rgb24", "-", stdout=subprocess.PIPE)
    how = "--raw", "96x64@50", "--codec", "ffv1", "--pix-fmt", "bgr0"
    program("-", tmp_path / "out.mkv", *how, stdin=sender.stdout).communicate(timeout=30)
    written = probe(tmp_path / "out.mkv")
    assert [float(each) for each in written.times] == [0.02 * index for index in range(12)]
    person = np.s_[6:, 28:36, 40:44]
    assert np.abs(pictures(tmp_path / "out.mkv")[person].astype(int) - pictures(clip)[person]).max() <= 2


def test_named_pipes(ffmpeg, program, clip, expected, probe, tmp_path):
    for name in ("in", "out"):
        os.mkfifo(tmp_path / name)
    ffmpeg("-i", clip, "-c", "copy", "-f", "nut", tmp_path / "in")
    receiver = ffmpeg("-i", tmp_path / "out", "-map", "0", "-c", "copy", tmp_path / "received.mkv")
    process = program(tmp_path / "in", tmp_path / "out")
    process.communicate(timeout=30)
    receiver.communicate(timeout=30)
    assert process.returncode == 0
    assert_same(probe(tmp_path / "received.mkv"), expected)


def test_over_http(ffmpeg, streammatte, clip, expected, probe, until, tmp_path):
    port = _free_port()
    address = f"http://127.0.0.1:{port}/clip.nut"
    ffmpeg("-i", clip, "-c", "copy", "-f", "nut", "-listen", "1", address)
    until(lambda: streammatte("video", address, tmp_path / "out.mkv", "--bg", "red").exit_code == 0, 20)
    assert_same(probe(tmp_path / "out.mkv"), expected)


def test_over_rtsp(rtsp, streammatte, probe, tmp_path):
    result = streammatte("video", rtsp, tmp_path / "out.mkv", "--bg", "red")
    assert result.exit_code == 0, result.output
    written = probe(tmp_path / "out.mkv")
    assert len(written.frames) == 12
    assert np.diff([float(each) for each in written.times]) == pytest.approx(0.04, abs=2e-3)


def test_an_address_that_falls_silent(streammatte, clip, probe, tmp_path, monkeypatch):
    monkeypatch.setattr("streammatte.io.video_input._PATIENCE_S", 0.5)
    data = subprocess.run(["ffmpeg", "-v", "error", "-i", clip, *NUT], stdout=-1, check=True).stdout
    done = threading.Event()

    def serve():
        caller, _ = server.accept()
        with caller:
            caller.sendall(b"HTTP/1.1 200 OK\r\n\r\n" + data)
            done.wait(10)

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=serve)
        thread.start()
        address = f"http://127.0.0.1:{server.getsockname()[1]}/clip.nut"
        result = streammatte("video", address, tmp_path / "out.mkv", "--bg", "red")
        done.set()
        thread.join()
    assert result.exit_code == 0
    assert f"{address}: it breaks off (it fell silent); what came before that is there" in result.stderr
    assert len(probe(tmp_path / "out.mkv").frames) == 12


@pytest.mark.parametrize("beside", [(), ("--alpha-out", "alpha.mkv")])
def test_a_reader_that_has_seen_enough_is_no_failure_but_for_what_is_written_beside(
    ffmpeg, program, clip, tmp_path, monkeypatch, beside
):
    monkeypatch.chdir(tmp_path)
    sender = ffmpeg("-stream_loop", "-1", "-i", clip, *NUT, stdout=subprocess.PIPE)  # without end
    writer = program("-", "-", *beside, stdin=sender.stdout, stdout=subprocess.PIPE)
    receiver = ffmpeg("-i", "-", "-frames:v", "3", tmp_path / "%d.png", stdin=writer.stdout)
    writer.stdout.close()
    receiver.communicate(timeout=30)
    _, told = writer.communicate(timeout=30)
    message = b"streammatte: standard output was closed before the end; alpha.mkv is not written\n"
    assert (writer.returncode, told) == ((1, message) if beside else (0, b""))
    assert {each.name for each in tmp_path.iterdir()} == {"clip.mp4", "1.png", "2.png", "3.png"}


@pytest.mark.parametrize("side", ["input", "output"])
def test_a_silent_pipe_keeps_nobody_from_stopping_it(program, large, until, tmp_path, side):
    partial = tmp_path / "out.mkv"
    if side == "input":
        process = program("-", partial, stdin=subprocess.PIPE)
        process.stdin.write(subprocess.run(["ffmpeg", "-v", "error", "-i", large, *NUT], stdout=-1, check=True).stdout)
        process.stdin.flush()
    else:
        process = program(large, "-", "--codec", "ffv1", "--alpha-out", partial, stdout=subprocess.PIPE)
    until(lambda: list(tmp_path.glob(".out*")), 20)
    time.sleep(0.5)
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=5) == 128 + signal.SIGTERM
    assert process.stderr.read().strip() == b"streammatte: stopped; what was not complete is removed"
    assert list(tmp_path.iterdir()) == [large]


@pytest.mark.parametrize(
    ("sent", "problem"),
    [
        (b"", "standard input gives nothing; expected a video; pipe one into it"),
        (b"hello", "standard input is not a video but text"),
        (bytes(range(256)), "standard input is no video that can be read; .*name the file itself"),
        ("all of it", "standard input is broken: not one picture .*name the file itself"),  # its index is at its end
    ],
)
def test_what_a_pipe_brings_may_be_no_video(program, large, tmp_path, sent, problem):
    process = program("-", tmp_path / "out.mkv", stdin=subprocess.PIPE)
    _, told = process.communicate(large.read_bytes() if sent == "all of it" else sent, timeout=30)
    assert process.returncode == 1
    assert re.fullmatch(f"streammatte: {problem}.*\n", told.decode())
    assert list(tmp_path.iterdir()) == [large]


def test_a_pipe_that_a_format_cannot_be_written_to_is_refused(streammatte, clip, tmp_path):
    os.mkfifo(tmp_path / "out.mp4")
    result = streammatte("video", clip, tmp_path / "out.mp4")
    assert result.exit_code == 2
    assert "out.mp4 is a pipe, and .mp4 is not written from its beginning to its end; name it .mkv" in result.stderr


def test_without_a_length_the_time_left_is_not_guessed(ffmpeg, streammatte, clip, tmp_path, monkeypatch):
    monkeypatch.setattr("streammatte.cli.progress._LINE_EVERY_S", 0.0)
    os.mkfifo(tmp_path / "in")
    ffmpeg("-i", clip, "-c", "copy", "-f", "nut", tmp_path / "in")
    lines = streammatte("video", tmp_path / "in", tmp_path / "out.mkv", "--bg", "red").stderr.splitlines()
    assert re.fullmatch(r"3 frames, [\d.]+ fps", lines[2])


def _free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@pytest.fixture
def rtsp(ffmpeg, clip, tmp_path):
    """The address of a camera on the network: FFmpeg sends RTP, and what is here passes it on to who asks for it."""
    sdp = tmp_path / "clip.sdp"

    def send(port):
        return ffmpeg(
            *("-re", "-i", clip, "-an", "-tune", "zerolatency", "-sdp_file", sdp, "-f", "rtp"),
            f"rtp://127.0.0.1:{port}",
        )

    send(_free_port()).communicate(timeout=30)  # for the description alone

    def answer(request):
        number = re.search(rb"CSeq: (\d+)", request)[1]
        header, body = b"Session: 1\r\n", b""
        if request.startswith(b"DESCRIBE"):
            body = sdp.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n") + b"a=control:video\r\n"
            header = b"Content-Type: application/sdp\r\nContent-Length: %d\r\n" % len(body)
        elif request.startswith(b"SETUP"):
            header += b"Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n"
        return b"RTSP/1.0 200 OK\r\nCSeq: " + number + b"\r\n" + header + b"\r\n" + body

    def serve():
        caller, _ = server.accept()
        with caller, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as packets:
            packets.bind(("127.0.0.1", 0))
            request = b""
            while not request.startswith(b"PLAY"):
                request = caller.recv(4096)
                caller.sendall(answer(request))
            sender = send(packets.getsockname()[1])
            packets.settimeout(0.2)
            while True:
                try:
                    packet = packets.recv(65536)
                except TimeoutError:
                    if sender.poll() is not None:
                        return
                else:
                    caller.sendall(b"$\0" + len(packet).to_bytes(2, "big") + packet)

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"rtsp://127.0.0.1:{server.getsockname()[1]}/clip"
        thread.join(10)
