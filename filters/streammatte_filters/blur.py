"""The blurred background."""

from __future__ import annotations

from math import ceil, log2, sqrt
from typing import Any, Literal

import cv2
import numpy as np
import numpy.typing as npt

from streammatte import Alpha, Layers
from streammatte_filters.limits import among, within

__all__ = ["BackgroundBlur"]

_FULL = 0.05
"""Deviation of the blur at full strength, in heights of the frame."""

_FINE_PX = {"soft": 1.25, "lens": 2.0}
"""Deviation down to which the picture is reduced before it is blurred; discs have an edge to show."""

_POWER = {"soft": 1.0, "lens": 3.0}
"""Exponent of the levels that are averaged: a lens sums light, and lamps are brighter than white."""

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
    shape : {"soft", "lens"}
        A Gaussian, or the disc that a point out of focus becomes behind a lens, of the same deviation. There a power of
        the levels is averaged, so that lights become bright discs.

    Attributes
    ----------
    strength : float
    """

    def __init__(self, strength: float = 40.0, shape: Literal["soft", "lens"] = "soft") -> None:
        self.strength = within("strength", strength)
        self._shape = among("shape", shape, _FINE_PX)

    def __call__(self, layers: Layers) -> Layers:
        """Return the layers with their background blurred."""
        if self.strength == 0:
            return layers
        width, height = layers.frame.size
        deviation_px = self.strength / 100 * _FULL * height
        reduction = 2 ** max(1, int(log2(deviation_px / _FINE_PX[self._shape])))
        size = max(1, round(width / reduction)), max(1, round(height / reduction))
        background = layers.backdrop_at(size)
        if background is None:
            return layers
        hidden = layers.alpha_at(size) if layers.keeps_background else np.zeros(size[::-1], np.float32)
        blurred = _blurred(background.picture, hidden, deviation_px / reduction, self._shape)
        return layers.with_background(background.with_picture(blurred, (width, height)))


def _blurred(rgb: npt.NDArray[Any], hidden: Alpha, deviation_px: float, shape: str) -> npt.NDArray[Any]:
    """Blur a reduced picture (h, w, 3), uint8 or float32 up to 255, leaving out what is `hidden` (h, w)."""
    size = rgb.shape[1], rgb.shape[0]
    power = _POWER[shape]
    if rgb.dtype == np.uint8:
        raised = 255 * (np.arange(256) / 255) ** power
        colours = np.asarray(cv2.LUT(rgb, raised.astype(np.float32)), np.float32)
    else:
        colours = np.asarray(255 * (rgb / 255) ** power, np.float32)
    # The root makes much of a little: of the person's light that little more must go.
    weight = np.asarray(cv2.pow(_background_alone(hidden), power), np.float32)
    weighted = colours * _three(weight)
    # Reducing and enlarging blur too: a box and a triangle, of variance 1/12 and 1/6.
    deviation = sqrt(max(0.1, deviation_px**2 - 1 / 4))
    near, near_weight = (_spread(each, deviation, shape) for each in (weighted, weight))
    # Deep inside the person no background is near: there the colours come from far around, or else from everywhere.
    around = size[0] // 2 | 1, size[1] // 2 | 1
    far, far_weight = (cv2.blur(each, around) for each in (weighted, weight))
    mean = (weighted.mean((0, 1)) + _LITTLE * colours.mean((0, 1))) / (weight.mean() + _LITTLE)
    far = (far + np.float32(_LITTLE) * mean) / _three(far_weight + np.float32(_LITTLE))
    near = (near + np.float32(_LITTLE) * far) / _three(near_weight + np.float32(_LITTLE))
    result = cv2.pow(near * 255 ** (power - 1), 1 / power)
    return np.asarray(np.rint(result), np.uint8) if rgb.dtype == np.uint8 else np.asarray(result, np.float32)


def _spread(values: npt.NDArray[np.float32], deviation_px: float, shape: str) -> npt.NDArray[np.float32]:
    """Average values (h, w) or (h, w, 3) around each pixel by a Gaussian or a disc; mirrored at the very border."""
    if shape == "soft":
        return np.asarray(cv2.GaussianBlur(values, (0, 0), deviation_px, borderType=cv2.BORDER_REFLECT), np.float32)
    radius_px = 2 * deviation_px  # a disc's deviation is half its radius
    offset = np.arange(-ceil(radius_px), ceil(radius_px) + 1)
    disc = np.clip(radius_px + 0.5 - np.hypot(offset[:, None], offset), 0, 1)
    return np.asarray(cv2.filter2D(values, -1, disc / disc.sum(), borderType=cv2.BORDER_REFLECT), np.float32)


def _background_alone(hidden: Alpha) -> Alpha:
    """Weights (h, w) in [0, 1] of pixels that show the background alone: none at and next to the person's edge."""
    weight = np.clip(1 - cv2.dilate(hidden, np.ones((3, 3), np.uint8)) / _COVERED, 0, 1)
    return np.asarray(weight, np.float32)


def _three(values: Alpha) -> npt.NDArray[np.float32]:
    """The same weights (h, w) for each of three colours, (h, w, 3)."""
    return np.asarray(cv2.merge([values, values, values]), np.float32)
