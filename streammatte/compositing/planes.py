"""Pictures as luma and chroma planes, as cameras, codecs and virtual cameras keep them, and to and from R,G,B."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, TypeVar, cast

import cv2
import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from streammatte.compositing.backdrop import Backdrop
    from streammatte.compositing.light import Light

__all__ = ["Cutout", "Plane", "Planes", "Twin", "TwinMatte", "from_rgb", "planes_of", "reduced", "to_rgb"]

_Rgb: TypeAlias = np.ndarray[tuple[int, int, int], np.dtype[np.uint8]]
_Levels: TypeAlias = np.ndarray[tuple[int, int], np.dtype[np.uint8]]
Plane: TypeAlias = np.ndarray[tuple[int, int], np.dtype[np.unsignedinteger[Any]]]
"""(H, W) uint8, or uint16 of which 10 bits are used."""
_Array = TypeVar("_Array", bound=npt.NDArray[Any])

_WEIGHTS = {
    1: (0.2126, 0.0722),
    4: (0.30, 0.11),
    5: (0.299, 0.114),
    6: (0.299, 0.114),
    7: (0.212, 0.087),
    9: (0.2627, 0.0593),
    10: (0.2627, 0.0593),
}
"""The shares of red and blue in luma, by the matrices of H.273."""


class TwinMatte(Protocol):
    """An alpha on a device, at the size of the planes there."""

    @property
    def levels(self) -> _Levels:
        """(H, W) uint8: alpha in steps of 1/255."""

    @property
    def own(self) -> tuple[_Levels, _Levels, _Levels]:
        """Y, U and V of the foreground's own colours, as `Estimate` finds them."""

    def over(self, backdrop: Backdrop | None, *, decontaminated: bool) -> tuple[_Levels, _Levels, _Levels]:
        """Return Y, U and V of the planes, or of the own colours, over a backdrop, or over the planes themselves."""


class Twin(Protocol):
    """Planes on a device, where what is large is made of them, up to rounding as it is made here."""

    def at(self, size: tuple[int, int]) -> _Rgb:
        """Return the picture in R,G,B at another size (w, h), (h, w, 3)."""

    def matte(self, small: npt.NDArray[np.float32]) -> TwinMatte:
        """Enlarge an alpha (h, w) float32 in [0, 1] along the edges of the planes."""


@dataclass(frozen=True, eq=False)
class Planes:
    """A picture of 8 or 10 bits, with chroma at its own size, half its width, or half its width and height.

    Attributes
    ----------
    y : ndarray
        (H, W) uint8, or uint16 for 10 bits; both sides even.
    u, v : ndarray
        (H, W), (H, W / 2) or (H / 2, W / 2), of the same type.
    matrix : int
        A code point of ITU-T H.273: 1 is BT.709, 6 BT.601, 9 BT.2020.
    full_range : bool
        Whether black and white are 0 and 255, not 16 and 235; of 10 bits 0 and 1023, not 64 and 940.
    to_rgb : callable
        Makes (H, W, 3) uint8 of these planes.
    light : Light or None
        What codes stand for in high dynamic range; None in an ordinary picture.
    twin : Twin or None
        The same planes on a device, once `join` has put them there.
    """

    y: Plane
    u: Plane
    v: Plane
    matrix: int
    full_range: bool
    to_rgb: Callable[[Planes], _Rgb]
    light: Light | None = field(default=None, kw_only=True)
    twin: Twin | None = field(default=None, init=False, repr=False)
    _lumas: dict[tuple[int, int], Plane] = field(default_factory=dict, init=False, repr=False)

    @cached_property
    def rgb(self) -> _Rgb:
        """The same as an ordinary picture in R,G,B."""
        return self.to_rgb(self)

    def join(self, make: Callable[[Planes], Twin]) -> None:
        """Make a twin of plain planes if there is none yet; from now on what is large is made there."""
        if self.twin is None and self.plain:
            object.__setattr__(self, "twin", make(self))

    def with_alpha(self, alpha: _Levels) -> Cutout:
        """The planes with an alpha, (H, W) uint8, beside them."""
        return Cutout(self.y, self.u, self.v, self.matrix, self.full_range, self.to_rgb, alpha, light=self.light)

    def where(self, seen: _Levels) -> Planes:
        """The planes where a mask (H, W) uint8 is not 0, and black elsewhere."""
        half = cv2.resize(seen, (self.u.shape[1], self.u.shape[0]), interpolation=cv2.INTER_NEAREST)
        y = cv2.copyTo(self.y, seen, np.full_like(self.y, self.black))
        u, v = (cv2.copyTo(each, half, np.full_like(each, self.neutral)) for each in (self.u, self.v))
        return replace(self, y=y, u=u, v=v)

    def with_each(self, change: Callable[[Plane], Plane]) -> Planes:
        """The planes with each of them changed in the same way."""
        return replace(self, y=change(self.y), u=change(self.u), v=change(self.v))

    @property
    def size(self) -> tuple[int, int]:
        """(w, h) in pixels."""
        return self.y.shape[1], self.y.shape[0]

    @property
    def depth(self) -> int:
        """The bits of each value."""
        return 8 if self.y.dtype == np.uint8 else 10

    @property
    def peak(self) -> int:
        """The largest value there can be."""
        return (1 << self.depth) - 1

    @property
    def black(self) -> int:
        """The value of black in luma."""
        return 0 if self.full_range else 16 << (self.depth - 8)

    @property
    def neutral(self) -> int:
        """The value in chroma of what has no colour."""
        return 1 << (self.depth - 1)

    @property
    def ordinary(self) -> bool:
        """Whether R,G,B of 8 bits can tell all that they hold."""
        return self.depth == 8 and self.light is None

    @property
    def plain(self) -> bool:
        """Whether they are what cameras give and take: 8 bits, chroma at half the size, no high dynamic range."""
        return self.ordinary and self.chroma_size(self.size) == _half(self.size)

    @property
    def luma_scale(self) -> float:
        """What a step of luma is of the way from black to white."""
        return 1 / (self.peak if self.full_range else 219 << (self.depth - 8))

    def chroma_size(self, size: tuple[int, int]) -> tuple[int, int]:
        """The (w, h) of chroma where luma is of `size`."""
        return size[0] * self.u.shape[1] // self.y.shape[1], size[1] * self.u.shape[0] // self.y.shape[0]

    def luma_at(self, size: tuple[int, int]) -> Plane:
        """Luma at another size (w, h), mostly a smaller one; made once, as several stages ask for it."""
        if size not in self._lumas:
            self._lumas[size] = reduced(self.y, size)
        return self._lumas[size]

    def all_at(self, size: tuple[int, int]) -> tuple[Plane, Plane, Plane]:
        """Y, U and V at another size (w, h), mostly a smaller one."""
        return self.luma_at(size), reduced(self.u, size), reduced(self.v, size)

    def at(self, size: tuple[int, int]) -> _Rgb:
        """The ordinary picture in R,G,B at another size (w, h), mostly a smaller one, (h, w, 3)."""
        if self.twin is not None:
            return self.twin.at(size)
        if self.light is not None:
            return self.light.ordinary(self.own_at(size))
        if self.depth > 8:
            return np.asarray(np.rint(self.own_at(size)), np.uint8)
        return np.asarray(cv2.transform(cv2.merge(self.all_at(size)), to_rgb(self.matrix, self.full_range)), np.uint8)

    def own_at(self, size: tuple[int, int]) -> npt.NDArray[np.float32]:
        """The codes of R,G,B, from 0 to 255 in whatever light, at another size (w, h), (h, w, 3) float32."""
        codes = cv2.transform(
            cv2.merge(self.all_at(size)).astype(np.float32), to_rgb(self.matrix, self.full_range, self.depth)
        )
        return np.asarray(np.clip(codes, 0, 255), np.float32)

    def drawn(self, rgb: npt.NDArray[Any], size: tuple[int, int] | None = None) -> tuple[Plane, Plane, Plane]:
        """Return Y, U and V of another picture, in these colours.

        Parameters
        ----------
        rgb : ndarray
            (h, w, 3): an ordinary picture in uint8, or in float32 codes from 0 to 255, as `own_at` gives them.
        size : tuple of int, optional
            The (W, H) to bring it to, both even; that of these planes by default.
        """
        size = size or self.size
        if self.light is not None and rgb.dtype == np.uint8:
            rgb = self.light.own(rgb)
        if self.depth == 8 and rgb.dtype == np.uint8:
            y, u, v = cv2.split(cv2.transform(rgb, from_rgb(self.matrix, self.full_range)))
        else:
            exact = cv2.transform(rgb.astype(np.float32), from_rgb(self.matrix, self.full_range, self.depth))
            y, u, v = cv2.split(np.rint(np.clip(exact, 0, self.peak)).astype(self.y.dtype))
        half = self.chroma_size(size)
        return reduced(y, size), reduced(u, half), reduced(v, half)


@dataclass(frozen=True, eq=False)
class Cutout(Planes):
    """Planes with alpha beside them.

    Attributes
    ----------
    alpha : ndarray
        (H, W) uint8: in steps of 1/255.
    """

    alpha: _Levels

    @cached_property
    def rgba(self) -> npt.NDArray[np.uint8]:
        """(H, W, 4) uint8."""
        return np.dstack([self.rgb, self.alpha])


def planes_of(rgb: _Rgb, size: tuple[int, int], matrix: int, full_range: bool) -> tuple[_Levels, _Levels, _Levels]:
    """Return y (H, W), u and v (H / 2, W / 2) of a picture (h, w, 3) uint8, brought to `size` (W, H), both even."""
    y, u, v = cv2.split(cv2.transform(rgb, from_rgb(matrix, full_range)))
    return reduced(y, size), reduced(u, _half(size)), reduced(v, _half(size))


def _half(size: tuple[int, int]) -> tuple[int, int]:
    return size[0] // 2, size[1] // 2


def reduced(picture: _Array, size: tuple[int, int]) -> _Array:
    """Return a picture, (H, W) or (H, W, 3) of any type, at another size (w, h), mostly a smaller one.

    Halves are taken as long as they do not fall below `size`: these are means, and cost next to nothing.
    """
    result: npt.NDArray[Any] = picture
    while (
        result.shape[1] >= 2 * size[0]
        and result.shape[0] >= 2 * size[1]
        and not (result.shape[0] % 2 or result.shape[1] % 2)
    ):
        half = result.shape[1] // 2, result.shape[0] // 2
        result = np.asarray(cv2.resize(result, half, interpolation=cv2.INTER_AREA), picture.dtype)
    if (result.shape[1], result.shape[0]) != size:
        much = result.shape[1] > 2 * size[0] or result.shape[0] > 2 * size[1]
        method = cv2.INTER_AREA if much else cv2.INTER_LINEAR
        result = np.asarray(cv2.resize(result, size, interpolation=method), picture.dtype)
    return cast("_Array", result)


@lru_cache
def from_rgb(matrix: int, full_range: bool, depth: int = 8) -> npt.NDArray[np.float32]:
    """(3, 4): what makes Y, U and V, of `depth` bits, of R, G, B and 1, from 0 to 255."""
    red, blue = _WEIGHTS[matrix]
    luma = np.array([red, 1 - red - blue, blue])
    rows = np.stack([luma, (np.eye(3)[2] - luma) / (2 * (1 - blue)), (np.eye(3)[0] - luma) / (2 * (1 - red))])
    one = 1 << (depth - 8)  # level of 8 bits
    black, luma_steps, chroma_steps = (0, 256 - 1 / one, 256 - 1 / one) if full_range else (16, 219, 224)
    steps, offsets = np.array([luma_steps, chroma_steps, chroma_steps]), np.array([black, 128, 128])
    return np.column_stack([rows * (one * steps[:, None] / 255), one * offsets]).astype(np.float32)


@lru_cache
def to_rgb(matrix: int, full_range: bool, depth: int = 8) -> npt.NDArray[np.float32]:
    """(3, 4): the way back."""
    there = from_rgb(matrix, full_range, depth).astype(np.float64)
    back = np.linalg.inv(there[:, :3])
    return np.column_stack([back, -back @ there[:, 3]]).astype(np.float32)
