"""Pictures that stand behind many frames."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import cached_property
from typing import Any, TypeAlias, TypeVar, cast

import cv2
import numpy as np
import numpy.typing as npt

from streammatte.compositing.crop import Crop
from streammatte.compositing.light import Light
from streammatte.compositing.planes import Plane, Planes, reduced
from streammatte.errors import ShapeError

__all__ = ["Backdrop", "Shaded"]

_Rgb: TypeAlias = np.ndarray[tuple[int, int, int], np.dtype[np.uint8]]
_Levels: TypeAlias = np.ndarray[tuple[int, int], np.dtype[np.uint8]]
_Made = TypeVar("_Made")


class Backdrop:
    """A picture that stands behind a frame, converted when somebody asks and only once.

    Parameters
    ----------
    rgb : ndarray
        (h, w, 3): an ordinary picture in uint8, or float32 codes from 0 to 255, as `Planes.own_at` gives them.
    size : tuple of int, optional
        (w, h) at which it is shown; its own by default.
    light : Light, optional
        What codes stand for, if that is high dynamic range.
    of_frame : bool
        Whether it was made of the frame that it stands behind, as a blurred one was: it is cropped with the frame.

    Attributes
    ----------
    picture : ndarray
        (h, w, 3), as it was given.
    size : tuple of int
        (w, h) at which it is shown.
    of_frame : bool
        As it was given.

    Raises
    ------
    ShapeError
        If it is no picture.
    """

    def __init__(
        self,
        rgb: npt.NDArray[Any],
        size: tuple[int, int] | None = None,
        light: Light | None = None,
        *,
        of_frame: bool = False,
    ) -> None:
        if rgb.shape[2:] != (3,) or rgb.dtype not in (np.uint8, np.float32):
            raise ShapeError(f"a backdrop is {rgb.dtype} {rgb.shape}; expected an array (h, w, 3) of uint8 or float32")
        self.picture = rgb
        self.of_frame = of_frame
        self.light = light
        self.size = size or (rgb.shape[1], rgb.shape[0])
        self._made: dict[Hashable, Any] = {}

    @cached_property
    def rgb(self) -> _Rgb:
        """(H, W, 3) uint8: the ordinary picture."""
        return self._ordinary(self.size)

    def check_shown(self, size: tuple[int, int]) -> None:
        """Refuse a frame of another size (w, h) than the one at which it is shown.

        Raises
        ------
        ShapeError
            If it is one.
        """
        if self.size != size:
            (wide, high), (width, height) = self.size, size
            raise ShapeError(
                f"background is a Backdrop that is shown at {wide}x{high}; expected {width}x{height}, as the frame",
                remedy="give it that size: Backdrop(picture, layers.frame.size)",
            )

    def at(self, size: tuple[int, int]) -> _Rgb:
        """The ordinary picture at another size (w, h), mostly a smaller one, (h, w, 3) uint8."""
        return self._ordinary(size)

    def with_picture(self, picture: npt.NDArray[Any], size: tuple[int, int]) -> Backdrop:
        """Another picture, of the same type, in the same light and made of the same, shown at `size` (w, h)."""
        return Backdrop(picture, size, self.light, of_frame=self.of_frame)

    def cropped(self, crop: Crop) -> Backdrop:
        """What stands behind a part of the frame: that part where it was made of the frame, else all of it."""
        return self.with_picture(crop(self.picture), self.size) if self.of_frame else self

    def planes(self, like: Planes) -> tuple[Plane, Plane, Plane]:
        """Return y, u, v in the colours of other planes."""
        colours = like.matrix, like.full_range, like.depth, like.light, like.chroma_size(self.size)
        return self.once(colours, lambda: like.drawn(self.picture, self.size))

    def once(self, key: Hashable, make: Callable[[], _Made]) -> _Made:
        """Return what was made under a key, making it at first."""
        if key not in self._made:
            self._made[key] = make()
        return cast("_Made", self._made[key])

    def _ordinary(self, size: tuple[int, int]) -> _Rgb:
        picture = reduced(self.picture, size)
        if picture.dtype == np.uint8:
            return picture
        return np.asarray(np.rint(picture) if self.light is None else self.light.ordinary(picture), np.uint8)


class Shaded(Backdrop):
    """A picture that stands behind a frame, in less light.

    Parameters
    ----------
    behind : Backdrop or Planes
        The picture in full light.
    light : ndarray
        (h, w) float32 in [0, 1], of any size: by what each pixel is multiplied.
    """

    def __init__(self, behind: Backdrop | Planes, light: npt.NDArray[np.float32]) -> None:
        self._behind = behind
        self._steps: _Levels = np.rint(255 * light).astype(np.uint8)
        self.size = behind.size
        self.light = None
        self.of_frame = not isinstance(behind, Backdrop) or behind.of_frame
        self._made = {}

    @cached_property
    def picture(self) -> _Rgb:  # type: ignore[override]
        """(H, W, 3) uint8."""
        return self._lit(self._behind.rgb)

    def at(self, size: tuple[int, int]) -> _Rgb:
        """The picture at another size (w, h), mostly a smaller one."""
        return self._lit(self._behind.at(size))

    def cropped(self, crop: Crop) -> Shaded:
        """What stands behind a part of the frame, in the light that falls there."""
        behind = self._behind
        part = behind.cropped(crop) if isinstance(behind, Backdrop) else behind.with_each(crop)
        return Shaded(part, np.float32(1 / 255) * crop(self._steps))

    def planes(self, like: Planes) -> tuple[Plane, Plane, Plane]:
        """Return y, u, v in the colours of other planes: each of them goes towards what it is in black."""
        behind = self._behind
        y, u, v = behind.planes(like) if isinstance(behind, Backdrop) else (behind.y, behind.u, behind.v)
        half = self._steps_at((u.shape[1], u.shape[0]))
        return (
            _towards(like.black, y, self._steps_at(self.size)),
            _towards(like.neutral, u, half),
            _towards(like.neutral, v, half),
        )

    def _lit(self, rgb: _Rgb) -> _Rgb:
        steps = self._steps_at((rgb.shape[1], rgb.shape[0]))
        return np.asarray(cv2.multiply(rgb, cv2.merge([steps, steps, steps]), scale=1 / 255), np.uint8)

    def _steps_at(self, size: tuple[int, int]) -> _Levels:
        return np.asarray(cv2.resize(self._steps, size, interpolation=cv2.INTER_LINEAR), np.uint8)


def _towards(black: int, plane: Plane, steps: _Levels) -> Plane:
    """A plane in light of so many steps of 1/255."""
    rest = cv2.LUT(steps, np.rint(black * (1 - np.arange(256) / 255)).astype(plane.dtype))
    lit = cv2.multiply(plane, steps.astype(plane.dtype, copy=False), scale=1 / 255)
    return np.asarray(cv2.add(lit, rest), plane.dtype)
