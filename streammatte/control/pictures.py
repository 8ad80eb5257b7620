"""What the page shows of pictures: the preview and the backgrounds' thumbnails, as JPEG."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, NamedTuple, TypeAlias
from zlib import crc32

import cv2
import numpy as np

from streammatte.errors import MediaError
from streammatte.fitting import fitted
from streammatte.frames import Frame, Rgb
from streammatte.io import open_source
from streammatte.io.containers import PICTURES
from streammatte.io.images import read_image
from streammatte.layers import Layers
from streammatte.plugins import load_filter

__all__ = ["BackgroundKind", "Thumbnails", "kind_of", "preview"]

BackgroundKind: TypeAlias = Literal["picture", "video", "colour", "blur"]
"""What the text of a background stands for."""

_PREVIEW_WIDTH = 640
_THUMBNAIL = 192, 108
_QUALITY = 80
_KEPT = 200


def preview(layers: Layers) -> bytes:
    """Return the composite as a JPEG, at most 640 pixels wide."""
    rgb = layers.composite.rgb  # (H, W, 3)
    height, width = rgb.shape[:2]
    if width > _PREVIEW_WIDTH:
        size = _PREVIEW_WIDTH, max(1, round(height * _PREVIEW_WIDTH / width))
        rgb = np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), np.uint8)
    return _jpeg(rgb)


def kind_of(text: str) -> BackgroundKind:
    """Tell what the text of a background stands for."""
    path = Path(text)
    if text == "blur" or text.startswith("blur:"):
        return "blur"
    if path.suffix.lower() in PICTURES:
        return "picture"
    return "video" if path.suffix or path.exists() else "colour"


class _Thumbnail(NamedTuple):
    version: str
    jpeg: bytes


class Thumbnails:
    """Makes small pictures of backgrounds, and keeps them until the files change."""

    def __init__(self) -> None:
        self._kept: dict[str, _Thumbnail] = {}

    def version(self, text: str) -> str:
        """Return something that changes whenever the thumbnail of `text` does."""
        try:
            changed_ns = Path(text).stat().st_mtime_ns
        except (OSError, ValueError):  # a colour, or a file that is gone
            changed_ns = 0
        return f"{crc32(f'{text} {changed_ns}'.encode()):08x}"

    def __call__(self, text: str) -> bytes:
        """Return the thumbnail of a picture, a video or a colour.

        Raises
        ------
        StreammatteError
            If it cannot be read.
        """
        version = self.version(text)
        kept = self._kept.get(text)
        if kept is None or kept.version != version:
            if len(self._kept) >= _KEPT:
                self._kept.clear()
            kept = self._kept[text] = _Thumbnail(version, _jpeg(fitted(_picture(text), _THUMBNAIL)))
        return kept.jpeg


def _picture(text: str) -> Rgb:
    """The picture itself, a video's first frame, or the colour."""
    kind = kind_of(text)
    if kind == "picture":
        return read_image(Path(text))
    if kind == "video":
        source = open_source(Path(text))
        try:
            for frame in source:
                return frame.rgb
        finally:
            source.close()
        raise MediaError(f"{text} holds no frame", remedy="choose another video")
    width, height = _THUMBNAIL
    frame = Frame(np.zeros((height, width, 3), np.uint8))
    background = load_filter("colour")(text)(Layers.of(frame, np.zeros((height, width), np.float32))).background
    assert background is not None
    return background


def _jpeg(rgb: Rgb) -> bytes:
    bgr = cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR)
    return cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])[1].tobytes()
