"""Every source and every sink, through the same checks."""

from __future__ import annotations

import threading
from fractions import Fraction

import av
import cv2
import numpy as np
import pytest
import pyvirtualcam

from streammatte.compositing.frames import Frame
from streammatte.compositing.layers import Layers
from streammatte.devices import camera, preview
from streammatte.devices.camera import CameraSource
from streammatte.devices.looped import LoopedSource
from streammatte.devices.preview import PreviewSink
from streammatte.devices.virtual_camera import VirtualCameraSink
from streammatte.errors import MediaError, ShapeError, UsageError
from streammatte.io import ArraySource, ListSink, NullSink, open_sink, open_source
from streammatte.io.tee import TeeSink
from streammatte.live.clock import ClockedSink
from streammatte.live.source import PersistentSource
from streammatte.stages import Sink, Source, SourceInfo

LAYERS = [
    Layers.of(Frame(np.full((48, 64, 3), 60 * index, np.uint8), index, Fraction(1, 25)), np.ones((48, 64), np.float32))
    for index in range(3)
]


@pytest.fixture(params=["array", "video", "picture", "looped", "camera", "persistent"])
def source(request, write_clip, tmp_path, monkeypatch):
    if request.param == "array":
        return ArraySource([layers.frame.rgb for layers in LAYERS])
    if request.param == "video":
        return open_source(write_clip("in.mp4", 3))
    if request.param == "picture":
        cv2.imwrite(str(tmp_path / "in.png"), LAYERS[0].frame.rgb)
        return open_source(tmp_path / "in.png")
    if request.param == "looped":
        return LoopedSource(write_clip("in.mp4", 3, rate=100))
    # FFmpeg's test picture stands in for the device.
    monkeypatch.setattr(camera, "_open", lambda *_: av.open("testsrc=size=64x48:rate=200", format="lavfi"))
    return CameraSource("any") if request.param == "camera" else PersistentSource(lambda: CameraSource("any"))


def test_a_source_gives_frames_of_its_size_in_order_once(source):
    assert isinstance(source, Source)
    assert (source.info.size, source.info.rate, source.info.live) == (source.size, source.rate, source.live)
    frames = []
    for frame in source:
        frames.append(frame)
        if len(frames) == 3:
            source.close()
    assert 1 <= len(frames) <= 3
    assert all(frame.size == source.size == (64, 48) for frame in frames)
    assert all(frame.rgb.flags.c_contiguous for frame in frames)
    times = [frame.time for frame in frames]
    assert times == sorted(set(times))
    assert list(source) == []
    source.close()


def test_a_source_can_be_closed_from_another_thread(source):
    frames = iter(source)
    next(frames)
    threading.Thread(target=source.close).start()
    assert len(list(frames)) < 200


def test_a_source_is_closed_by_with(source):
    with source as entered:
        assert entered is source
        assert next(iter(source)).size == source.info.size
    assert list(source) == []


def test_sources_know_what_they_are(write_clip, tmp_path):
    path = write_clip("in.mp4", 3)
    with open_source(path) as source:
        assert source.info == SourceInfo(
            (64, 48), Fraction(25), path=path, frames=3, duration_s=0.12, read_s=source.info.read_s
        )
        assert len(list(source)) == 3
        assert source.info.read_s == pytest.approx(0.12, abs=0.001)
    with LoopedSource(path) as source:
        assert source.info == SourceInfo((64, 48), Fraction(25), live=True, path=path)
    cv2.imwrite(str(tmp_path / "in.png"), LAYERS[0].frame.rgb)
    with open_source(tmp_path / "in.png") as source:
        assert source.info == SourceInfo((64, 48), path=tmp_path / "in.png", frames=1)


class FakeCamera:
    device = "fake"

    def __init__(self, width, height, fps, device=None, fmt=None):
        assert fmt is pyvirtualcam.PixelFormat.I420
        self.width, self.height, self.sent = width, height, []

    def send(self, frame):
        assert frame.flags.c_contiguous
        self.sent.append(cv2.cvtColor(frame.reshape(-1, self.width), cv2.COLOR_YUV2RGB_I420))

    def close(self):
        pass


@pytest.fixture
def no_screen(monkeypatch):
    """A window that nobody sees, and that the user may close."""
    monkeypatch.setattr(preview, "_display_answers", lambda: True)
    for name in ("namedWindow", "resizeWindow", "imshow", "destroyWindow"):
        monkeypatch.setattr(cv2, name, lambda *_: None)
    monkeypatch.setattr(cv2, "waitKey", lambda _: -1)
    monkeypatch.setattr(cv2, "getWindowProperty", lambda *_: 1.0)


FILES = {
    "mp4": ("out.mp4", {}),
    "webm": ("out.webm", {}),
    "mov": ("out.mov", {"transparent": True}),
    "alpha": ("out.mkv", {"picture": "alpha"}),
    "png": ("out.png", {"transparent": True}),
    "jpg": ("out.jpg", {"picture": "foreground"}),
}


@pytest.fixture(params=["list", "null", "tee", "preview", "virtual camera", "clock", "sequence", *FILES])
def make_sink(request, tmp_path, monkeypatch, no_screen):
    monkeypatch.setattr(pyvirtualcam, "Camera", FakeCamera)
    name, options = FILES.get(request.param, ("", {}))
    return {
        "list": ListSink,
        "null": NullSink,
        "tee": lambda: TeeSink(ListSink(), open_sink(tmp_path / "out.mp4")),
        "preview": PreviewSink,
        "virtual camera": lambda: VirtualCameraSink((32, 32)),
        "clock": lambda: ClockedSink(open_sink(tmp_path / "out.mp4"), 50, LAYERS[0]),
        "sequence": lambda: open_sink(tmp_path / "out_%05d.png"),
    }.get(request.param, lambda: open_sink(tmp_path / name, **options))


def test_a_sink_can_be_closed_or_aborted_in_any_order(make_sink, tmp_path):
    for ending in (["close", "close", "abort"], ["abort", "abort", "close"]):
        sink = make_sink()
        assert isinstance(sink, Sink)
        sink.write(LAYERS[0])
        for method in ending:
            getattr(sink, method)()
    assert not [each for each in tmp_path.iterdir() if each.name.startswith(".")]


def test_a_sink_is_closed_by_with_and_aborted_by_an_error_in_it(make_sink, tmp_path):
    with make_sink() as sink:
        sink.write(LAYERS[0])
    written = sorted(tmp_path.iterdir())

    def breaks_off():
        with make_sink() as sink:
            sink.write(LAYERS[0])
            for path in written:
                path.unlink()
            raise ValueError("in the middle")

    with pytest.raises(ValueError, match="in the middle"):
        breaks_off()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", FILES)
def test_a_file_has_its_name_only_when_complete(kind, tmp_path):
    name, options = FILES[kind]
    (tmp_path / name).write_bytes(b"older")
    sink = open_sink(tmp_path / name, **options)
    sink.write(LAYERS[0])
    sink.abort()
    assert [each.name for each in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_bytes() == b"older"
    sink = open_sink(tmp_path / name, **options)
    sink.write(LAYERS[0])
    assert (tmp_path / name).read_bytes() == b"older"
    sink.close()
    sink.abort()
    assert [each.name for each in tmp_path.iterdir()] == [name]
    assert open_source(tmp_path / name).size == (64, 48)


@pytest.mark.parametrize("kind", FILES)
def test_a_file_without_a_frame_is_none(kind, tmp_path):
    name, options = FILES[kind]
    with pytest.raises(MediaError, match="there was no frame"):
        open_sink(tmp_path / name, **options).close()
    assert list(tmp_path.iterdir()) == []


def test_one_picture_takes_one_frame(tmp_path):
    sink = open_sink(tmp_path / "out.png")
    sink.write(LAYERS[0])
    with pytest.raises(UsageError, match=r"out_%05d\.png"):
        sink.write(LAYERS[1])


class Fails(NullSink):
    def close(self):
        raise MediaError("the disk is full")

    abort = close


@pytest.mark.parametrize("method", ["close", "abort"])
def test_of_several_sinks_all_are_ended_though_one_fails(method):
    first, last = ListSink(), ListSink()
    sink = TeeSink(first, Fails(), last)
    sink.write(LAYERS[0])
    assert first.layers == last.layers == [LAYERS[0]]
    with pytest.raises(MediaError, match="disk is full"):
        getattr(sink, method)()
    assert (first.closed, last.closed) == ((True, True) if method == "close" else (False, False))
    assert first.aborted == last.aborted == (method == "abort")


def test_an_array_source_refuses_what_is_no_picture_or_of_another_size():
    with pytest.raises(ShapeError, match="frame 0 is an array"):
        ArraySource([np.zeros((48, 64), np.uint8)])
    with pytest.raises(ShapeError, match="frame 1 is 64x50; expected 64x48"):
        list(ArraySource([np.zeros((48, 64, 3), np.uint8), np.zeros((50, 64, 3), np.uint8)]))
    with pytest.raises(UsageError, match="no frames"):
        ArraySource([])


def test_a_virtual_camera_of_another_shape_is_covered_not_stretched(monkeypatch):
    monkeypatch.setattr(pyvirtualcam, "Camera", FakeCamera)
    sink = VirtualCameraSink((32, 32))
    picture = np.zeros((48, 96, 3), np.uint8)
    picture[:, 24:72] = 255  # the square in the middle is all that fits
    sink.write(Layers.of(Frame(picture), np.ones((48, 96), np.float32)))
    assert sink._camera.sent[0].min() > 200


@pytest.mark.parametrize("how", ["q", "escape", "window"])
def test_a_preview_notices_that_the_user_is_done(monkeypatch, no_screen, how):
    sink = PreviewSink()
    sink.write(LAYERS[0])
    assert not sink.closed_by_user
    if how == "window":
        monkeypatch.setattr(cv2, "getWindowProperty", lambda *_: -1.0)
    else:
        monkeypatch.setattr(cv2, "waitKey", lambda _: {"q": ord("q"), "escape": 27}[how])
    sink.write(LAYERS[1])
    assert sink.closed_by_user
    sink.close()
