"""Reads a camera: V4L2 on Linux, AVFoundation on macOS, DirectShow on Windows, all through FFmpeg."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction
from threading import Lock

import av
from av import Packet, VideoFrame, VideoStream
from av.container import InputContainer
from av.error import ExitError, FFmpegError

from streammatte.compositing.frames import Frame
from streammatte.devices.listing import FORMAT, JOIN_GROUP, CameraInfo, find, those_here
from streammatte.devices.v4l2 import v4l2_devices
from streammatte.errors import DeviceError
from streammatte.io.video_colour import Colour, ToPlanes, ToRgb
from streammatte.io.video_file import fraction
from streammatte.stages import Source, SourceInfo

__all__ = ["CameraSource"]

_TIME_BASE = Fraction(1, 1_000_000)
_USUAL = Colour(6, 1, 1, full_range=False)
"""Unless they say otherwise, cameras use the matrix of BT.601 whatever their size, and so do virtual ones."""

_PATIENCE_S = 2.0
_CONNECT_S = 8.0
_POLL_S = 0.004
_NONBLOCK = "+4"
"""FFmpeg's AVFMT_FLAG_NONBLOCK, whose name its options no longer know: nobody could end a read that waits for a camera
that has fallen silent."""


class CameraSource(Source):
    """The frames of a camera as they come.

    At 720 lines and more Motion JPEG is asked for first: most cameras give 30 frames a second only with it. A frame's
    time is `time.monotonic()` at its capture where the camera tells that, as V4L2's do, and else at its arrival.

    Parameters
    ----------
    device : str, optional
        The camera's device or name, as `list_cameras` gives them, or an address (rtsp://..., http://...); the first
        camera by default.
    size : tuple of int
        (w, h) to ask for. A camera that cannot gives another size.
    rate : Fraction or int
        Frames per second to ask for.

    Raises
    ------
    DeviceError
        If there is no such camera, or it does not answer. While iterating: if it is gone.
    """

    def __init__(
        self, device: str | None = None, size: tuple[int, int] = (1280, 720), rate: Fraction | int = 30
    ) -> None:
        camera = find(device)
        self._device = camera.device
        self._lock = Lock()
        self._closed = False
        self._container = _open(camera, size, Fraction(rate))
        try:
            stream = next(iter(self._container.streams.video), None)
            if stream is None:
                raise DeviceError(f"camera {self._device} gives no video; expected a camera or a video's address")
            stream.thread_type = "SLICE"  # threads that take a frame each would hand it out frames later
            claimed = fraction(stream.average_rate) or fraction(stream.guessed_rate)
            self._to_rgb: ToRgb | None = None
            self._frames = self._read(self._container)
            first = next(self._frames, None)
            if first is None:
                raise _silent(self._device)
            coding = stream.codec_context.name
            self._info = SourceInfo(
                first.size, claimed, live=True, device=camera.device, name=camera.name, coding=coding
            )
        except BaseException:
            self.close()
            raise

    @property
    def info(self) -> SourceInfo:
        """What it is; a frame after the first may have another size, and `rate` is what the camera claims to give."""
        return self._info

    def __iter__(self) -> Iterator[Frame]:
        """Iterate over the frames from now on, without end."""
        while True:
            with self._lock:
                frame = None if self._closed else next(self._frames, None)
            if frame is None:
                return
            yield frame

    def close(self) -> None:
        """Free the camera and end the iteration."""
        self._closed = True
        if self._lock.acquire(timeout=_PATIENCE_S):  # a camera that hangs keeps its reader, but nobody else
            self._frames = iter(())  # it holds a packet, and this source in a circle
            self._container.close()
            self._lock.release()

    def _read(self, container: InputContainer) -> Iterator[Frame]:
        """Yield frames; no packet and no decoded picture is left anywhere but in this generator.

        They lie in the driver's memory, and crash the program when they are freed after the container.
        """
        stream = container.streams.video[0]
        heard = time.monotonic()
        while not self._closed:
            try:
                for packet in container.demux(stream):
                    frames = self._decoded(stream, packet)
                    del packet
                    for frame in frames:
                        yield frame
                        heard = time.monotonic()
                return
            except BlockingIOError:  # there is no picture yet
                if time.monotonic() - heard > _CONNECT_S:
                    raise _silent(self._device) from None
                time.sleep(_POLL_S)
            except FFmpegError as error:
                raise DeviceError(
                    f"camera {self._device} is gone ({error.strerror})", remedy="plug it in again"
                ) from error

    def _decoded(self, stream: VideoStream, packet: Packet[VideoStream]) -> list[Frame]:
        with suppress(FFmpegError):  # cameras often begin in the middle of a picture, and cables fail
            return [self._converted(picture, stream) for picture in stream.decode(packet)]
        return []

    def _converted(self, picture: VideoFrame, stream: VideoStream) -> Frame:
        size = picture.width, picture.height
        if self._to_rgb is None or self._to_rgb.size != size:  # a stream may change its shape
            colour = Colour.of(picture, stream.codec_context, _USUAL)
            self._to_planes, self._to_rgb = ToPlanes(colour, wanted=_USUAL), ToRgb(colour, size)
        at_us, planes = _capture_us(picture), self._to_planes(picture)
        return Frame(self._to_rgb(picture) if planes is None else planes, at_us, _TIME_BASE)


def _silent(device: str) -> DeviceError:
    return DeviceError(f"camera {device} gives no picture", remedy="unplug it and plug it in again")


def _capture_us(picture: VideoFrame) -> int:
    """When the picture was taken, or else now, in microseconds of the monotonic clock."""
    now = time.monotonic_ns() // 1000
    told = None if picture.time is None else round(picture.time * 1_000_000)
    return told if told is not None and 0 <= now - told < 1_000_000 else now


def _open(camera: CameraInfo, size: tuple[int, int], rate: Fraction) -> InputContainer:
    """Open `camera` as asked; failing that, with less and less to say about it."""
    if "://" in camera.device:
        return _open_address(camera.device)
    shared = {"framerate": str(rate), "fflags": _NONBLOCK}
    asked = shared | {"video_size": f"{size[0]}x{size[1]}"}
    jpeg = {"dshow": {"vcodec": "mjpeg"}, "video4linux2": {"input_format": "mjpeg"}}.get(FORMAT)
    attempts = [asked, shared, {"fflags": _NONBLOCK}]
    if jpeg is not None and size[1] >= 720:
        attempts.insert(0, asked | jpeg)
    file = f"video={camera.device}" if FORMAT == "dshow" else camera.device
    for options in attempts:
        try:
            return av.open(file, "r", format=FORMAT, container_options=options, timeout=(_CONNECT_S, None))
        except ExitError as error:  # time is up
            raise _silent(camera.device) from error
        except FFmpegError as error:
            reason = error
    problem = f"camera {camera.device} cannot be opened ({reason.strerror})"
    raise DeviceError(problem, remedy=_advice(camera, reason)) from reason


def _open_address(address: str) -> InputContainer:
    """Open a camera on the network, with a limit to each wait."""
    options = {"analyzeduration": "1000000", "rtsp_transport": "tcp"}  # look into it for a second, not for five
    try:
        return av.open(address, "r", options=options, timeout=(_CONNECT_S, _PATIENCE_S))
    except (FFmpegError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise DeviceError(
            f"the camera {address} does not answer ({reason}); expected an address such as rtsp://HOST/PATH, "
            "and a camera that is on and on this network"
        ) from error


def _advice(camera: CameraInfo, error: FFmpegError) -> str:
    if isinstance(error, FileNotFoundError):
        return those_here()
    if isinstance(error, PermissionError):
        return JOIN_GROUP
    if any(each.path == camera.device and each.outputs for each in v4l2_devices()):
        return "it gives a picture only while another program writes one to it"
    if FORMAT == "video4linux2":
        return f"another program may hold it: 'fuser {camera.device}' tells which"
    return "another program may hold it, or this one may not be allowed to use it"
