"""Matter, smoother and filter in one, so that what the user changes falls between two frames."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from streammatte.frames import Alpha, Frame, Rgb
from streammatte.layers import Layers
from streammatte.live.carry import CarryingMatter
from streammatte.live.controls import LiveControls
from streammatte.live.look import Look

__all__ = ["Switchboard"]


class Switchboard:
    """Follows the controls; give it to `run` as matter, as smoother and as the only filter.

    The look is taken up in `matte`, once for each frame. While it is off or frozen, the network rests.

    Parameters
    ----------
    controls : LiveControls
        What the user wants.
    matter : CarryingMatter
        Finds alpha; the network in it is replaced when the controls have loaded another.

    Attributes
    ----------
    shown : Layers or None
        The last layers, as they were given out.
    """

    def __init__(self, controls: LiveControls, matter: CarryingMatter) -> None:
        self._controls = controls
        self._matter = matter
        self._look: Look = controls.look
        self._steps = self._working = self._look.steps
        self.shown: Layers | None = None

    def reset(self) -> None:
        """Forget earlier frames."""
        self._matter.reset()
        if self._look.smoother is not None:
            self._look.smoother.reset()

    def matte(self, frame: Frame) -> Alpha:
        """Return alpha, (H, W) float32 in [0, 1]; 1 everywhere while nothing is replaced."""
        self._look = self._controls.look
        fresh = self._controls.take_matter()
        if fresh is not None:
            self._matter.matter = fresh
            self._matter.reset()
        if self._passes():
            return np.ones(frame.rgb.shape[:2], np.float32)
        return self._matter.matte(frame)

    def smooth(self, alpha: Alpha, frame: Frame) -> Alpha:
        """Return the steadied alpha."""
        if self._look.smoother is None or self._passes():
            return alpha
        return self._look.smoother.smooth(alpha, frame)

    def __call__(self, layers: Layers) -> Layers:
        """Return the layers as they shall look."""
        look = self._look
        if look.frozen and self.shown is not None:
            return replace(self.shown, frame=replace(layers.frame, rgb=self.shown.frame.rgb))
        if look.on:
            layers = self._edited(layers, look)
        if look.show_alpha:
            white = np.full_like(layers.foreground, 255)
            layers = replace(layers, foreground=white, background=np.zeros_like(white))
        if look.mirror:
            layers = _mirrored(layers)
        self.shown = layers
        return layers

    def _edited(self, layers: Layers, look: Look) -> Layers:
        """Apply the look's steps up to the first that has ever failed; grey hides the room then."""
        if look.steps is not self._steps:
            self._steps, self._working = look.steps, look.steps
        for count, step in enumerate(self._working):
            try:
                layers = step(layers)
            except Exception as error:  # a filter may be anybody's, and a call must go on
                self._working = self._working[:count]
                self._controls.notify(
                    f"{str(error) or repr(error)}; the background is grey until the background or the filters change"
                )
                break
        if self._working is not look.steps:
            return replace(layers, background=np.full_like(layers.foreground, 128))
        return layers

    def _passes(self) -> bool:
        return not self._look.on or (self._look.frozen and self.shown is not None)


def _mirrored(layers: Layers) -> Layers:
    background = layers.background if layers.background is None else _flipped(layers.background)
    alpha = np.ascontiguousarray(layers.alpha[:, ::-1])
    frame = layers.frame.with_rgb(_flipped(layers.frame.rgb))
    return Layers(frame, alpha, _flipped(layers.foreground), background)


def _flipped(rgb: Rgb) -> Rgb:
    return np.ascontiguousarray(rgb[:, ::-1])
