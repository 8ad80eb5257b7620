"""What the page shows of pictures: the preview and the backgrounds' thumbnails, as JPEG."""

from __future__ import annotations

from typing import NamedTuple
from zlib import crc32

import cv2
import numpy as np

from streammatte.compositing.fitting import fitted
from streammatte.compositing.frames import Frame, Rgb
from streammatte.compositing.layers import Layers
from streammatte.live.ready import stamps_of
from streammatte.plugins.background import Background
from streammatte.stages import close_all

__all__ = ["Thumbnails", "preview"]

_PREVIEW_WIDTH = 640
_THUMBNAIL = 192, 108
_QUALITY = 80
_MOST = 200


def preview(layers: Layers) -> bytes:
    """Return the composite as a JPEG, at most 640 pixels wide."""
    rgb = layers.composite.rgb  # (H, W, 3)
    height, width = rgb.shape[:2]
    if width > _PREVIEW_WIDTH:
        size = _PREVIEW_WIDTH, max(1, round(height * _PREVIEW_WIDTH / width))
        rgb = np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), np.uint8)
    return _jpeg(rgb)


class _Kept(NamedTuple):
    version: str
    alone: Rgb


class Thumbnails:
    """Makes small pictures of backgrounds, and keeps them until the files change."""

    def __init__(self) -> None:
        self._kept: dict[str, _Kept] = {}
        self._person: tuple[Layers, Layers] | None = None  # as they were taken, and small

    def version(self, text: str) -> str:
        """Return something that changes whenever the thumbnail of `text` does."""
        return f"{crc32(f'{text} {stamps_of(Background.parse(text).paths)}'.encode()):08x}"

    def __call__(self, text: str, matted: Layers | None = None) -> bytes:
        """Return the thumbnail of a background, as it is with nobody before it, or with whom `matted` shows.

        Raises
        ------
        StreammatteError
            If it cannot be read.
        """
        if matted is None:
            return _jpeg(self._alone(text))
        if Background.parse(text).kind == "blur":
            return _jpeg(_with(text, self._small(matted)))
        return _jpeg(self._small(matted).with_background(self._alone(text)).composite.rgb)

    def _alone(self, text: str) -> Rgb:
        """The background alone, (h, w, 3)."""
        version = self.version(text)
        kept = self._kept.get(text)
        if kept is None or kept.version != version:
            if len(self._kept) >= _MOST:
                self._kept.clear()
            width, height = _THUMBNAIL
            nobody = Layers.of(Frame(np.zeros((height, width, 3), np.uint8)), np.zeros((height, width), np.float32))
            kept = self._kept[text] = _Kept(version, _with(text, nobody))
        return kept.alone

    def _small(self, matted: Layers) -> Layers:
        """The person at a thumbnail's size; made once for all thumbnails of a moment."""
        person = self._person
        if person is None or person[0] is not matted:
            levels = fitted(np.asarray(cv2.merge([matted.levels] * 3), np.uint8), _THUMBNAIL)[:, :, 0]
            small = Layers.of(Frame(fitted(matted.frame.rgb, _THUMBNAIL)), np.float32(1 / 255) * levels)
            person = self._person = matted, small
        return person[1]


def _with(text: str, layers: Layers) -> Rgb:
    """`layers` with a background put behind, (h, w, 3)."""
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
