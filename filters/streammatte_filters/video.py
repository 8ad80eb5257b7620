"""A video, or what else moves, as the background."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing
from math import inf
from pathlib import Path
from typing import Literal

import cv2
import numpy as np

from streammatte import Backdrop, FilterError, Layers, MediaError, Rgb, fitted, open_source
from streammatte_filters.image import PICTURES, over_black, read_picture

__all__ = ["VideoBackground"]

_SLACK_S = 1e-3
"""Seconds by which two times that mean the same may differ: some files keep whole milliseconds."""

_SHORTEST_MS, _INSTEAD_MS = 10, 100
"""An animation whose pictures are to last no longer than that is played by browsers at ten a second."""


class VideoBackground:
    """Plays a video behind the person, an animated WebP or GIF, or the pictures of a folder one after the other.

    Each frame gets the picture of its time, whatever the two frame rates. The video starts with the first frame.

    Parameters
    ----------
    path : Path
        The video, the animation or the folder, whose pictures come in the order of their names.
    fit : {"cover", "contain", "stretch"}
        Fill the frame and cut off what reaches beyond it, show all of the picture and leave black bars, or distort it.
    end : {"loop", "hold"}
        Begin anew, or keep the last picture.
    seconds : float
        For how long each picture of a folder is shown.

    Raises
    ------
    MediaError
        If the file cannot be read as a video, or the folder holds no picture.
    """

    def __init__(
        self,
        path: Path,
        fit: Literal["cover", "contain", "stretch"] = "cover",
        end: Literal["loop", "hold"] = "loop",
        seconds: float = 5.0,
    ) -> None:
        if not seconds > 0:
            raise FilterError(f"seconds is {seconds:g}; expected more than 0")
        self._path = Path(path)
        self._fit = fit
        self._end = end
        self._seconds = seconds
        with closing(_once(self._path, seconds)) as pictures:
            next(pictures, None)  # what cannot be read is refused here rather than at the first frame
        self._pictures: Generator[tuple[float, Rgb], None, None] | None = None
        self._background: Backdrop | None = None

    def __call__(self, layers: Layers) -> Layers:
        """Return the layers with the picture of their time as their background."""
        time = layers.frame.time
        if self._pictures is None:
            self._start = time
            self._pictures = _played(self._path, self._seconds, self._end)
            self._next_s, self._next = next(self._pictures)
        while self._next_s <= time - self._start + _SLACK_S:
            self._picture, self._background = self._next, None
            self._next_s, self._next = next(self._pictures)
        if self._background is None or self._background.size != layers.frame.size:
            self._background = Backdrop(fitted(self._picture, layers.frame.size, self._fit))
        return layers.with_background(self._background)

    def reset(self) -> None:
        """Start the video again with the next frame."""
        self.close()

    def close(self) -> None:
        """Free the file."""
        if self._pictures is not None:
            self._pictures.close()
            self._pictures = None


def _played(path: Path, seconds: float, end: str) -> Generator[tuple[float, Rgb], None, None]:
    """The pictures without end, each with its seconds since the start of the first."""
    begin_s = 0.0
    while True:
        until_s = None
        with closing(_once(path, seconds)) as pictures:
            for at_s, lasts_s, picture in pictures:
                until_s = begin_s + at_s + lasts_s
                yield begin_s + at_s, picture
        if until_s is None:
            raise MediaError(f"{path} gives no frame any more; expected a video that can be read again")
        begin_s = until_s
        while end == "hold":
            yield inf, picture


def _once(path: Path, seconds: float) -> Generator[tuple[float, float, Rgb], None, None]:
    """The pictures, each with the seconds from the first to it, and for which it is shown."""
    if path.is_dir():
        return _slides(path, seconds)
    return _animation(path) if path.suffix.lower() == ".webp" else _film(path)


def _slides(folder: Path, seconds: float) -> Generator[tuple[float, float, Rgb], None, None]:
    slides = sorted(
        each for each in folder.iterdir() if each.suffix.lower() in PICTURES and not each.name.startswith(".")
    )
    if not slides:
        raise MediaError(f"there is no picture in the folder {folder}; expected {', '.join(PICTURES)}")
    for index, slide in enumerate(slides):
        yield index * seconds, seconds, read_picture(slide)


def _animation(path: Path) -> Generator[tuple[float, float, Rgb], None, None]:
    """Of a WebP, whose animations FFmpeg does not read."""
    try:
        read, animation = cv2.imdecodeanimation(np.frombuffer(path.read_bytes(), np.uint8))
    except (OSError, cv2.error) as error:
        raise MediaError(f"the background {path} cannot be read ({error}); expected an animated WebP") from error
    if not read:
        raise MediaError(f"the background {path} cannot be decoded; expected an animated WebP")
    at_s = 0.0
    for picture, stated_ms in zip(animation.frames, animation.durations, strict=True):
        lasts_s = (stated_ms if stated_ms > _SHORTEST_MS else _INSTEAD_MS) / 1000
        yield at_s, lasts_s, over_black(picture)
        at_s += lasts_s


def _film(path: Path) -> Generator[tuple[float, float, Rgb], None, None]:
    first_s = None
    with open_source(path) as source:
        step_s = float(1 / source.rate) if source.rate else 0.04
        for frame in source:
            first_s = frame.time if first_s is None else first_s
            yield frame.time - first_s, step_s, frame.rgb
