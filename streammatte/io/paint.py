"""What a sink shows of the layers: the one place where the kinds of output differ."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from streammatte.compositing.layers import Layers
from streammatte.compositing.over import over
from streammatte.compositing.planes import Planes

__all__ = ["PAINTS", "TRANSPARENT_PAINTS", "AlphaKind", "Paint", "Picture", "Values"]

_RIM_PX = 8
"""Pixels beyond the last visible one that keep their colours, so that no encoder smears black into hair."""

Picture: TypeAlias = Literal["composite", "alpha", "foreground", "colours", "side by side"]
"""The kinds of opaque output."""

AlphaKind: TypeAlias = Literal["straight", "premultiplied"]
"""Whether colours beside alpha are those of the foreground, or already multiplied by it."""

Values: TypeAlias = Literal["planes", "8 bits", "16 bits", "light"]
"""What pictures are made of: planes if the frame was, uint8 or uint16, full range, or float32 in linear light."""

Paint: TypeAlias = Callable[[Layers], "NDArray[Any] | Planes"]
"""Makes planes, or (H, W) grey, (H, W, 3) R,G,B or (H, W, 4) R,G,B,A of the layers."""

_LEVELS = np.arange(256) / 255
_LINEAR = np.where(_LEVELS <= 0.04045, _LEVELS / 12.92, ((_LEVELS + 0.055) / 1.055) ** 2.4).astype(np.float32)
"""The light of each of the 256 values, by the curve of sRGB."""


def _composite(layers: Layers) -> NDArray[np.uint8] | Planes:
    return layers.composite.picture


def _alpha(layers: Layers) -> NDArray[np.uint8]:
    return layers.levels


def _foreground(layers: Layers) -> NDArray[np.uint8]:
    """Over black, that is premultiplied."""
    return over(layers.foreground, layers.alpha, np.zeros_like(layers.foreground))


def _straight(layers: Layers) -> NDArray[np.uint8]:
    return np.asarray(cv2.merge([_colours(layers), layers.levels]), np.uint8)


def _colours(layers: Layers) -> NDArray[np.uint8]:
    return np.asarray(cv2.copyTo(layers.foreground, _near(layers)), np.uint8)


def _colours_planes(layers: Layers) -> NDArray[np.uint8] | Planes:
    front = layers.foreground_planes
    return _colours(layers) if front is None else front.where(_near(layers))


def _straight_planes(layers: Layers) -> NDArray[np.uint8] | Planes:
    front = layers.foreground_planes
    return _straight(layers) if front is None else front.where(_near(layers)).with_alpha(layers.levels)


def _near(layers: Layers) -> NDArray[np.uint8]:
    """Not 0 where something within `_RIM_PX` is seen; black hides the room elsewhere from whoever gets the file."""
    return np.asarray(cv2.dilate(layers.levels, np.ones((2 * _RIM_PX + 1, 2 * _RIM_PX + 1), np.uint8)), np.uint8)


def _premultiplied(layers: Layers) -> NDArray[np.uint8]:
    return np.asarray(cv2.merge([_foreground(layers), _alpha(layers)]), np.uint8)


def _foreground_planes(layers: Layers) -> NDArray[np.uint8] | Planes:
    return layers.with_background(None).composite.picture


def _premultiplied_planes(layers: Layers) -> NDArray[np.uint8] | Planes:
    picture = _foreground_planes(layers)
    return picture.with_alpha(layers.levels) if isinstance(picture, Planes) else _premultiplied(layers)


def _side_by_side_planes(layers: Layers) -> NDArray[np.uint8] | Planes:
    front = layers.foreground_planes
    if front is None or not front.ordinary:
        return PAINTS["side by side", "8 bits"](layers)
    black, scale = (0, 1.0) if front.full_range else (16, 219 / 255)
    grey = cv2.convertScaleAbs(layers.levels, alpha=scale, beta=black)
    shown, neutral = front.where(_near(layers)), np.full_like(front.u, 128)
    y, u, v = (np.hstack(pair) for pair in ((shown.y, grey), (shown.u, neutral), (shown.v, neutral)))
    return replace(front, y=y, u=u, v=v)


def _side_by_side(colours: NDArray[Any], alpha: NDArray[Any]) -> NDArray[Any]:
    return np.hstack([colours, np.repeat(alpha[..., None], 3, axis=2)])


def _deep_alpha(layers: Layers) -> NDArray[np.uint16]:
    return np.asarray(np.rint(layers.alpha * 65535), np.uint16)


def _deep_foreground(layers: Layers) -> NDArray[np.uint16]:
    return np.asarray(np.rint(layers.foreground * (257 * layers.alpha[..., None])), np.uint16)


def _linear_foreground(layers: Layers) -> NDArray[np.float32]:
    return _LINEAR[layers.foreground] * layers.alpha[..., None]


PAINTS: dict[tuple[Picture, Values], Paint] = {
    ("composite", "planes"): _composite,
    ("alpha", "planes"): _alpha,
    ("foreground", "planes"): _foreground_planes,
    ("colours", "planes"): _colours_planes,
    ("side by side", "planes"): _side_by_side_planes,
    ("composite", "8 bits"): lambda layers: layers.ordinary.picture,
    ("alpha", "8 bits"): _alpha,
    ("foreground", "8 bits"): _foreground,
    ("colours", "8 bits"): _colours,
    ("side by side", "8 bits"): lambda layers: _side_by_side(_colours(layers), _alpha(layers)),
    ("composite", "16 bits"): lambda layers: layers.ordinary.rgb * np.uint16(257),
    ("alpha", "16 bits"): _deep_alpha,
    ("foreground", "16 bits"): _deep_foreground,
    ("colours", "16 bits"): lambda layers: _colours(layers) * np.uint16(257),
    ("side by side", "16 bits"): lambda layers: _side_by_side(_colours(layers) * np.uint16(257), _deep_alpha(layers)),
    ("composite", "light"): lambda layers: _LINEAR[layers.ordinary.rgb],
    ("alpha", "light"): lambda layers: layers.alpha,
    ("foreground", "light"): _linear_foreground,
    ("colours", "light"): lambda layers: _LINEAR[_colours(layers)],
    ("side by side", "light"): lambda layers: _side_by_side(_LINEAR[_colours(layers)], layers.alpha),
}
"""By what is shown."""

TRANSPARENT_PAINTS: dict[tuple[AlphaKind, Values], Paint] = {
    ("straight", "planes"): _straight_planes,
    ("premultiplied", "planes"): _premultiplied_planes,
    ("straight", "8 bits"): _straight,
    ("premultiplied", "8 bits"): _premultiplied,
    ("straight", "16 bits"): lambda layers: np.dstack([_colours(layers) * np.uint16(257), _deep_alpha(layers)]),
    ("premultiplied", "16 bits"): lambda layers: np.dstack([_deep_foreground(layers), _deep_alpha(layers)]),
    ("premultiplied", "light"): lambda layers: np.dstack([_linear_foreground(layers), layers.alpha]),
}
"""By the kind of alpha."""
