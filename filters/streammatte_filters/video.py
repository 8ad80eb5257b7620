"""A video as the background."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Literal

from streammatte import Layers, MediaError, Rgb, fitted, open_source

__all__ = ["VideoBackground"]

_SLACK_S = 1e-3
"""Seconds by which two times that mean the same may differ: some files keep whole milliseconds."""


class VideoBackground:
    """Plays a video behind the person, over and over.

    Each frame gets the picture of its time, whatever the two frame rates. The video starts with the first frame.

    Parameters
    ----------
    path : Path
        The video.
    fit : {"cover", "contain"}
        Fill the frame and cut off what reaches beyond it, or show all of the picture and leave black bars.

    Raises
    ------
    MediaError
        If the file cannot be read as a video.
    """

    def __init__(self, path: Path, fit: Literal["cover", "contain"] = "cover") -> None:
        self._path = path
        self._fit = fit
        open_source(path).close()  # refused here rather than at the first frame
        self._pictures: Generator[tuple[float, Rgb], None, None] | None = None

    def __call__(self, layers: Layers) -> Layers:
        """Return the layers with the picture of their time as their background."""
        time = layers.frame.time
        if self._pictures is None:
            self._start = time
            self._pictures = _endless(self._path)
            self._next_s, self._next = next(self._pictures)
        while self._next_s <= time - self._start + _SLACK_S:
            self._picture = self._next
            self._next_s, self._next = next(self._pictures)
        return layers.with_background(fitted(self._picture, layers.frame.size, self._fit))

    def reset(self) -> None:
        """Start the video again with the next frame."""
        self.close()

    def close(self) -> None:
        """Free the file."""
        if self._pictures is not None:
            self._pictures.close()
            self._pictures = None


def _endless(path: Path) -> Generator[tuple[float, Rgb], None, None]:
    """The video's pictures over and over, each with its seconds since the start of the first."""
    begin_s = 0.0
    while True:
        first_s = None
        with open_source(path) as source:
            step_s = float(1 / source.rate) if source.rate else 0.04
            for frame in source:
                first_s = frame.time if first_s is None else first_s
                at_s = begin_s + frame.time - first_s
                yield at_s, frame.rgb
        if first_s is None:
            raise MediaError(f"{path} gives no frame any more; expected a video that can be read again")
        begin_s = at_s + step_s
