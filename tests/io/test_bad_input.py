from __future__ import annotations

import os
import subprocess
import sys

import av
import numpy as np
import pytest

from streammatte.devices import preview
from streammatte.devices.camera import CameraSource
from streammatte.devices.listing import list_cameras
from streammatte.devices.preview import PreviewSink
from streammatte.devices.v4l2 import V4l2Device
from streammatte.devices.virtual_camera import VirtualCameraSink, list_virtual_cameras
from streammatte.errors import DeviceError, MediaError, UsageError
from streammatte.io import open_sink, open_source

MP4_WITHOUT_INDEX = b"\0\0\0\x20ftypisom\0\0\2\0isomiso2avc1mp41\0\x10\0\0mdat" + bytes(5000)
BAD = {
    "missing.mp4": (None, "does not exist"),
    "empty.mp4": (b"", "empty"),
    "notes.txt": (b"Just a text.\n" * 50, "not a video but text"),
    "notes.mp4": ("Nur ein Text, ä ö ü €\n".encode() * 40, "not a video but text"),
    "terminal.txt": (b"\x1b[31mred\x1b[0m\n" * 50, "not a video but text"),
    "list.m3u8": (b"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nhttp://localhost:1/a.ts\n", "not a video but text"),
    "noise.mp4": (bytes(range(256)) * 20, "no video that can be read"),
    "cut off.mp4": (MP4_WITHOUT_INDEX, r"cut off: its index \(moov\) is missing"),
    "text.png": (b"no picture", "cannot be read as a picture"),
    "cut off.jpg": (b"\xff\xd8\xff\xe0\0\x10JFIF\0", "cannot be read as a picture"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_read_is_told_in_a_line(tmp_path, name):
    content, reason = BAD[name]
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(MediaError, match=reason) as caught:
        open_source(tmp_path / name)
    assert name in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_folder_is_no_video(tmp_path):
    with pytest.raises(MediaError, match="is a folder; expected a file"):
        open_source(tmp_path)


def _sound(path, cover=False):
    with av.open(str(path), "w") as output:
        stream = output.add_stream("aac", rate=48000)
        picture = output.add_stream("png", rate=1) if cover else None
        if picture is not None:
            picture.width, picture.height, picture.pix_fmt = 32, 32, "rgb24"
            picture.disposition = av.stream.Disposition.attached_pic.value
        for start in range(0, 9600, 960):
            frame = av.AudioFrame.from_ndarray(np.zeros((2, 960), np.float32), "fltp", "stereo")
            frame.rate, frame.pts = 48000, start
            output.mux(stream.encode(frame))
        if picture is not None:
            output.mux(picture.encode(av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), "rgb24")))
            output.mux(picture.encode(None))
        output.mux(stream.encode(None))
    return path


def test_sound_alone_is_no_video(tmp_path):
    with pytest.raises(MediaError, match="has no video, only audio; expected a file with video"):
        open_source(_sound(tmp_path / "song.m4a"))


def test_a_cover_picture_is_no_video(tmp_path):
    with pytest.raises(MediaError, match="has no video, only a cover picture and audio"):
        open_source(_sound(tmp_path / "song.mp4", cover=True))


def test_of_a_file_that_breaks_off_all_that_is_there_is_read(write_clip):
    path = write_clip("in.mkv", 40, options={"g": "5", "bf": "0"})
    whole = [frame.rgb for frame in open_source(path)]
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    read = [frame.rgb for frame in open_source(path)]
    assert 10 < len(read) < 40
    assert all(np.array_equal(one, other) for one, other in zip(read[:-2], whole, strict=False))


def test_damage_in_the_middle_is_passed_over(write_clip):
    path = write_clip("in.mkv", 40, options={"g": "5", "bf": "0"})
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 400] = os.urandom(400)
    path.write_bytes(data)
    times = [frame.time for frame in open_source(path)]
    assert times[-1] == pytest.approx(39 / 25, abs=1e-3)


@pytest.mark.parametrize("name", ["-in.mp4", "a:b.mp4", "100%.mp4", "%03d.mkv", "ü ñ.mov", "#a?b=c.webm"])
def test_a_file_may_have_any_name(write_clip, through, tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    write_clip("in.mkv", 3).rename(name)
    source = open_source(name)
    through(source, open_sink(f"out {name}", source))
    assert len(list(open_source(f"out {name}"))) == 3


@pytest.mark.parametrize("name", [200 * "x" + ".mp4", 251 * "x" + ".mp4", 125 * "ü" + ".mp4", 245 * "x" + "_%d.png"])
def test_a_name_may_be_as_long_as_the_file_system_allows(write_clip, through, tmp_path, name):
    source = open_source(write_clip("in.mkv", 3))
    through(source, open_sink(tmp_path / name, source))
    assert {each.name for each in tmp_path.iterdir()} >= {name.replace("%d", "3")}


@pytest.mark.parametrize("link", ["itself", "symlink", "hard link"])
def test_the_input_is_never_overwritten(write_clip, tmp_path, link):
    path, other = write_clip("in.mp4", 3), tmp_path / "other.mp4"
    if link == "symlink":
        other.symlink_to(path)
    elif link == "hard link":
        other.hardlink_to(path)
    before = path.read_bytes()
    source = open_source(path)
    with pytest.raises(UsageError, match="is the input itself"):
        open_sink(path if link == "itself" else other, source)
    assert path.read_bytes() == before
    assert not list(tmp_path.glob(".*"))


@pytest.mark.parametrize("name", ["out.avi", "out.txt", "out"])
def test_an_unknown_container_is_refused_with_the_known_ones(tmp_path, name):
    with pytest.raises(UsageError, match=r"expected one of \.mp4 \.m4v \.mov \.mkv \.webm"):
        open_sink(tmp_path / name)


@pytest.mark.parametrize("name", ["nowhere/out.mp4", "nowhere/out.png", "no/where/out_%d.png", "file/out.mp4"])
def test_an_output_in_no_folder_is_refused(tmp_path, name):
    (tmp_path / "file").touch()
    with pytest.raises(MediaError, match="cannot be written"):
        open_sink(tmp_path / name)


def test_a_full_disk_is_told_and_leaves_nothing(tmp_path):
    pytest.importorskip("resource")  # not on Windows
    script = (
        "import resource, signal, sys; import numpy as np\n"
        "from streammatte.io import ArraySource, open_sink; from streammatte.compositing.layers import Layers\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000))\n"
        "noise = np.random.default_rng(0).integers(0, 256, (60, 96, 128, 3), np.uint8)\n"
        "sink = open_sink(sys.argv[1])\n"
        "try:\n"
        "    for frame in ArraySource(noise): sink.write(Layers.of(frame, np.ones((96, 128), np.float32)))\n"
        "    sink.close()\n"
        "except OSError as error: print(type(error).__name__, error); sink.abort()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "out.mp4")], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith(f"MediaError {tmp_path / 'out.mp4'} cannot be written (File too large)")
    assert done.stderr == ""
    assert list(tmp_path.iterdir()) == []


def test_without_devices_the_next_step_is_told(monkeypatch):
    monkeypatch.setattr("streammatte.devices.camera.v4l2_devices", list)
    monkeypatch.setattr("streammatte.devices.listing.FORMAT", "video4linux2")
    monkeypatch.setattr("streammatte.devices.virtual_camera.v4l2_devices", list)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("DISPLAY", "")
    assert list_cameras() == list_virtual_cameras() == []
    with pytest.raises(DeviceError, match="modprobe v4l2loopback exclusive_caps=1"):
        CameraSource()
    with pytest.raises(DeviceError, match="modprobe v4l2loopback devices=1"):
        VirtualCameraSink((640, 480))
    with pytest.raises(DeviceError, match="the display '' does not answer"):
        PreviewSink()


def test_a_display_that_nobody_serves_is_noticed(monkeypatch):
    monkeypatch.setenv("DISPLAY", ":9876")
    assert not preview._display_answers()


def capability(driver, card, flags):
    """As struct v4l2_capability of videodev2.h."""
    head = driver.ljust(16, b"\0") + card.ljust(32, b"\0") + b"usb".ljust(32, b"\0")
    return head + b"".join(each.to_bytes(4, sys.byteorder) for each in (0x60000, 0x84A00001, flags, 0, 0, 0))


@pytest.mark.parametrize(
    ("driver", "flags", "captures", "outputs", "loopback"),
    [
        (b"uvcvideo", 0x04200001, True, False, False),  # a webcam
        (b"uvcvideo", 0x04A00000, False, False, False),  # its metadata
        (b"v4l2 loopback", 0x05200002, False, True, True),  # a virtual camera that waits for a writer
        (b"v4l2 loopback", 0x05200001, True, False, True),  # one with a writer
        (b"bcm2835-codec", 0x04204000, False, False, False),  # a hardware codec
    ],
)
def test_cameras_are_told_from_what_looks_like_them(driver, flags, captures, outputs, loopback):
    device = V4l2Device.of_capability("/dev/video0", capability(driver, b"A camera", flags))
    assert device == V4l2Device("/dev/video0", "A camera", captures, outputs, loopback)
