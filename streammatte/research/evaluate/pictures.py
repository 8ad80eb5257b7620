"""Pictures and mattes in folders: reading them, choosing some, bringing them to one size."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeAlias, TypeVar

import cv2
import numpy as np

from streammatte.compositing.frames import Alpha, Frame, Rgb
from streammatte.errors import MediaError
from streammatte.stages import Matter

__all__ = ["Matte", "at_size", "enlarged", "evenly", "matte_by", "pictures_in", "read_alpha", "read_rgb"]

T = TypeVar("T")

Matte: TypeAlias = Callable[[Rgb], Alpha]
"""Maps a picture (H, W, 3) to its alpha (h, w), at any size of the same aspect."""

_SUFFIXES = (".bmp", ".jpeg", ".jpg", ".png", ".webp")


def matte_by(matter: Matter) -> Matte:
    """What gives each picture the alpha that `matter` finds, at the size that it finds it at."""
    return lambda rgb: matter.matte(Frame(rgb))


def at_size(matte: Matte, rgb: Rgb, shape: tuple[int, ...]) -> Alpha:
    """Alpha of a picture, brought to `shape` (H, W) bilinearly."""
    return enlarged(matte(rgb), shape)


def enlarged(alpha: Alpha, shape: tuple[int, ...]) -> Alpha:
    """An alpha (h, w) brought to `shape` (H, W) bilinearly."""
    return np.asarray(cv2.resize(alpha, (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR), np.float32)


def evenly(items: Sequence[T], most: int | None) -> list[T]:
    """At most so many of the items, evenly spaced, the first and the last among them; all if `most` is None."""
    if most is None or len(items) <= most:
        return list(items)
    return [items[int(i)] for i in np.linspace(0, len(items) - 1, most)]


def pictures_in(folder: Path) -> list[Path]:
    """The pictures of a folder in the order of their names.

    Raises
    ------
    MediaError
        If there is no such folder, or no picture in it.
    """
    found = sorted(path for path in folder.glob("*") if path.suffix.lower() in _SUFFIXES)
    if not found:
        problem = f"there are no pictures in {folder}; expected a folder with {' '.join(_SUFFIXES)} files"
        raise MediaError(problem, subject=folder)
    return found


def read_rgb(path: Path) -> Rgb:
    """Read a picture, (H, W, 3) uint8 in the order R,G,B.

    Raises
    ------
    MediaError
        If it is not there or no picture.
    """
    return np.asarray(cv2.cvtColor(_read(path, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB), np.uint8)


def read_alpha(path: Path) -> Alpha:
    """Read a matte, (H, W) float32 in [0, 1].

    Raises
    ------
    MediaError
        If it is not there or no picture.
    """
    return np.asarray(_read(path, cv2.IMREAD_GRAYSCALE), np.float32) / np.float32(255)


def _read(path: Path, flags: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    image = cv2.imread(str(path), flags) if path.is_file() else None
    if image is None:
        fault = "no picture that can be read" if path.is_file() else "not there"
        raise MediaError(f"{path} is {fault}; expected a picture, such as .png, .jpg or .webp", subject=path)
    return np.asarray(image, np.uint8)
