"""The person in the new background's light."""

from __future__ import annotations

from math import exp, log

import cv2
import numpy as np
import numpy.typing as npt

from streammatte import Layers
from streammatte_filters.limits import within

__all__ = ["Match"]

_SIZE = 64, 48
"""(w, h) at which light is measured."""

_GAMMA = 2.2
"""Exponent from a level to light."""

_LUMA = np.array([0.2126, 0.7152, 0.0722])
"""The shares of R, G and B in luminance."""

_NORM = 6
"""Exponent p of the mean that stands for the colour of the light."""

_MOST_EXPOSURE = log(2)
"""Logarithm of most by which exposure changes: one stop."""

_MOST_COLOUR = log(1.5)
"""Logarithm of most by which a channel changes beside the others."""

_SOMEBODY = 0.01
"""Share of the frame that the person must cover to be measured."""

_STEADY_S = 2.0
"""Seconds in which a change of light is followed to 63 %."""

_Gains = npt.NDArray[np.float64]


class Match:
    """Brings the person's exposure and white balance towards the new background; put it after the background.

    Exposure goes by the mean luminance of the person and of the background, and changes by a stop at most. White
    balance goes by the colour of the light in the camera's whole picture, since skin is not grey, and in the
    background: shades of grey (Finlayson and Trezzi 2004), of which each channel is multiplied by the quotient (von
    Kries). Both follow slowly, so that nothing flickers, and start afresh with each video.

    Parameters
    ----------
    strength : float
        0 (none) to 100 (all the way).
    """

    def __init__(self, strength: float = 50.0) -> None:
        self._strength = within("strength", strength)
        self.reset()

    def reset(self) -> None:
        """Forget the light of earlier frames."""
        self._gains: _Gains | None = None
        self._time_s = 0.0

    def __call__(self, layers: Layers) -> Layers:
        """Return the layers with their foreground in other light."""
        if layers.keeps_background or self._strength == 0:
            return layers
        wanted, now_s = _wanted(layers), layers.frame.time
        if wanted is not None:
            share = 1.0 if self._gains is None else 1 - exp(-max(0.0, now_s - self._time_s) / _STEADY_S)
            self._gains = wanted if self._gains is None else self._gains + share * (wanted - self._gains)
            self._time_s = now_s
        if self._gains is None:
            return layers
        curves = _curves(np.exp(self._gains * self._strength / 100))
        return layers.with_foreground(np.asarray(cv2.LUT(layers.foreground, curves), np.uint8))


def _wanted(layers: Layers) -> _Gains | None:
    """Logarithms (3,) of what R, G and B, as light, are to be multiplied by; None where nobody or nothing is there."""
    background, alpha = layers.background_at(_SIZE), layers.alpha_at(_SIZE)
    if background is None or alpha.mean() < _SOMEBODY:
        return None
    new, old = _light(background), _light(layers.frame.at(_SIZE))  # (h, w, 3)
    exposure = log((new @ _LUMA).mean() / np.average(old @ _LUMA, weights=alpha))
    colour = np.log(_shade(new) / _shade(old))
    colour -= colour @ _LUMA
    colour *= _MOST_COLOUR / max(_MOST_COLOUR, np.abs(colour).max())
    return np.asarray(colour + np.clip(exposure, -_MOST_EXPOSURE, _MOST_EXPOSURE), np.float64)


def _light(rgb: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
    """Light (h, w, 3) in (0, 1], with a little in black."""
    return np.maximum(rgb / 255, 1 / 255) ** _GAMMA


def _shade(light: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The Minkowski norm (3,) of a picture (h, w, 3): grey, were the light on it white."""
    return np.asarray((light**_NORM).mean((0, 1)) ** (1 / _NORM), np.float64)


def _curves(gains: _Gains) -> npt.NDArray[np.uint8]:
    """(1, 256, 3): levels of R, G and B with their light multiplied; where it grows, white stays white."""
    level = np.linspace(0, 1, 256)[:, None]
    steps = gains ** (1 / _GAMMA)  # (3,)
    curves = level * steps / np.where(steps > 1, 1 + (steps - 1) * level, 1)
    return np.asarray(np.rint(255 * curves), np.uint8)[None]
