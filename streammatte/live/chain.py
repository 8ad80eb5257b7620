"""The chain of a running session: what the user changes falls between two frames."""

from __future__ import annotations

from collections.abc import Callable, Container
from math import inf

import cv2
import numpy as np

from streammatte.chain import Chain, ChainTimes, filtered
from streammatte.compositing.backdrop import Backdrop
from streammatte.compositing.frames import Alpha, Frame, Rgb
from streammatte.compositing.layers import Layers
from streammatte.compositing.planes import Planes
from streammatte.live.card import card
from streammatte.live.carry import CarryingMatter
from streammatte.live.controls import LiveControls
from streammatte.live.look import Look
from streammatte.stages import Filter, reset_all

__all__ = ["LiveChain"]


class LiveChain(Chain):
    """Makes the layers of each frame as the look of its moment says.

    While the look is off, frozen or covered, the network rests. After that, and after the camera was closed or lost,
    everything is reset. Where matting fails, a card stands for the frame, and the next is tried; and for the first one
    after matting was off, as the room must not stay should the next alpha be long in coming. The filters belong to the
    controls, which close them.

    Parameters
    ----------
    controls : LiveControls
        What the user wants.
    matter : CarryingMatter
        Finds alpha; the network in it is replaced when the controls have loaded another.
    since : callable
        Returns the time in seconds of the first frame since the camera was opened.

    Attributes
    ----------
    shown : Layers or None
        The last layers that were matted or, with matting off, taken as they are; filtered.
    matted : Layers or None
        The last before anything is put behind; None while matting rests.
    failed : int
        Frames that a card stood for as matting failed.
    """

    def __init__(self, controls: LiveControls, matter: CarryingMatter, since: Callable[[], float]) -> None:
        super().__init__(matter)
        self.shown: Layers | None = None
        self.failed = 0
        self._bare = False  # whether the room is shown
        self._told = ""  # why it failed last
        self._controls = controls
        self._carrying = matter
        self._since = since
        self._last_s = -inf  # of what is remembered
        self._steps = _Guarded((), controls.notify)
        self._follow(controls.take())

    @property
    def matted(self) -> Layers | None:
        return self._steps.taken if self._look.on and not self._look.covered else None

    def __call__(self, frame: Frame) -> tuple[Layers, ChainTimes]:
        """Return the layers as they shall look; a card if that fails, as the room must not be shown in their place."""
        try:
            return self._made(frame)
        except Exception as error:  # a matter may be anybody's, and a call must go on
            self.failed += 1
            self._last_s = -inf
            text = f"{str(error) or repr(error)}; a card is shown while matting fails"
            if text != self._told:
                self._told = text
                self._controls.notify(text)
            return _standing(card(frame.size), frame), ChainTimes()

    def _made(self, frame: Frame) -> tuple[Layers, ChainTimes]:
        look = self._controls.take()
        if look is not self._look:
            self._follow(look)
        hides = look.on and self._bare
        if hides:
            self._bare, self.shown = False, None
        held = card(frame.size) if look.covered or hides else self.shown if look.frozen else None
        if held is not None:
            self._last_s = -inf
            return _standing(held, frame), ChainTimes()
        if self._last_s < self._since() <= frame.time:
            self.reset()
        self._last_s = frame.time if look.on else -inf
        self._bare = not look.on
        self.shown, times = super().__call__(frame)
        return self.shown, times

    def _follow(self, look: Look) -> None:
        self._look = look
        if look.steps is not self._steps.steps:
            before = {id(step) for step in self._steps.steps}  # which remember, and go on
            self._steps = _Guarded(look.steps, self._controls.notify)
            self._steps.reset(known=before)
        self._matter, self._smoother = (self._carrying, look.smoother) if look.on else (_Opaque(), None)
        steps: tuple[tuple[bool, Filter], ...] = (
            (look.on, self._steps),
            (look.show_alpha, _alpha_shown),
            (look.mirror, _mirrored),
        )
        self._filters = tuple(step for wanted, step in steps if wanted)
        if look.matter is not None and look.matter is not self._carrying.matter:
            self._carrying.matter = look.matter
            self._carrying.reset()


def _standing(held: Layers, frame: Frame) -> Layers:
    """The picture of `held` in the place of `frame`."""
    return Layers.opaque(frame.with_picture(held.composite.picture))


class _Opaque:
    """Takes all for foreground, so that nothing is replaced; a `Matter`."""

    def matte(self, frame: Frame) -> Alpha:
        return np.ones((1, 1), np.float32)

    def reset(self) -> None: ...


class _Guarded:
    """The filters up to the first that has ever failed; grey hides the room then. A `Filter` itself."""

    def __init__(self, steps: tuple[Filter, ...], notify: Callable[[str], None]) -> None:
        self.steps = steps
        self.taken: Layers | None = None
        self._working = len(steps)
        self._notify = notify

    def __call__(self, layers: Layers) -> Layers:
        self.taken = layers
        for count, step in enumerate(self.steps[: self._working]):
            try:
                layers = filtered(layers, step)
            except Exception as error:  # a filter may be anybody's, and a call must go on
                self._give_up(count, error)
                break
        if self._working < len(self.steps):
            return layers.with_background(Backdrop(np.full((1, 1, 3), 128, np.uint8), layers.frame.size))
        return layers

    def reset(self, *, known: Container[int] = ()) -> None:
        for count, step in enumerate(self.steps[: self._working]):
            try:
                reset_all(() if id(step) in known else (step,))
            except Exception as error:
                self._give_up(count, error)
                break

    def _give_up(self, count: int, error: Exception) -> None:
        self._working = count
        self._notify(f"{str(error) or repr(error)}; the background is grey until the background or the filters change")


def _alpha_shown(layers: Layers) -> Layers:
    grey = np.asarray(cv2.merge([layers.levels] * 3), np.uint8)
    return Layers.opaque(layers.frame.with_picture(grey))


def _mirrored(layers: Layers) -> Layers:
    picture = layers.composite.picture
    if isinstance(picture, Planes):
        flipped: Rgb | Planes = picture.with_each(lambda plane: np.ascontiguousarray(plane[:, ::-1]))
    else:
        flipped = np.ascontiguousarray(picture[:, ::-1])
    return Layers.opaque(layers.frame.with_picture(flipped))
