"""Reads a camera: V4L2 on Linux, AVFoundation on macOS, DirectShow on Windows, all through FFmpeg."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from threading import Lock

import av
from av import Packet, VideoFrame, VideoStream
from av.container import InputContainer
from av.device import enumerate_input_devices
from av.error import ExitError, FFmpegError

from streammatte.compositing.frames import Frame
from streammatte.devices.v4l2 import v4l2_devices
from streammatte.errors import DeviceError
from streammatte.io.video_colour import Colour, ToPlanes, ToRgb
from streammatte.io.video_file import fraction
from streammatte.stages import Source, SourceInfo

__all__ = ["CameraInfo", "CameraSource", "find_again", "list_cameras", "no_camera"]

_FORMAT = {"darwin": "avfoundation", "win32": "dshow"}.get(sys.platform, "video4linux2")
_JOIN_GROUP = "run 'sudo usermod -aG video $USER' and log in again"
_TIME_BASE = Fraction(1, 1_000_000)
_USUAL = Colour(6, 1, 1, full_range=False)
"""Unless they say otherwise, cameras use the matrix of BT.601 whatever their size, and so do virtual ones."""

_PATIENCE_S = 2.0
_CONNECT_S = 8.0
_POLL_S = 0.004
_NONBLOCK = "+4"
"""FFmpeg's AVFMT_FLAG_NONBLOCK, whose name its options no longer know: nobody could end a read that waits for a camera
that has fallen silent."""


@dataclass(frozen=True, slots=True)
class CameraInfo:
    """A camera.

    Attributes
    ----------
    device : str
        What to open it by.
    name : str
        What programs show.
    """

    device: str
    name: str

    def __str__(self) -> str:
        """Both, for a list."""
        return f"{self.device}  {self.name}"


def list_cameras() -> list[CameraInfo]:
    """Return the cameras that can be read, real ones before loopbacks.

    Outputs, metadata nodes and hardware codecs, which look like cameras on Linux, are left out, and so is a
    v4l2loopback to which no program writes.
    """
    if _FORMAT == "video4linux2":
        cameras = sorted((each for each in v4l2_devices() if each.captures), key=lambda each: each.loopback)
        return [CameraInfo(each.path, each.name) for each in cameras]
    try:
        found = enumerate_input_devices(_FORMAT)
    except (FFmpegError, ValueError):
        return []
    return [CameraInfo(each.name, each.description) for each in found if "video" in each.media_types]


def find_again(device: str, name: str) -> str:
    """Return what a camera that was there before is opened by now; the system may have given it another number.

    Parameters
    ----------
    device, name : str
        As they were, of its `CameraInfo`.

    Raises
    ------
    DeviceError
        If another camera has its number.
    """
    names = {each.device: each.name for each in list_cameras()}
    same = [other for other, its_name in names.items() if its_name == name]
    if device in same:
        return device
    if not same and device in names:
        raise DeviceError(f"camera {device}, {name}, is gone and another has its place", remedy="plug it in again")
    return same[0] if same else device


def no_camera() -> DeviceError:
    """Return the error that there is none that can be read, with what to do about it on this system."""
    if any(not each.readable for each in v4l2_devices()):
        return DeviceError("no camera may be read by this user", remedy=_JOIN_GROUP)
    hint = {
        "video4linux2": "; without one, a video can be one: "
        "'sudo modprobe v4l2loopback exclusive_caps=1 card_label=streammatte', then play to it with ffmpeg",
        "avfoundation": ", and allow it to this program in System Settings, Privacy, Camera",
        "dshow": ", and allow it to desktop programs in Settings, Privacy, Camera",
    }[_FORMAT]
    return DeviceError("there is no camera", remedy=f"plug one in{hint}")


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
        camera = _find(device)
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


def _find(device: str | None) -> CameraInfo:
    cameras = list_cameras()
    if device is None:
        if cameras:
            return cameras[0]
        raise no_camera()
    named = [each for each in cameras if device in (each.device, each.name)]
    return named[0] if named else CameraInfo(device, device)


def _open(camera: CameraInfo, size: tuple[int, int], rate: Fraction) -> InputContainer:
    """Open `camera` as asked; failing that, with less and less to say about it."""
    if "://" in camera.device:
        return _open_address(camera.device)
    shared = {"framerate": str(rate), "fflags": _NONBLOCK}
    asked = shared | {"video_size": f"{size[0]}x{size[1]}"}
    jpeg = {"dshow": {"vcodec": "mjpeg"}, "video4linux2": {"input_format": "mjpeg"}}.get(_FORMAT)
    attempts = [asked, shared, {"fflags": _NONBLOCK}]
    if jpeg is not None and size[1] >= 720:
        attempts.insert(0, asked | jpeg)
    file = f"video={camera.device}" if _FORMAT == "dshow" else camera.device
    for options in attempts:
        try:
            return av.open(file, "r", format=_FORMAT, container_options=options, timeout=(_CONNECT_S, None))
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
        names = ", ".join(str(each) for each in list_cameras())
        return f"the cameras here are: {names or 'none'}"
    if isinstance(error, PermissionError):
        return _JOIN_GROUP
    if any(each.path == camera.device and each.outputs for each in v4l2_devices()):
        return "it gives a picture only while another program writes one to it"
    if _FORMAT == "video4linux2":
        return f"another program may hold it: 'fuser {camera.device}' tells which"
    return "another program may hold it, or this one may not be allowed to use it"
