"""What is measured on: sizes, looks, and a clip brought to a size."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import resources
from itertools import islice
from pathlib import Path

import cv2
import numpy as np

from streammatte.compositing.frames import Rgb
from streammatte.compositing.layers import Layers
from streammatte.io import ArraySource, open_sink, open_source
from streammatte.plugins.background import Background
from streammatte.plugins.text import parse_filter
from streammatte.stages import Filter

__all__ = ["EDITS", "LOOKS", "SIZES", "filters_of", "scaled"]

SIZES = {"480p": (640, 480), "720p": (1280, 720), "1080p": (1920, 1080), "4K": (3840, 2160)}

LOOKS: dict[str, str] = {
    "blur": "blur",
    "picture": str(resources.files("streammatte") / "assets" / "beach.jpg"),
    "colour": "#00b140",
    "transparent": "none",
}
"""What stands behind the person, as `--bg` takes it; the old background's colour is taken out of all but the blur."""

EDITS = ("match", "light-wrap", "shadow", "spotlight", "feather", "shrink", "auto-frame")
"""The filters that come along for looks, as `--filter` takes them: "picture+match" is a look, too."""


def filters_of(look: str) -> tuple[Filter, ...]:
    """The filters of a look and its edits."""
    background, *edits = look.split("+")
    return (*Background.parse(LOOKS[background]).filters(decontaminate=True), *map(parse_filter, edits))


def _again(clip: str | Path, size: tuple[int, int]) -> Iterator[Rgb]:
    """The clip's frames at a size, from its start again and again."""
    while True:
        frame = None
        with open_source(clip) as source:
            for frame in source:
                yield np.asarray(cv2.resize(frame.rgb, size, interpolation=cv2.INTER_CUBIC), np.uint8)
        if frame is None:
            return


def scaled(clip: str | Path, size: tuple[int, int], folder: Path, frames: int) -> Path:
    """The clip's frames at a size in a file, again from its start where it has fewer."""
    path = folder / f"{frames}.mp4"
    if not path.exists():
        with ArraySource(islice(_again(clip, size), frames), rate=30) as source:
            sink = open_sink(path, source)
            for frame in source:
                sink.write(Layers.opaque(frame))
            sink.close()
    return path
