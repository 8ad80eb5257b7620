"""A frame taken apart into foreground, alpha and background, which the filters edit."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import cv2
import numpy as np

from streammatte.compositing.backdrop import Backdrop, Shaded
from streammatte.compositing.crop import Crop
from streammatte.compositing.decontamination import Estimate, estimate_foreground
from streammatte.compositing.frames import Alpha, Frame, Rgb, check_alpha, check_range, check_rgb
from streammatte.compositing.over import over, over_planes, premultiply
from streammatte.compositing.planes import Planes, TwinMatte, reduced
from streammatte.compositing.refine import Matte, WholeMatte

__all__ = ["Layers"]

_MAKERS = (Frame, Estimate, Backdrop)
"""What may stand for a layer of colours and makes it when somebody asks; for alpha it is always a matte."""


class _Layer:
    """A field that may hold an array, or what makes one when somebody asks for it: its attribute `makes`."""

    def __init__(self, makes: str) -> None:
        self._makes = makes

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, layers: object | None, owner: type) -> Any:
        if layers is None:
            raise AttributeError(self._name)  # so that it is no default
        held = vars(layers)[self._name]
        return held if held is None or isinstance(held, np.ndarray) else getattr(held, self._makes)

    def __set__(self, layers: object, value: object) -> None:
        vars(layers)[self._name] = value


@dataclass(frozen=True, eq=False)
class Layers:
    """What a filter takes and returns. Filters edit a layer; none of them composites.

    Layers are found when somebody asks for them: of what nobody asks for, alpha at the frame's size and R,G,B among
    it, nothing is made.

    Attributes
    ----------
    frame : Frame
        The frame as it came from the source.
    alpha : ndarray
        (H, W) float32 in [0, 1].
    foreground : ndarray
        (H, W, 3) uint8, straight colours of the foreground.
    background : ndarray or None
        (H, W, 3) uint8; None where there is no background at all (a transparent result).
    """

    frame: Frame
    alpha: Alpha = _Layer("alpha")  # type: ignore[assignment]
    foreground: Rgb = _Layer("rgb")  # type: ignore[assignment]
    background: Rgb | None = _Layer("rgb")  # type: ignore[assignment]

    def __post_init__(self) -> None:
        vars(self)["alpha"] = WholeMatte(self.holds("alpha"), self.frame)

    @classmethod
    def of(cls, frame: Frame, alpha: Alpha) -> Layers:
        """Take `frame` apart; foreground and background are both the frame itself, so that nothing is changed yet.

        An `alpha` (h, w) that is smaller than the frame is brought to its size, along its edges.
        """
        kind = WholeMatte if (alpha.shape[1], alpha.shape[0]) == frame.size else Matte
        return _made(frame=frame, alpha=kind(alpha, frame), foreground=frame, background=frame)

    @classmethod
    def opaque(cls, frame: Frame) -> Layers:
        """Take all of `frame` for foreground."""
        return cls.of(frame, np.ones((1, 1), np.float32))

    def with_alpha(self, alpha: Alpha) -> Layers:
        """The same layers with another alpha, (H, W) float32 in [0, 1]."""
        return self._with(alpha=WholeMatte(alpha, self.frame))

    def with_foreground(self, foreground: Rgb) -> Layers:
        """The same layers with another foreground, (H, W, 3) uint8, straight."""
        return self._with(foreground=foreground)

    def with_background(self, background: Rgb | Backdrop | None) -> Layers:
        """The same layers with another background, (H, W, 3) uint8; None for none at all.

        A `Backdrop` that stays the same from frame to frame is converted once.
        """
        return self._with(background=background)

    @property
    def keeps_background(self) -> bool:
        """Whether the background is still the frame itself."""
        background, picture = self.holds("background"), self.frame.picture
        made = vars(picture).get("rgb") if isinstance(picture, Planes) else picture  # what nobody made, nobody has
        return background is self.frame or (made is not None and background is made)

    def alpha_at(self, size: tuple[int, int]) -> Alpha:
        """Return alpha at another size (w, h), mostly a smaller one, (h, w) float32 in [0, 1]."""
        found = self.holds("alpha").small
        shrinks = size[0] < found.shape[1]
        return np.asarray(
            cv2.resize(found, size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR), np.float32
        )

    def background_at(self, size: tuple[int, int]) -> Rgb | None:
        """Return the background at another size (w, h), mostly a smaller one, (h, w, 3) uint8; None for none."""
        background = self.holds("background")
        if background is None:
            return None
        return reduced(background, size) if isinstance(background, np.ndarray) else background.at(size)

    def backdrop_at(self, size: tuple[int, int]) -> Backdrop | None:
        """Return the background at another size (w, h), mostly a smaller one; None for none.

        Where it is the frame itself, of more than 8 bits or in high dynamic range, the picture is in float32 codes.
        """
        planes = self.frame.planes
        held = self.holds("background")
        of_frame = self.keeps_background or (isinstance(held, Backdrop) and held.of_frame)
        if self.keeps_background and planes is not None and not planes.ordinary:
            return Backdrop(planes.own_at(size), light=planes.light, of_frame=of_frame)
        background = self.background_at(size)
        return None if background is None else Backdrop(background, of_frame=of_frame)

    def shaded(self, light: Alpha) -> Layers:
        """The same layers with each pixel of the background times `light`, (h, w) float32 in [0, 1] of any size."""
        background = self.holds("background")
        if background is None:
            return self
        behind = _behind(background, self.frame.size)
        full = behind if isinstance(behind, Backdrop) else behind.planes or Backdrop(behind.rgb, of_frame=True)
        return self._with(background=Shaded(full, light))

    def decontaminated(self) -> Layers:
        """The same layers with the foreground's own colours where alpha is soft, found when somebody asks for them."""
        if self.holds("foreground") is self.frame:
            return self._with(foreground=Estimate(self.frame, self.holds("alpha")))
        return self._with(foreground=estimate_foreground(self.foreground, self.alpha))

    def cropped(self, left: float, top: float, share: float) -> Layers:
        """The layers of a part of the frame, enlarged to its size and never stretched.

        The background is cropped where it is the frame itself or was made of it, as a blurred one was; another stays
        as it is, and only the light on it moves. What is cropped has no twin on a device: it is composited on the CPU.

        Parameters
        ----------
        left, top : float
            Where the part begins, in widths and heights of the frame, from 0.
        share : float
            How wide and high it is, in the same: above 0, at most 1 - `left` and 1 - `top`.
        """
        crop, picture = Crop(left, top, share), self.frame.picture
        frame = self.frame.with_picture(picture.with_each(crop) if isinstance(picture, Planes) else crop(picture))
        alpha, front, back = (self.holds(name) for name in ("alpha", "foreground", "background"))
        part = alpha.cropped(crop, frame)
        if isinstance(front, Estimate):
            front = Estimate(frame, part if front.alpha is alpha else front.alpha.cropped(crop, frame))
        else:
            front = frame if front is self.frame else crop(front)
        if isinstance(back, Backdrop):
            back = back.cropped(crop)
        return _made(frame=frame, alpha=part, foreground=front, background=frame if self.keeps_background else back)

    @cached_property
    def composite(self) -> Frame:
        """The layers put together, computed once; over black where there is no background.

        It comes as planes where the frame did.
        """
        frame, back = self.frame, self.holds("background")
        changed = self.holds("foreground") is not frame
        if not changed and self.keeps_background:
            return frame
        twin = self._twin
        if frame.planes is not None and twin is not None:
            behind = _behind(back, frame.size)
            y, u, v = twin.over(behind if isinstance(behind, Backdrop) else None, decontaminated=changed)
            return frame.with_picture(replace(frame.planes, y=y, u=u, v=v))
        front, alpha = self.holds("foreground"), self.holds("alpha")
        if frame.planes is not None and isinstance(front, Estimate) and front.alpha is alpha:
            return frame.with_picture(over_planes(frame.planes, alpha.bands, _planes(back, frame.planes), front.soft))
        planes = self.foreground_planes
        if planes is not None:
            return frame.with_picture(over_planes(planes, alpha.bands, _planes(back, planes)))
        return frame.with_picture(self._over)

    @cached_property
    def ordinary(self) -> Frame:
        """The layers put together for whoever shows ordinary pictures: in R,G,B where the frame is HDR.

        What is behind keeps its levels; by way of HDR, white would make room for what is brighter.
        """
        planes = self.frame.planes
        if planes is None or planes.light is None:
            return self.composite
        return self.frame.with_picture(self._over)

    @property
    def _over(self) -> Rgb:
        """The layers put together in R,G,B."""
        if self.background is None:
            return premultiply(self.foreground, self.alpha)
        return over(self.foreground, self.alpha, self.background)

    @cached_property
    def foreground_planes(self) -> Planes | None:
        """The foreground as planes; None where the frame did not come so."""
        front, planes = self.holds("foreground"), self.frame.planes
        if planes is None or not isinstance(front, np.ndarray):
            return None if planes is None else front.planes
        y, u, v = planes.drawn(front)
        return replace(planes, y=y, u=u, v=v)

    @property
    def _twin(self) -> TwinMatte | None:
        """Alpha on a device, if filters have changed neither it nor what the foreground's colours are made of."""
        alpha, front = self.holds("alpha"), self.holds("foreground")
        same = front is self.frame or (isinstance(front, Estimate) and front.alpha is alpha)
        return alpha.twin if same else None

    @cached_property
    def levels(self) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
        """Alpha in steps of 1/255, (H, W) uint8."""
        matte: Matte = self.holds("alpha")
        return matte.levels

    def check_edits(self, before: Layers) -> None:
        """Look at the arrays that have come in the place of what `before` holds.

        Raises
        ------
        ShapeError
            If one is not of the frame's size and of its kind, a backdrop is shown at another, or alpha not in [0, 1].
        """
        alpha, size = self.holds("alpha"), before.frame.size
        if isinstance(alpha, WholeMatte) and alpha is not before.holds("alpha"):
            check_range(check_alpha(alpha.small, size))
        for name in ("foreground", "background"):
            held = self.holds(name)
            nothing = held is None and name == "background"
            if held is before.holds(name) or nothing:
                continue
            if isinstance(held, Backdrop):
                held.check_shown(size)
            elif not isinstance(held, _MAKERS):
                check_rgb(held, name, size)

    def holds(self, name: str) -> Any:
        """What stands for the layer called `name`: an array, or what makes one when somebody asks."""
        return vars(self)[name]

    def _with(self, **changed: object) -> Layers:
        held = {name: self.holds(name) for name in ("frame", "alpha", "foreground", "background")}
        return _made(**{**held, **changed})


def _made(**held: object) -> Layers:
    """Layers that hold arrays, or what makes them."""
    layers = Layers.__new__(Layers)
    vars(layers).update(held)
    return layers


def _behind(background: Frame | Backdrop | Rgb | None, size: tuple[int, int]) -> Frame | Backdrop:
    """What a background is planes of."""
    if isinstance(background, (Frame, Backdrop)):
        return background
    return Backdrop(np.zeros((1, 1, 3), np.uint8) if background is None else background, size)


def _planes(background: Frame | Backdrop | Rgb | None, like: Planes) -> tuple[Any, Any, Any]:
    """Y, U and V of a background in the colours of other planes."""
    behind = _behind(background, like.size)
    if isinstance(behind, Backdrop):
        return behind.planes(like)
    assert behind.planes is not None
    return behind.planes.y, behind.planes.u, behind.planes.v
