"""What every file goes through: the checks of an input, and the temporary name under which an output is written."""

from __future__ import annotations

import errno
import os
import shutil
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from streammatte.errors import MediaError, UsageError
from streammatte.io.leftovers import Claim, temporary_name
from streammatte.io.notices import Notify, unheard

__all__ = ["PartialFile", "check_input", "check_output", "unwritable", "write_whole"]


def check_input(path: Path) -> Path:
    """Return `path` if there is a file with something in it.

    Raises
    ------
    MediaError
        If it is missing, a folder, empty or may not be read.
    """
    try:
        if path.is_dir():
            raise MediaError(f"{path} is a folder; expected a file", remedy="name one of the files in it")
        with path.open("rb") as file:
            if not file.read(1):
                raise MediaError(
                    f"{path} is empty (0 bytes); expected a video or a picture", remedy="copy or record it again"
                )
    except FileNotFoundError:
        remedy = "check the name and the folder"
        if "%" in path.name:
            remedy = f"for numbered pictures: ffmpeg -i {path} -f nut - | streammatte video - OUT"
        raise MediaError(f"{path} does not exist", remedy=remedy) from None
    except MediaError:
        raise
    except OSError as error:
        remedy = "check the name" if error.errno == errno.ENAMETOOLONG else "check its permissions"
        raise MediaError(f"{path} cannot be read ({error.strerror})", remedy=remedy) from error
    return path


def check_output(path: Path, source: Path | None) -> None:
    """Refuse to write `path` where it is the file that is read, under whatever name.

    Raises
    ------
    UsageError
        If it is.
    MediaError
        If there can be no file of that name.
    """
    try:
        same = path.exists() and source is not None and path.samefile(source)
    except OSError as error:
        raise unwritable(path, error) from error
    if same:
        raise UsageError(f"{path} is the input itself", remedy="give the output another name")


def unwritable(path: Path, error: OSError) -> MediaError:
    """Return what to raise where an `error` kept `path` from being written."""
    if isinstance(error, FileNotFoundError):
        return MediaError(f"{path} cannot be written: there is no folder {path.parent}", remedy="make it first")
    remedies = {errno.ENAMETOOLONG: "give it a shorter name", errno.ENOSPC: "make room"}
    remedy = remedies.get(error.errno or 0, "choose a folder that you may write to")
    return MediaError(f"{path} cannot be written ({error.strerror})", remedy=remedy)


def write_whole(path: Path, data: bytes) -> None:
    """Write a file, and its folder where there is none; an older one is replaced whole and its permissions are kept.

    Raises
    ------
    MediaError
        If it cannot be written; an older one stays as it was.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with PartialFile(path) as file:
            file.temporary.write_bytes(data)
            if path.exists():
                shutil.copymode(path, file.temporary)
    except MediaError:
        raise
    except OSError as error:
        raise unwritable(path, error) from error


class PartialFile:
    """An output file under a temporary name beside its final one.

    Whatever goes wrong before `commit`, an older file of the final name stays as it was. What a run that was killed
    left of the same output is removed. In a `with` it is committed at the end, or discarded where an error is raised.

    Parameters
    ----------
    path : Path
        The final name.
    source : Path, optional
        The file that is read meanwhile.
    on_notice : callable
        Told what is found of other runs.

    Attributes
    ----------
    path, temporary : Path
        The final and the present name, in one folder.
    target : str
        The present name, for FFmpeg.

    Raises
    ------
    UsageError
        If `path` is the file that is read, under whatever name.
    MediaError
        If `path` is a folder, or nothing can be written beside it.
    """

    def __init__(self, path: Path, source: Path | None = None, on_notice: Notify = unheard) -> None:
        check_output(path, source)
        if path.is_dir():
            raise MediaError(
                f"{path} is a folder; expected the name of a file", remedy=f"write {path / 'NAME.mp4'} or the like"
            )
        self.path = path
        self.temporary = temporary_name(path, path.suffix, on_notice)
        self.target = f"file:{self.temporary}"
        self._claim: Claim | None = None
        self._ended = False
        try:
            self.temporary.open("xb").close()
        except OSError as error:
            raise unwritable(path, error) from error
        with suppress(OSError):
            self._claim = Claim(self.temporary)

    def __enter__(self) -> PartialFile:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if kind is None:
            self.commit()
        else:
            self.discard()

    def commit(self) -> None:
        """Give the file its final name, in the place of an older one; does nothing where it has it or is gone."""
        if self._ended:
            return
        try:
            os.replace(self.temporary, self.path)  # noqa: PTH105
        except OSError as error:
            self.discard()
            raise MediaError(
                f"{self.path} cannot be replaced ({error.strerror})", remedy="choose another name"
            ) from error
        self._end()

    def discard(self) -> None:
        """Remove the file; does nothing where it has its final name or is gone."""
        if not self._ended:
            self.temporary.unlink(missing_ok=True)
            self._end()

    def _end(self) -> None:
        """From now on the temporary name may be another's."""
        self._ended = True
        if self._claim is not None:
            self._claim.release()
