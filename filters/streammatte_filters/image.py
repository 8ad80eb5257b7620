"""A picture as the background."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import cv2
import numpy as np
import numpy.typing as npt

from streammatte import Backdrop, Layers, MediaError, Rgb, fitted, over

__all__ = ["PICTURES", "ImageBackground", "over_black", "read_picture"]

PICTURES = (".bmp", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp")
"""Suffixes, in small letters, of what a folder's pictures are told by."""


class ImageBackground:
    """Puts a picture behind the person.

    Parameters
    ----------
    path : Path
        The picture, turned as its camera says. One that is transparent is laid over black, and shown as it is stored.
    fit : {"cover", "contain", "stretch"}
        Fill the frame and cut off what reaches beyond it, show all of the picture and leave black bars, or distort it.

    Raises
    ------
    MediaError
        If the file cannot be read as a picture.
    """

    def __init__(self, path: Path, fit: Literal["cover", "contain", "stretch"] = "cover") -> None:
        self._rgb = read_picture(Path(path))
        self._fit = fit
        self._background: Backdrop | None = None

    def __call__(self, layers: Layers) -> Layers:
        """Return the layers with the picture as their background."""
        if self._background is None or self._background.size != layers.frame.size:
            self._background = Backdrop(fitted(self._rgb, layers.frame.size, self._fit))
        return layers.with_background(self._background)


def read_picture(path: Path) -> Rgb:
    """Read a picture, turned as its camera says and laid over black."""
    expected = "expected a picture, such as a JPEG or PNG file"
    try:
        data = np.frombuffer(path.read_bytes(), np.uint8)
    except OSError as error:
        raise MediaError(f"the background {path} cannot be read ({error.strerror}); {expected}") from error
    try:
        turned = cv2.imdecode(data, cv2.IMREAD_COLOR)  # (H, W, 3) uint8, as the camera says; without alpha
        stored = np.asarray(cv2.imdecode(data, cv2.IMREAD_UNCHANGED))
    except cv2.error:  # an empty file, or more pixels than OpenCV allows
        turned = None
    if turned is None:
        raise MediaError(f"the background {path} is no picture that can be decoded; {expected}")
    return over_black(stored if stored.shape[2:] == (4,) else turned)


def over_black(stored: npt.NDArray[Any]) -> Rgb:
    """Return R,G,B of what OpenCV reads: B,G,R or, in whole numbers of any depth, B,G,R,A."""
    if stored.shape[2] == 3:
        return np.ascontiguousarray(stored[..., ::-1])
    full = np.iinfo(stored.dtype).max
    rgb = np.rint(stored[..., 2::-1] * (255 / full)).astype(np.uint8)
    return over(rgb, (stored[..., 3] / full).astype(np.float32), np.zeros_like(rgb))
