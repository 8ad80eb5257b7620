"""What is read or written once, from beginning to end: standard input and output, named pipes."""

from __future__ import annotations

import errno
import os
import re
import select
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from stat import S_ISDIR, S_ISREG
from typing import TextIO

from streammatte.errors import MediaError
from streammatte.io.files import unwritable

__all__ = ["STANDARD", "InputPipe", "OutputPipe", "interruptible", "is_address", "is_pipe"]

STANDARD = Path("-")
"""Standard input, or standard output."""

_POLL_S = 0.1
_HEAD_BYTES = 512


def is_address(spec: str | Path) -> bool:
    """Whether it is an address such as rtsp://HOST/PATH; C:// is none."""
    return re.match(r"[a-z][a-z0-9+.-]+://", str(spec), re.IGNORECASE) is not None


def is_pipe(path: Path) -> bool:
    """Whether it is standard input or output, a named pipe or a device: there, but neither file nor folder."""
    if path == STANDARD:
        return True
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):
        return False
    return not S_ISREG(mode) and not S_ISDIR(mode)


class _Interrupted(Exception):  # noqa: N818
    """Ctrl-C while FFmpeg waits for a pipe; PyAV lets nothing but an Exception through it."""

    def __init__(self, interrupt: KeyboardInterrupt) -> None:
        super().__init__()
        self.interrupt = interrupt


@contextmanager
def interruptible() -> Iterator[None]:
    """Let Ctrl-C come out of FFmpeg where it waits for a pipe."""
    try:
        yield
    except _Interrupted as error:
        raise error.interrupt from None


class InputPipe:
    """The bytes of a pipe, for FFmpeg to read.

    Parameters
    ----------
    path : Path

    Attributes
    ----------
    name : str
        As the user is told.
    head : bytes
        Some of what comes first.

    Raises
    ------
    MediaError
        If it cannot be read, or ends before anything comes.
    """

    def __init__(self, path: Path) -> None:
        self.name = "standard input" if path == STANDARD else str(path)
        self._stopped = False
        self._descriptor = -1
        self.head = self._ahead = b""
        try:
            self._descriptor = os.dup(_standard(sys.stdin)) if path == STANDARD else os.open(path, os.O_RDONLY)
            if not os.isatty(self._descriptor):
                with interruptible():
                    self.head = self._ahead = self.read(_HEAD_BYTES)
        except OSError as error:
            raise MediaError(f"{self.name} cannot be read ({error.strerror})", remedy="give another input") from error
        finally:
            if not self.head:
                self.close()
        if not self.head:
            raise MediaError(
                f"{self.name} gives nothing; expected a video",
                remedy="pipe one into it, as in: ffmpeg -i FILE -f nut - | streammatte video - out.mp4",
            )

    def read(self, size: int) -> bytes:
        """Return what comes next, at most `size` bytes; nothing at the end, or once it is stopped."""
        if self._ahead:
            part, self._ahead = self._ahead[:size], self._ahead[size:]
            return part
        try:
            while not self._stopped:
                if sys.platform == "win32" or select.select([self._descriptor], [], [], _POLL_S)[0]:
                    return os.read(self._descriptor, size)
        except KeyboardInterrupt as error:
            self._stopped = True
            raise _Interrupted(error) from None
        return b""

    def stop(self) -> None:
        """End the waiting, from another thread."""
        self._stopped = True

    def close(self) -> None:
        """Free it; a second call does nothing."""
        self._stopped = True
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


class OutputPipe:
    """A pipe for FFmpeg to write to, in the place of a `PartialFile`.

    Attributes
    ----------
    target : OutputPipe
        What FFmpeg writes to.

    Raises
    ------
    MediaError
        If it cannot be written, or is a terminal.
    """

    def __init__(self, path: Path) -> None:
        self.target = self
        self._gone = False
        name = "standard output" if path == STANDARD else str(path)
        try:
            self._descriptor = os.dup(_standard(sys.stdout)) if path == STANDARD else os.open(path, os.O_WRONLY)
        except OSError as error:
            raise unwritable(Path(name), error) from error
        if os.isatty(self._descriptor):
            self.discard()
            raise MediaError(f"{name} is a terminal, and shows no video", remedy="pipe it to a program: ... | ffplay -")

    def write(self, data: bytes) -> int:
        """Write all of `data`, waiting for the program that reads; nothing once it is discarded."""
        rest = b"" if self._gone else data
        try:
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]
        except KeyboardInterrupt as error:
            self.discard()
            raise _Interrupted(error) from None
        return len(data)

    def commit(self) -> None:
        """End it: all is written."""
        self.discard()

    def discard(self) -> None:
        """End it; what FFmpeg still wants to write is dropped. A second call does nothing."""
        if not self._gone:
            self._gone = True
            os.close(self._descriptor)


def _standard(stream: TextIO | None) -> int:
    if stream is None:  # as where there is no console
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))
    return stream.fileno()
