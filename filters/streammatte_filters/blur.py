"""The blurred background."""

from __future__ import annotations

from math import log2, sqrt

import cv2
import numpy as np
import numpy.typing as npt

from streammatte import Alpha, Backdrop, FilterError, Layers, Rgb

__all__ = ["BackgroundBlur"]

_FULL = 0.05
"""Deviation of the blur at full strength, in heights of the frame."""

_FINE_PX = 1.25
"""Deviation down to which the picture is reduced before it is blurred."""

_COVERED = 1 / 8
"""Alpha from which a pixel has too much of the person's colour to lend its own to the background."""

_LITTLE = 1e-3
"""Weight of what stands in where nearly all is hidden."""


class BackgroundBlur:
    """Blurs the background, without the person's colours.

    Only pixels that show the background alone lend their colour to it (normalised convolution), so that the person does
    not glow into it. A background that another filter put there is blurred as it is.

    Parameters
    ----------
    strength : float
        0 (none) to 100. It is relative to the frame's height: the look is the same at any size.

    Attributes
    ----------
    strength : float
    """

    def __init__(self, strength: float = 40.0) -> None:
        if not 0 <= strength <= 100:
            raise FilterError(f"strength is {strength:g}; expected 0 (none) to 100")
        self.strength = strength

    def __call__(self, layers: Layers) -> Layers:
        """Return the layers with their background blurred."""
        if self.strength == 0:
            return layers
        width, height = layers.frame.size
        deviation_px = self.strength / 100 * _FULL * height
        reduction = 2 ** max(1, int(log2(deviation_px / _FINE_PX)))
        size = max(1, round(width / reduction)), max(1, round(height / reduction))
        background = layers.background_at(size)  # (h, w, 3)
        if background is None:
            return layers
        hidden = layers.alpha_at(size) if layers.keeps_background else np.zeros(size[::-1], np.float32)
        return layers.with_background(Backdrop(_blurred(background, hidden, deviation_px / reduction), (width, height)))


def _blurred(rgb: Rgb, hidden: Alpha, deviation_px: float) -> Rgb:
    """Blur a reduced picture (h, w, 3) by a Gaussian, leaving out what is `hidden` (h, w)."""
    size = rgb.shape[1], rgb.shape[0]
    colours = rgb.astype(np.float32)
    weight = _background_alone(hidden)
    weighted = colours * _three(weight)
    # Reducing and enlarging blur too: a box and a triangle, of variance 1/12 and 1/6.
    deviation = sqrt(max(0.1, deviation_px**2 - 1 / 4))
    near, near_weight = (
        cv2.GaussianBlur(each, (0, 0), deviation, borderType=cv2.BORDER_REFLECT)  # mirrored at the very border
        for each in (weighted, weight)
    )
    # Deep inside the person no background is near: there the colours come from far around, or else from everywhere.
    around = size[0] // 2 | 1, size[1] // 2 | 1
    far, far_weight = (cv2.blur(each, around) for each in (weighted, weight))
    mean = (weighted.mean((0, 1)) + _LITTLE * colours.mean((0, 1))) / (weight.mean() + _LITTLE)
    far = (far + np.float32(_LITTLE) * mean) / _three(far_weight + np.float32(_LITTLE))
    near = (near + np.float32(_LITTLE) * far) / _three(near_weight + np.float32(_LITTLE))
    return np.asarray(np.rint(near), np.uint8)


def _background_alone(hidden: Alpha) -> Alpha:
    """Weights (h, w) in [0, 1] of pixels that show the background alone: none at and next to the person's edge."""
    weight = np.clip(1 - cv2.dilate(hidden, np.ones((3, 3), np.uint8)) / _COVERED, 0, 1)
    return np.asarray(weight, np.float32)


def _three(values: Alpha) -> npt.NDArray[np.float32]:
    """The same weights (h, w) for each of three colours, (h, w, 3)."""
    return np.asarray(cv2.merge([values, values, values]), np.float32)
