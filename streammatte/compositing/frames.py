"""A frame of video, and the two kinds of picture that flow through the program."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction
from math import isnan
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from streammatte.compositing.planes import Planes, reduced
from streammatte.errors import ShapeError

__all__ = ["Alpha", "Frame", "Rgb", "check_alpha", "check_range", "check_rgb"]

Rgb: TypeAlias = np.ndarray[tuple[int, int, int], np.dtype[np.uint8]]
"""(H, W, 3) uint8: R,G,B, full range, straight (not premultiplied)."""

Alpha: TypeAlias = np.ndarray[tuple[int, int], np.dtype[np.float32]]
"""(H, W) float32 in [0, 1]: 1 where the foreground is opaque."""

_ROUNDING = 1e-3
"""By so much may alpha lie beyond 0 and 1."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture of a video.

    Attributes
    ----------
    picture : ndarray or Planes
        (H, W, 3) uint8, R,G,B, full range; or the planes of luma and chroma that a camera or a decoder gave.
    pts : int
        Presentation timestamp in `time_base` units.
    time_base : Fraction
        Seconds per unit of `pts`.
    """

    picture: Rgb | Planes
    pts: int = 0
    time_base: Fraction = Fraction(1, 1000)
    _reduced: dict[tuple[int, int], Rgb] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def rgb(self) -> Rgb:
        """(H, W, 3) uint8, R,G,B, full range; made of the planes when somebody first asks for it."""
        return self.picture.rgb if isinstance(self.picture, Planes) else self.picture

    @property
    def planes(self) -> Planes | None:
        """The planes that the frame came as; None where it came in R,G,B."""
        return self.picture if isinstance(self.picture, Planes) else None

    @property
    def time(self) -> float:
        """Presentation time in seconds."""
        return float(self.pts * self.time_base)

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in pixels."""
        if isinstance(self.picture, Planes):
            return self.picture.size
        return self.picture.shape[1], self.picture.shape[0]

    def at(self, size: tuple[int, int]) -> Rgb:
        """Return the picture at another size (w, h), (h, w, 3) uint8; made once, as several stages ask for it."""
        if size not in self._reduced:
            planes = self.planes
            self._reduced[size] = reduced(self.rgb, size) if planes is None else planes.at(size)
        return self._reduced[size]

    def with_picture(self, picture: Rgb | Planes) -> Frame:
        """The same moment with another picture."""
        return replace(self, picture=picture)


def check_rgb(array: Any, name: str = "rgb", size: tuple[int, int] | None = None) -> Rgb:
    """Return `array` if it is a picture, (H, W, 3) uint8, not empty, and of `size` (w, h) where one is given.

    Raises
    ------
    ShapeError
        If it is not.
    """
    if not isinstance(array, np.ndarray) or array.dtype != np.uint8 or array.shape[2:] != (3,) or array.size == 0:
        raise ShapeError(
            f"{name} is {_describe(array)}; expected an array (H, W, 3) of uint8, in the order R,G,B, and not empty"
        )
    _check_size(array, size, name)
    return array


def check_alpha(array: Any, size: tuple[int, int] | None = None, *, most: tuple[int, int] | None = None) -> Alpha:
    """Return `array` if it is an alpha matte, (H, W) float32, of `size` (w, h), or of `most` at most, if given.

    Raises
    ------
    ShapeError
        If it is not. Its range is trusted, not measured.
    """
    if not isinstance(array, np.ndarray) or array.ndim != 2 or array.dtype != np.float32:
        raise ShapeError(f"alpha is {_describe(array)}; expected an array (H, W) of float32 in [0, 1]")
    _check_size(array, size, "alpha")
    if most is not None and (array.size == 0 or array.shape[1] > most[0] or array.shape[0] > most[1]):
        _check_size(array, most, "alpha")
    return array


def check_range(alpha: Alpha, name: str = "alpha") -> Alpha:
    """Return `alpha` if all of it lies in [0, 1], but for what rounding does.

    Raises
    ------
    ShapeError
        If it does not.
    """
    least, most = float(alpha.min()), float(alpha.max())  # NaN where one is in it
    if not (least >= -_ROUNDING and most <= 1 + _ROUNDING):
        reason = "has NaN in it" if isnan(least) else f"reaches from {least:g} to {most:g}"
        raise ShapeError(f"{name} {reason}; expected numbers in [0, 1]")
    return alpha


def _check_size(array: NDArray[Any], size: tuple[int, int] | None, name: str) -> None:
    if size is not None and (array.shape[1], array.shape[0]) != size:
        raise ShapeError(f"{name} is {array.shape[1]}x{array.shape[0]}; expected {size[0]}x{size[1]}, as the frame")


def _describe(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"an array {value.shape} of {value.dtype}"
    return f"a {type(value).__name__}"
