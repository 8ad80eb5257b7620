"""The blurred background."""

from __future__ import annotations

from dataclasses import replace
from math import log2, sqrt
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from streammatte import Alpha, FilterError, Layers, Rgb

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
        if layers.background is None or self.strength == 0:
            return layers
        hidden = layers.alpha if layers.background is layers.frame.rgb else np.zeros_like(layers.alpha)
        deviation_px = self.strength / 100 * _FULL * layers.frame.size[1]
        return replace(layers, background=_blurred(layers.background, hidden, deviation_px))


def _blurred(rgb: Rgb, hidden: Alpha, deviation_px: float) -> Rgb:
    """Blur `rgb` (H, W, 3) by a Gaussian, leaving out what is `hidden` (H, W)."""
    height, width = hidden.shape
    reduction = 2 ** max(1, int(log2(deviation_px / _FINE_PX)))
    size = max(1, round(width / reduction)), max(1, round(height / reduction))
    colours = _reduced(rgb, size).astype(np.float32)  # (h, w, 3)
    weight = _background_alone(_reduced(hidden, size))  # (h, w)
    weighted = colours * _three(weight)
    # Reducing and enlarging blur too: a box and a triangle, of variance 1/12 and 1/6.
    deviation = sqrt(max(0.1, (deviation_px / reduction) ** 2 - 1 / 4))
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
    return np.asarray(cv2.resize(np.rint(near).astype(np.uint8), (width, height)), np.uint8)


def _reduced(picture: Rgb | Alpha, size: tuple[int, int]) -> Any:
    """Area averages at `size` (w, h)."""
    while picture.shape[1] >= 4 * size[0]:  # OpenCV halves many times faster than it reduces by another factor
        picture = cv2.resize(picture, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    return cv2.resize(picture, size, interpolation=cv2.INTER_AREA)


def _background_alone(hidden: Alpha) -> Alpha:
    """Weights (h, w) in [0, 1] of pixels that show the background alone: none at and next to the person's edge."""
    weight = np.clip(1 - cv2.dilate(hidden, np.ones((3, 3), np.uint8)) / _COVERED, 0, 1)
    return np.asarray(weight, np.float32)


def _three(values: Alpha) -> npt.NDArray[np.float32]:
    """The same weights (h, w) for each of three colours, (h, w, 3)."""
    return np.asarray(cv2.merge([values, values, values]), np.float32)
