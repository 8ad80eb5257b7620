"""Reads and writes pictures."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from streammatte.compositing.frames import Frame, Rgb
from streammatte.compositing.layers import Layers
from streammatte.compositing.planes import Planes
from streammatte.errors import MediaError, UsageError
from streammatte.io.exr import encoded_exr
from streammatte.io.files import PartialFile, check_input, check_output, unwritable
from streammatte.io.leftovers import Claim, temporary_name
from streammatte.io.losses import Beyond
from streammatte.io.notices import Notify, unheard
from streammatte.io.paint import Paint
from streammatte.stages import Sink, Source, SourceInfo

__all__ = ["ImageSink", "ImageSource", "SequenceSink", "decode_image", "is_sequence", "is_there", "read_image"]

_NUMBER = re.compile(r"%0?\d*d")


def read_image(path: Path, on_notice: Notify = unheard) -> Rgb:
    """Read a picture, turned as it says; its alpha is left aside, which is told.

    Raises
    ------
    MediaError
        If there is none.
    """
    return decode_image(check_input(path).read_bytes(), str(path), on_notice)


def decode_image(data: bytes, name: str, on_notice: Notify = unheard) -> Rgb:
    """Return the picture that a file holds, as `read_image` does; errors and notices call it `name`.

    Raises
    ------
    MediaError
        If there is none.
    """
    try:
        bgr = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error as error:
        raise MediaError(f"{name} cannot be read as a picture ({error.err})") from error
    if bgr is None:
        raise MediaError(
            f"{name} cannot be read as a picture; expected a whole png, jpg, webp, bmp or tiff, of 8 or 16 bits"
        )
    for notice in Beyond.of_file(data).told():
        on_notice(f"{name}: {notice}")
    return np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), np.uint8)


def is_sequence(path: Path) -> bool:
    """Whether `path` stands for numbered pictures, as NAME_%05d.png does."""
    return _NUMBER.search(path.name) is not None


def is_there(path: Path) -> bool:
    """Whether there is a file of that name, or any of the numbered pictures that it stands for."""
    return bool(_numbers(path)) if is_sequence(path) else path.is_file()


class ImageSource(Source):
    """One picture as a source of one frame.

    Parameters
    ----------
    path : str or Path
    on_notice : callable
        Told what of the file is not read as it is.

    Raises
    ------
    MediaError
        If the file cannot be read.
    """

    def __init__(self, path: str | Path, on_notice: Notify = unheard) -> None:
        frame = Frame(read_image(Path(path), on_notice))
        self._frame: Frame | None = frame
        self._info = SourceInfo(frame.size, path=Path(path), frames=1)

    @property
    def info(self) -> SourceInfo:
        """What it is."""
        return self._info

    def __iter__(self) -> Iterator[Frame]:
        """Give the frame, once."""
        frame, self._frame = self._frame, None
        if frame is not None:
            yield frame

    def close(self) -> None:
        """Drop the frame."""
        self._frame = None


class ImageSink(Sink):
    """The only frame, as a picture.

    Parameters
    ----------
    path : Path
    paint : Paint
        What to show of the layers.
    source : Source, optional
        Its file is not overwritten.
    on_notice : callable
        Told what is found of other runs.

    Raises
    ------
    UsageError
        If `path` is the source's own file.
    MediaError
        If the file cannot be written.
    """

    def __init__(self, path: Path, paint: Paint, source: Source | None = None, on_notice: Notify = unheard) -> None:
        self._paint = paint
        self._file = PartialFile(path, source.info.path if source else None, on_notice)
        self._written = self._ended = False

    def write(self, layers: Layers) -> None:
        """Encode the frame.

        Raises
        ------
        UsageError
            If it is the second.
        """
        path = self._file.path
        if self._written:
            numbered = path.with_name(f"{path.stem}_%05d{path.suffix}")
            raise UsageError(f"{path} holds one picture, and there are more", remedy=f"write {numbered}, or a video")
        self._written = True
        _write_image(self._file.temporary, path, self._paint(layers))

    def close(self) -> None:
        """Give the file its name.

        Raises
        ------
        MediaError
            If that cannot be done, or there was no frame.
        """
        if self._ended:
            return
        if not self._written:
            self.abort()
            raise MediaError(f"{self._file.path} is not written: there was no frame to put into it")
        self._ended = True
        self._file.commit()

    def abort(self) -> None:
        """Remove what was written; an older file of the name stays."""
        if not self._ended:
            self._ended = True
            self._file.discard()


class SequenceSink(Sink):
    """Numbered pictures, one for each frame.

    They lie in a temporary folder beside their place until `close`. The folder of that place is made. Times are not
    kept.

    Parameters
    ----------
    path : Path
        Its name has the place of the number in it, such as NAME_%05d.png.
    paint : Paint
        What to show of the layers.
    source : Source, optional
        Its file is not overwritten.
    first : int
        The number of the first.
    on_notice : callable
        Told what is found of other runs.

    Raises
    ------
    UsageError
        If the first picture would be the source's own file.
    MediaError
        If nothing can be written there.
    """

    def __init__(
        self, path: Path, paint: Paint, source: Source | None = None, first: int = 1, on_notice: Notify = unheard
    ) -> None:
        check_output(_numbered(path, first), source.info.path if source else None)
        self._path = path
        self._paint = paint
        self._first = self._number = first
        self._on_notice = on_notice
        self._ended = False
        self._folder = temporary_name(path, path.suffix, on_notice)
        self._claim: Claim | None = None
        self._made = not path.parent.exists()
        try:
            if self._made:
                path.parent.mkdir()
            self._folder.mkdir()
        except OSError as error:
            raise unwritable(path, error) from error
        with suppress(OSError):
            self._claim = Claim(self._folder)

    def write(self, layers: Layers) -> None:
        """Encode the next picture."""
        file = self._folder / _numbered(self._path, self._number).name
        _write_image(file, self._path, self._paint(layers))
        self._number += 1

    def close(self) -> None:
        """Move the pictures to their place, over older ones of the same numbers."""
        if self._ended:
            return
        if self._number == self._first:
            self.abort()
            raise MediaError(f"{self._path} is not written: there was no frame to put into it")
        try:
            for picture in sorted(self._folder.iterdir()):
                picture.replace(self._path.with_name(picture.name))
        except OSError as error:
            raise MediaError(f"{self._path} cannot be written ({error.strerror})") from error
        finally:
            self.abort()
        older = _numbers(self._path) - set(range(self._first, self._number))
        if older:
            self._on_notice(f"{self._path}: pictures of other numbers lie beside the new ones, from {min(older)} on")

    def abort(self) -> None:
        """Remove what lies in the temporary folder, and the folder that was made if nothing lies in it."""
        self._ended = True
        shutil.rmtree(self._folder, ignore_errors=True)
        if self._made:
            with suppress(OSError):
                self._path.parent.rmdir()
        if self._claim is not None:
            self._claim.release()


def _numbers(path: Path) -> set[int]:
    """The numbers of those pictures of a sequence that are there."""
    before, after = _NUMBER.split(path.name, maxsplit=1)
    name = re.compile(re.escape(before) + r"(\d+)" + re.escape(after))
    found = (name.fullmatch(each.name) for each in path.parent.iterdir()) if path.parent.is_dir() else ()
    return {int(each[1]) for each in found if each}


def _numbered(path: Path, number: int) -> Path:
    return path.with_name(_NUMBER.sub(lambda place: place[0] % number, path.name, count=1))


def _write_image(file: Path, path: Path, picture: NDArray[Any] | Planes) -> None:
    """Write a picture, grey or R,G,B or R,G,B,A, to `file`; errors speak of `path`."""
    shown: NDArray[Any] = picture.rgb if isinstance(picture, Planes) else picture
    try:
        data = encoded_exr(shown) if shown.dtype == np.float32 else _encoded(shown, path.suffix.lower())
        if not data:
            size = f"{shown.shape[1]}x{shown.shape[0]}"
            raise UsageError(f"{path} cannot be written: {size} is more than it can hold", remedy="write a .png")
        file.write_bytes(data)
    except (cv2.error, OSError) as error:
        reason = error.strerror if isinstance(error, OSError) else error.err
        raise MediaError(f"{path} cannot be written ({reason})") from error


def _encoded(picture: NDArray[Any], suffix: str) -> bytes:
    """A picture as a file; nothing where it is too large for one of the kind."""
    if picture.ndim == 3:
        code = cv2.COLOR_RGB2BGR if picture.shape[2] == 3 else cv2.COLOR_RGBA2BGRA
        picture = np.asarray(cv2.cvtColor(picture, code), picture.dtype)
    options = {".webp": [cv2.IMWRITE_WEBP_QUALITY, 101]}.get(suffix, [])  # above 100: lossless
    done, data = cv2.imencode(suffix, picture, options)
    return data.tobytes() if done else b""
