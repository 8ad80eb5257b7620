"""What a sink shows of the layers: the one place where the kinds of output differ."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from streammatte.compositing import over
from streammatte.layers import Layers

__all__ = ["PAINTS", "Paint", "Picture", "straight"]

_RIM_PX = 8
"""Pixels beyond the last visible one that keep their colours, so that no encoder smears black into hair."""

Picture: TypeAlias = Literal["composite", "alpha", "foreground"]
"""The kinds of opaque output."""

Paint: TypeAlias = Callable[[Layers], NDArray[np.uint8]]
"""Makes (H, W) grey, (H, W, 3) R,G,B or (H, W, 4) R,G,B,A of the layers, uint8, full range."""


def _composite(layers: Layers) -> NDArray[np.uint8]:
    return layers.composite.rgb


def _alpha(layers: Layers) -> NDArray[np.uint8]:
    return np.asarray(cv2.convertScaleAbs(layers.alpha, alpha=255), np.uint8)


def _foreground(layers: Layers) -> NDArray[np.uint8]:
    """Over black, that is premultiplied."""
    return over(layers.foreground, layers.alpha, np.zeros_like(layers.foreground))


def straight(layers: Layers) -> NDArray[np.uint8]:
    """Return the foreground's straight colours and alpha, (H, W, 4).

    Where nothing within `_RIM_PX` is seen the colours are black: whoever gets the file must not find the room in it.
    """
    alpha = _alpha(layers)
    near = cv2.dilate(alpha, np.ones((2 * _RIM_PX + 1, 2 * _RIM_PX + 1), np.uint8))
    return np.asarray(cv2.merge([cv2.copyTo(layers.foreground, near), alpha]), np.uint8)


PAINTS: dict[Picture, Paint] = {"composite": _composite, "alpha": _alpha, "foreground": _foreground}
