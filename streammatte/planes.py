"""Pictures as luma and chroma planes, as cameras, codecs and virtual cameras keep them, and to and from R,G,B."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import Any, Protocol, TypeAlias, TypeVar, cast

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["Backdrop", "Cutout", "Planes", "Shaded", "Twin", "TwinMatte", "from_rgb", "planes_of", "reduced", "to_rgb"]

_Rgb: TypeAlias = np.ndarray[tuple[int, int, int], np.dtype[np.uint8]]
_Plane: TypeAlias = np.ndarray[tuple[int, int], np.dtype[np.uint8]]
_Array = TypeVar("_Array", bound=npt.NDArray[np.uint8])
_Made = TypeVar("_Made")

_WEIGHTS = {
    1: (0.2126, 0.0722),
    4: (0.30, 0.11),
    5: (0.299, 0.114),
    6: (0.299, 0.114),
    7: (0.212, 0.087),
    9: (0.2627, 0.0593),
}
"""The shares of red and blue in luma, by the matrices of H.273."""


class TwinMatte(Protocol):
    """An alpha on a device, at the size of the planes there."""

    @property
    def levels(self) -> _Plane:
        """(H, W) uint8: alpha in steps of 1/255."""

    @property
    def own(self) -> tuple[_Plane, _Plane, _Plane]:
        """Y, U and V of the foreground's own colours, as `estimate_planes` finds them."""

    def over(self, backdrop: Backdrop | None, *, decontaminated: bool) -> tuple[_Plane, _Plane, _Plane]:
        """Return Y, U and V of the planes, or of the own colours, over a backdrop, or over the planes themselves."""


class Twin(Protocol):
    """Planes on a device, where what is large is made of them, up to rounding as it is made here."""

    def at(self, size: tuple[int, int]) -> _Rgb:
        """Return the picture in R,G,B at another size (w, h), (h, w, 3)."""

    def matte(self, small: npt.NDArray[np.float32]) -> TwinMatte:
        """Enlarge an alpha (h, w) float32 in [0, 1] along the edges of the planes."""


@dataclass(frozen=True, eq=False)
class Planes:
    """A picture in 8 bits with chroma at half its size (4:2:0).

    Attributes
    ----------
    y : ndarray
        (H, W) uint8, both sides even.
    u, v : ndarray
        (H / 2, W / 2) uint8.
    matrix : int
        A code point of ITU-T H.273: 1 is BT.709, 6 BT.601, 9 BT.2020.
    full_range : bool
        Whether black and white are 0 and 255, not 16 and 235.
    to_rgb : callable
        Makes (H, W, 3) uint8 of these planes.
    twin : Twin or None
        The same planes on a device, once `join` has put them there.
    """

    y: _Plane
    u: _Plane
    v: _Plane
    matrix: int
    full_range: bool
    to_rgb: Callable[[Planes], _Rgb]
    twin: Twin | None = field(default=None, init=False, repr=False)

    @cached_property
    def rgb(self) -> _Rgb:
        """The same in R,G,B."""
        return self.to_rgb(self)

    def join(self, make: Callable[[Planes], Twin]) -> None:
        """Make a twin if there is none yet; from now on what is large is made there."""
        if self.twin is None:
            object.__setattr__(self, "twin", make(self))

    def with_alpha(self, alpha: _Plane) -> Cutout:
        """The planes with an alpha, (H, W) uint8, beside them."""
        return Cutout(self.y, self.u, self.v, self.matrix, self.full_range, self.to_rgb, alpha)

    def where(self, seen: _Plane) -> Planes:
        """The planes where a mask (H, W) uint8 is not 0, and black elsewhere."""
        half = cv2.resize(seen, (self.u.shape[1], self.u.shape[0]), interpolation=cv2.INTER_NEAREST)
        y = cv2.copyTo(self.y, seen, np.full_like(self.y, 0 if self.full_range else 16))
        u, v = (cv2.copyTo(each, half, np.full_like(each, 128)) for each in (self.u, self.v))
        return replace(self, y=y, u=u, v=v)

    def with_each(self, change: Callable[[_Plane], _Plane]) -> Planes:
        """The planes with each of them changed in the same way."""
        return replace(self, y=change(self.y), u=change(self.u), v=change(self.v))

    @property
    def size(self) -> tuple[int, int]:
        """(w, h) in pixels."""
        return self.y.shape[1], self.y.shape[0]

    @property
    def luma_scale(self) -> float:
        """What a step of luma is of the way from black to white."""
        return 1 / (255 if self.full_range else 219)

    def merged(self, size: tuple[int, int]) -> npt.NDArray[np.uint8]:
        """The planes at another size (w, h), mostly a smaller one, as (h, w, 3)."""
        return np.asarray(cv2.merge([reduced(plane, size) for plane in (self.y, self.u, self.v)]), np.uint8)

    def at(self, size: tuple[int, int]) -> _Rgb:
        """The picture in R,G,B at another size (w, h), mostly a smaller one, (h, w, 3)."""
        if self.twin is not None:
            return self.twin.at(size)
        return np.asarray(cv2.transform(self.merged(size), to_rgb(self.matrix, self.full_range)), np.uint8)


@dataclass(frozen=True, eq=False)
class Cutout(Planes):
    """Planes with alpha beside them.

    Attributes
    ----------
    alpha : ndarray
        (H, W) uint8: in steps of 1/255.
    """

    alpha: _Plane

    @cached_property
    def rgba(self) -> npt.NDArray[np.uint8]:
        """(H, W, 4) uint8."""
        return np.dstack([self.rgb, self.alpha])


class Backdrop:
    """A picture that stands behind a frame, converted when somebody asks and only once.

    Parameters
    ----------
    rgb : ndarray
        (h, w, 3) uint8.
    size : tuple of int, optional
        (w, h) at which it is shown; its own by default.

    Attributes
    ----------
    picture : ndarray
        (h, w, 3) uint8, as it was given.
    size : tuple of int
        (w, h) at which it is shown.
    """

    def __init__(self, rgb: _Rgb, size: tuple[int, int] | None = None) -> None:
        self.picture = rgb
        self.size = size or (rgb.shape[1], rgb.shape[0])
        self._made: dict[Hashable, Any] = {}

    @cached_property
    def rgb(self) -> _Rgb:
        """(H, W, 3) uint8."""
        return reduced(self.picture, self.size)

    def at(self, size: tuple[int, int]) -> _Rgb:
        """The picture at another size (w, h), mostly a smaller one."""
        return reduced(self.picture, size)

    def planes(self, like: Planes) -> tuple[_Plane, _Plane, _Plane]:
        """Return y, u, v in the colours of other planes."""
        colours = like.matrix, like.full_range
        return self.once(colours, lambda: planes_of(self.picture, self.size, *colours))

    def once(self, key: Hashable, make: Callable[[], _Made]) -> _Made:
        """Return what was made under a key, making it at first."""
        if key not in self._made:
            self._made[key] = make()
        return cast("_Made", self._made[key])


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
        self._steps: _Plane = np.rint(255 * light).astype(np.uint8)
        self.size = behind.size
        self._made = {}

    @cached_property
    def picture(self) -> _Rgb:  # type: ignore[override]
        """(H, W, 3) uint8."""
        return self._lit(self._behind.rgb)

    def at(self, size: tuple[int, int]) -> _Rgb:
        """The picture at another size (w, h), mostly a smaller one."""
        return self._lit(self._behind.at(size))

    def planes(self, like: Planes) -> tuple[_Plane, _Plane, _Plane]:
        """Return y, u, v in the colours of other planes: each of them goes towards what it is in black."""
        behind = self._behind
        y, u, v = behind.planes(like) if isinstance(behind, Backdrop) else (behind.y, behind.u, behind.v)
        half = self._steps_at((u.shape[1], u.shape[0]))
        return (
            _towards(0 if like.full_range else 16, y, self._steps_at(self.size)),
            _towards(128, u, half),
            _towards(128, v, half),
        )

    def _lit(self, rgb: _Rgb) -> _Rgb:
        steps = self._steps_at((rgb.shape[1], rgb.shape[0]))
        return np.asarray(cv2.multiply(rgb, cv2.merge([steps, steps, steps]), scale=1 / 255), np.uint8)

    def _steps_at(self, size: tuple[int, int]) -> _Plane:
        return np.asarray(cv2.resize(self._steps, size, interpolation=cv2.INTER_LINEAR), np.uint8)


def _towards(black: int, plane: _Plane, steps: _Plane) -> _Plane:
    """A plane in light of so many steps of 1/255."""
    rest = cv2.convertScaleAbs(steps, alpha=-black / 255, beta=black)
    return np.asarray(cv2.add(cv2.multiply(plane, steps, scale=1 / 255), rest), np.uint8)


def planes_of(rgb: _Rgb, size: tuple[int, int], matrix: int, full_range: bool) -> tuple[_Plane, _Plane, _Plane]:
    """Return y (H, W), u and v (H / 2, W / 2) of a picture (h, w, 3) uint8, brought to `size` (W, H), both even."""
    y, u, v = cv2.split(cv2.transform(rgb, from_rgb(matrix, full_range)))
    half = size[0] // 2, size[1] // 2
    return reduced(y, size), reduced(u, half), reduced(v, half)


def reduced(picture: _Array, size: tuple[int, int]) -> _Array:
    """Return a picture, (H, W) or (H, W, 3) uint8, at another size (w, h), mostly a smaller one.

    Halves are taken as long as they do not fall below `size`: these are means, and cost next to nothing.
    """
    result: npt.NDArray[np.uint8] = picture
    while result.shape[1] >= 2 * size[0] and not (result.shape[0] % 2 or result.shape[1] % 2):
        half = result.shape[1] // 2, result.shape[0] // 2
        result = np.asarray(cv2.resize(result, half, interpolation=cv2.INTER_AREA), np.uint8)
    if (result.shape[1], result.shape[0]) != size:
        much = result.shape[1] > 2 * size[0]
        method = cv2.INTER_AREA if much else cv2.INTER_LINEAR
        result = np.asarray(cv2.resize(result, size, interpolation=method), np.uint8)
    return cast("_Array", result)


@lru_cache
def from_rgb(matrix: int, full_range: bool) -> npt.NDArray[np.float32]:
    """(3, 4): what makes Y, U and V of R, G, B and 1, all in levels of 8 bits."""
    red, blue = _WEIGHTS[matrix]
    luma = np.array([red, 1 - red - blue, blue])
    rows = np.stack([luma, (np.eye(3)[2] - luma) / (2 * (1 - blue)), (np.eye(3)[0] - luma) / (2 * (1 - red))])
    steps, offsets = ((255, 255, 255), (0, 128, 128)) if full_range else ((219, 224, 224), (16, 128, 128))
    return np.column_stack([rows * np.array(steps)[:, None] / 255, offsets]).astype(np.float32)


@lru_cache
def to_rgb(matrix: int, full_range: bool) -> npt.NDArray[np.float32]:
    """(3, 4): the way back."""
    there = from_rgb(matrix, full_range).astype(np.float64)
    back = np.linalg.inv(there[:, :3])
    return np.column_stack([back, -back @ there[:, 3]]).astype(np.float32)
