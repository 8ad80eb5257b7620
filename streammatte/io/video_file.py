"""The door to PyAV: opens video files, and turns its errors into the project's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av
from av.container import InputContainer
from av.error import FFmpegError
from av.stream import Disposition
from av.video.stream import VideoStream

from streammatte.errors import MediaError

__all__ = ["media_errors", "open_video", "video_stream"]


@contextmanager
def media_errors(path: Path, what: str) -> Iterator[None]:
    """Turn an error of FFmpeg or the system into a MediaError: "`path` `what` (why)"."""
    try:
        yield
    except (FFmpegError, OSError) as error:
        if isinstance(error, MediaError):
            raise
        raise MediaError(f"{path} {what} ({error.strerror})") from error


def open_video(path: Path) -> InputContainer:
    """Open a file that `check_input` has let through.

    Raises
    ------
    MediaError
        If it is no media file, or a broken one.
    """
    try:
        container = av.open(f"file:{path}", "r", metadata_errors="replace")
    except FFmpegError as error:
        raise MediaError(_why_not(path)) from error
    if container.format.name == "tty":  # FFmpeg plays any text as a film of a terminal
        container.close()
        raise MediaError(_why_not(path))
    return container


def video_stream(container: InputContainer, path: Path) -> VideoStream:
    """Return the best video stream as FFmpeg judges it, or the first that is no cover picture.

    Raises
    ------
    MediaError
        If there is none, or no decoder for it.
    """
    films = [each for each in container.streams.video if not each.disposition & Disposition.attached_pic]
    best = container.streams.best("video")
    if not films:
        has = sorted({each.type for each in container.streams} - {"video"})
        cover = " and a cover picture" if container.streams.video else ""
        raise MediaError(f"{path} has no video, only {', '.join(has) or 'nothing'}{cover}; expected a file with video")
    stream = best if best in films else films[0]
    if stream.codec_context is None:
        raise MediaError(f"{path}: there is no decoder for its video; convert it to H.264 first")
    return stream


def _why_not(path: Path) -> str:
    with path.open("rb") as file:
        head = file.read(512)
    if head[4:8] == b"ftyp":
        return f"{path} is cut off: its index (moov) is missing, as when a recording was not ended; record it again"
    kind = "not a video but text" if _is_text(head) else "no video that can be read"
    return f"{path} is {kind}; expected a video (mp4, mkv, mov, webm, …) or a picture (png, jpg, webp, …)"


def _is_text(head: bytes) -> bool:
    try:
        return head.decode().isprintable() or all(each.isprintable() or each.isspace() for each in head.decode())
    except UnicodeDecodeError as error:
        return error.start > len(head) - 4 > 0  # cut in the middle of a letter
