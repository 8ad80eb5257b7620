"""What a sink shows of the layers: the one place where the kinds of output differ."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from streammatte.compositing import over
from streammatte.layers import Layers

__all__ = ["PAINTS", "TRANSPARENT_PAINTS", "AlphaKind", "Paint", "Picture"]

_RIM_PX = 8
"""Pixels beyond the last visible one that keep their colours, so that no encoder smears black into hair."""

Picture: TypeAlias = Literal["composite", "alpha", "foreground"]
"""The kinds of opaque output."""

AlphaKind: TypeAlias = Literal["straight", "premultiplied"]
"""Whether colours beside alpha are those of the foreground, or already multiplied by it."""

Paint: TypeAlias = Callable[[Layers], NDArray[Any]]
"""Makes (H, W) grey, (H, W, 3) R,G,B or (H, W, 4) R,G,B,A of the layers.

In uint8, full range; or, for files that hold floats, in float32 and linear light.
"""

_LEVELS = np.arange(256) / 255
_LINEAR = np.where(_LEVELS <= 0.04045, _LEVELS / 12.92, ((_LEVELS + 0.055) / 1.055) ** 2.4).astype(np.float32)
"""The light of each of the 256 values, by the curve of sRGB."""


def _composite(layers: Layers) -> NDArray[np.uint8]:
    return layers.composite.rgb


def _alpha(layers: Layers) -> NDArray[np.uint8]:
    return np.asarray(cv2.convertScaleAbs(layers.alpha, alpha=255), np.uint8)


def _foreground(layers: Layers) -> NDArray[np.uint8]:
    """Over black, that is premultiplied."""
    return over(layers.foreground, layers.alpha, np.zeros_like(layers.foreground))


def _straight(layers: Layers) -> NDArray[np.uint8]:
    """Where nothing within `_RIM_PX` is seen it is black: whoever gets the file must not find the room in it."""
    alpha = _alpha(layers)
    near = cv2.dilate(alpha, np.ones((2 * _RIM_PX + 1, 2 * _RIM_PX + 1), np.uint8))
    return np.asarray(cv2.merge([cv2.copyTo(layers.foreground, near), alpha]), np.uint8)


def _premultiplied(layers: Layers) -> NDArray[np.uint8]:
    return np.asarray(cv2.merge([_foreground(layers), _alpha(layers)]), np.uint8)


def _linear_foreground(layers: Layers) -> NDArray[np.float32]:
    return _LINEAR[layers.foreground] * layers.alpha[..., None]


def _linear_premultiplied(layers: Layers) -> NDArray[np.float32]:
    return np.dstack([_linear_foreground(layers), layers.alpha])


PAINTS: dict[tuple[Picture, bool], Paint] = {
    ("composite", False): _composite,
    ("alpha", False): _alpha,
    ("foreground", False): _foreground,
    ("composite", True): lambda layers: _LINEAR[layers.composite.rgb],
    ("alpha", True): lambda layers: layers.alpha,
    ("foreground", True): _linear_foreground,
}
"""By what is shown, and whether it is in linear light."""

TRANSPARENT_PAINTS: dict[tuple[AlphaKind, bool], Paint] = {
    ("straight", False): _straight,
    ("premultiplied", False): _premultiplied,
    ("premultiplied", True): _linear_premultiplied,
}
"""By the kind of alpha, and whether colours are in linear light."""
