"""The door to PyAV: opens video files, and turns its errors into the project's."""

from __future__ import annotations

import os
from codecs import getincrementaldecoder
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from math import ceil
from pathlib import Path
from typing import Any, Protocol

import av
from av.container import InputContainer
from av.error import FFmpegError
from av.stream import Disposition
from av.video.stream import VideoStream

from streammatte.errors import MediaError
from streammatte.io.pipes import interruptible

__all__ = ["READ_ALL_TAGS", "THREADS", "fine", "fraction", "media_errors", "open_video", "refuse_text", "video_stream"]

THREADS = min(4, os.cpu_count() or 1)
"""Of a decoder or encoder. Matting is slower than either and needs the other cores, and each thread holds a frame."""

# Before its version 19 PyAV must be told to read tags that are no UTF-8; since then it takes no such word.
READ_ALL_TAGS: dict[str, Any] = {} if int(av.__version__.partition(".")[0]) >= 19 else {"metadata_errors": "replace"}
"""For `av.open`."""

_EXPECTED = "expected a video (mp4, mkv, mov, webm, …) or a picture (png, jpg, webp, …)"


class _Rational(Protocol):
    @property
    def numerator(self) -> int: ...
    @property
    def denominator(self) -> int: ...


def fraction(value: _Rational | None) -> Fraction | None:
    """Return a rational number of PyAV, whose type differs from version to version; None where it is not stated."""
    return Fraction(value.numerator, value.denominator) if value else None


def fine(time_base: Fraction) -> Fraction:
    """Return a part of `time_base` of at most a millisecond, so that times can lie between its steps."""
    return time_base / max(1, ceil(time_base * 1000))


@contextmanager
def media_errors(path: Path, what: str) -> Iterator[None]:
    """Turn an error of FFmpeg or the system into a MediaError: "`path` `what` (why)"."""
    try:
        with interruptible():
            yield
    except (FFmpegError, OSError) as error:
        if isinstance(error, (MediaError, BrokenPipeError)):  # nobody reads any more, which is no failure
            raise
        raise MediaError(f"{path} {what} ({error.strerror})") from error


def open_video(path: Path, demuxer: str | None = None, options: dict[str, str] | None = None) -> InputContainer:
    """Open a file that `check_input` has let through; its `demuxer` and FFmpeg's options where the file does not tell.

    Raises
    ------
    MediaError
        If it is no media file, or a broken one.
    """
    with path.open("rb") as file:
        head = file.read(512)
    if demuxer is None:
        refuse_text(path, head)
    try:
        container: InputContainer = av.open(f"file:{path}", "r", demuxer, options or {}, **READ_ALL_TAGS)
    except FFmpegError as error:
        if head[4:8] == b"ftyp":
            raise MediaError(
                f"{path} is cut off: its index (moov) is missing, as when a recording was not ended",
                remedy="record it again",
            ) from error
        raise MediaError(f"{path} is no video that can be read; {_EXPECTED}") from error
    if container.format.name == "tty":  # FFmpeg plays a text in whatever code as a film of a terminal
        container.close()
        raise MediaError(f"{path} is not a video but text; {_EXPECTED}")
    return container


def refuse_text(name: str | Path, head: bytes) -> None:
    """Refuse what begins as a text does.

    Raises
    ------
    MediaError
        If it does; also of a playlist, whose addresses FFmpeg would go and fetch.
    """
    if _is_text(head):
        raise MediaError(f"{name} is not a video but text; {_EXPECTED}")


def video_stream(container: InputContainer, name: str) -> VideoStream:
    """Return the best video stream as FFmpeg judges it, or the first that is no cover picture.

    Raises
    ------
    MediaError
        If there is none, or no decoder for it.
    """
    films = [each for each in container.streams.video if not each.disposition & Disposition.attached_pic]
    best = container.streams.best("video")
    if not films:
        has = sorted({"a cover picture" if each.type == "video" else each.type for each in container.streams})
        raise MediaError(
            f"{name} has no video, only {' and '.join(has) or 'nothing'}; expected a file with video in it"
        )
    stream = best if best in films else films[0]
    if stream.codec_context is None:
        raise MediaError(f"{name}: there is no decoder for its video", remedy="convert it to H.264 first")
    return stream


def _is_text(head: bytes) -> bool:
    if head.startswith(b"YUV4MPEG2"):
        return False
    try:
        text = getincrementaldecoder("utf-8")().decode(head)  # which may end within a letter
    except UnicodeDecodeError:
        return False
    return all(each.isprintable() or each.isspace() for each in text)
