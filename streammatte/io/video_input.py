"""Opens what a video comes from: a file, a pipe or an address."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import TypeAlias

import av
from av.container import InputContainer
from av.error import ExitError, FFmpegError

from streammatte.errors import MediaError
from streammatte.io.files import check_input
from streammatte.io.pipes import InputPipe, interruptible, is_address, is_pipe
from streammatte.io.video_file import READ_ALL_TAGS, open_video, refuse_text

__all__ = ["IN_ORDER", "Raw", "VideoInput"]

Raw: TypeAlias = "tuple[tuple[int, int], Fraction]"
"""The (w, h) and frames per second of a video of nothing but R,G,B, 8 bits each."""

IN_ORDER = "most MP4 and MOV cannot be read as they come: name the file itself, or send it by ffmpeg -i FILE -f nut -"
"""What may help where something that is read once cannot be."""

_PATIENCE_S = 8.0
"""How long an address may keep silent."""


class VideoInput:
    """What a video is read from; it is open until everybody who reads it has closed it.

    Parameters
    ----------
    spec : str or Path
        A file, "-" or another pipe, or an address.
    raw : Raw, optional
        What its pictures are, where nothing in it tells.

    Attributes
    ----------
    container : InputContainer
    name : str
        As the user is told.
    path : Path or None
        The file. A pipe and an address are none, and are read only once.

    Raises
    ------
    MediaError
        If it cannot be read.
    """

    def __init__(self, spec: str | Path, raw: Raw | None = None) -> None:
        self._spec, self._raw = spec, raw
        self._readers = 1
        self._pipe: InputPipe | None = None
        self.path: Path | None = None
        self.name = str(spec)
        if is_address(spec):
            self.container = _open_address(str(spec))
        elif is_pipe(Path(spec)):
            self._pipe = InputPipe(Path(spec))
            self.name = self._pipe.name
            self.container = _open_pipe(self._pipe, raw)
        else:
            self.path = check_input(Path(spec))
            self.container = open_video(self.path, *_demuxer(raw))

    def again(self) -> VideoInput:
        """Return what a second reader reads: the file anew, or this."""
        if self.path is not None:
            return VideoInput(self._spec, self._raw)
        self._readers += 1
        return self

    def stop(self) -> None:
        """End the waiting for a pipe, from another thread."""
        if self._pipe is not None:
            self._pipe.stop()

    def close(self) -> None:
        """Say that one of those who read it is done."""
        self._readers -= 1
        if self._readers == 0:
            self.container.close()
            if self._pipe is not None:
                self._pipe.close()


def _demuxer(raw: Raw | None) -> tuple[str | None, dict[str, str]]:
    """The demuxer and its options."""
    if raw is None:
        return None, {}
    (width, height), rate = raw
    return "rawvideo", {"pixel_format": "rgb24", "video_size": f"{width}x{height}", "framerate": str(rate)}


def _open_pipe(pipe: InputPipe, raw: Raw | None) -> InputContainer:
    try:
        if raw is None:
            refuse_text(pipe.name, pipe.head)
        with interruptible():
            container: InputContainer = av.open(pipe, "r", *_demuxer(raw), **READ_ALL_TAGS)
    except BaseException as error:
        pipe.close()
        if not isinstance(error, FFmpegError):
            raise
        raise MediaError(
            f"{pipe.name} is no video that can be read; expected one of any kind, or bare R,G,B of a size that is told",
            remedy=IN_ORDER,
        ) from error
    return container


def _open_address(address: str) -> InputContainer:
    try:
        container: InputContainer = av.open(
            address, "r", options={"rtsp_transport": "tcp"}, timeout=(_PATIENCE_S, _PATIENCE_S), **READ_ALL_TAGS
        )
    except (FFmpegError, ValueError) as error:
        silent = f"no answer for {_PATIENCE_S:.0f} s"
        reason = silent if isinstance(error, ExitError) else getattr(error, "strerror", None) or error
        raise MediaError(
            f"{address} cannot be read ({reason}); expected the address of a video, such as rtsp://HOST/PATH",
            remedy="check it, and whether its server runs",
        ) from error
    return container
