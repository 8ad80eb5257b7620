"""What the page shows of pictures: the preview and the backgrounds' thumbnails, as JPEG."""

from __future__ import annotations

from typing import NamedTuple
from zlib import crc32

import cv2
import numpy as np

from streammatte.background import Background
from streammatte.frames import Frame, Rgb
from streammatte.layers import Layers
from streammatte.stages import close_all

__all__ = ["Thumbnails", "preview"]

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
            changed_ns = [path.stat().st_mtime_ns for path in Background.parse(text).paths]
        except OSError:  # a file that is gone
            changed_ns = []
        return f"{crc32(f'{text} {changed_ns}'.encode()):08x}"

    def __call__(self, text: str) -> bytes:
        """Return the thumbnail of a background, as it is with nobody before it.

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
            kept = self._kept[text] = _Thumbnail(version, _jpeg(_alone(text)))
        return kept.jpeg


def _alone(text: str) -> Rgb:
    """The background alone, (h, w, 3)."""
    width, height = _THUMBNAIL
    layers = Layers.of(Frame(np.zeros((height, width, 3), np.uint8)), np.zeros((height, width), np.float32))
    steps = Background.of(text).filters(decontaminate=False)
    try:
        for step in steps:
            layers = step(layers)
    finally:
        close_all(steps)
    return layers.composite.rgb


def _jpeg(rgb: Rgb) -> bytes:
    bgr = cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR)
    return cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])[1].tobytes()
