"""Monitors behind people: their dark rims look like arms and sleeves to a network that has seen too few of them."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from streammatte.research.train.colour import Layer, Recolouring, drawn_colours, enlarged, recoloured

__all__ = ["Screen", "drawn_screen", "painted_screen"]


@dataclass(frozen=True)
class Screen:
    """A monitor in a frame.

    Attributes
    ----------
    corners : ndarray
        (4, 2): x and y in pixels of the upper left, upper right, lower right and lower left corner.
    rim : tuple of float
        Left, top, right and bottom: how wide the rim is, as a share of the screen's width or height.
    rim_colour : ndarray
        (3,) in [0, 1].
    side, side_shade : float
        How much of the rim, from outside, is the side of the housing, and how bright that is beside the rim: screens
        are thick, and seen at an angle one sees it.
    shown : int or None
        The number of the background that is on the screen.
    colours : Recolouring
        Of that.
    gradient : ndarray
        (2, 2, 3) in [0, 1]: the corners' colours, where the screen shows no picture.
    softness : float
        Sigma of the edges' blur, in pixels.
    """

    corners: NDArray[np.float64]
    rim: tuple[float, float, float, float]
    rim_colour: NDArray[np.float64]
    side: float
    side_shade: float
    shown: int | None
    colours: Recolouring
    gradient: NDArray[np.float64]
    softness: float


def drawn_screen(
    rng: np.random.Generator,
    width: int,
    height: int,
    shown: int | None,
    beside: tuple[NDArray[np.float64], int] | None = None,
) -> Screen:
    """A monitor somewhere in a frame, maybe cut off by it, seen a little from the side.

    Parameters
    ----------
    rng : Generator
        Draws it.
    width, height : int
        Pixels of the frame.
    shown : int, optional
        A background that is on it.
    beside : tuple, optional
        A place on somebody's outline, as `outline_spot` gives it, which the screen touches or is partly behind.
    """
    wide = rng.uniform(0.15, 1.0) * width
    tall = wide * rng.uniform(0.45, 1.0)
    turned = rng.uniform(-0.25, 0.25) if rng.random() < 0.6 else rng.uniform(-0.5, 0.5)  # the nearer side is taller
    if beside is None:
        middle = np.array((rng.uniform(-0.05, 1.05) * width, rng.uniform(0, 0.9) * height))
    else:
        spot, side = beside
        seen = np.array((wide * rng.uniform(0.3, 0.5), tall * rng.uniform(-0.5, 0.5))) * (1 - abs(turned))
        middle = spot + seen * (side, 1)
    square = np.array([(-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)])
    square[:, 1] *= 1 + turned * 2 * square[:, 0]
    square[:, 0] *= 1 - abs(turned)
    tilt = np.deg2rad(rng.normal(0, 3))
    rotation = np.array([[np.cos(tilt), -np.sin(tilt)], [np.sin(tilt), np.cos(tilt)]])
    corners = middle + (square * (wide, tall) + rng.normal(0, 0.01, (4, 2)) * wide) @ rotation.T
    rim = rng.uniform(0.02, 0.12)
    chin = min(0.2, rim * rng.choice((1.0, 1.8)))
    level = rng.uniform(0.01, 0.22) if rng.random() < 0.7 else rng.uniform(0.5, 0.88)
    return Screen(
        corners,
        (rim, rim * wide / tall, rim, chin * wide / tall),
        np.clip(level + rng.normal(0, 0.015, 3), 0, 1),
        rng.uniform(0.2, 0.7) if rng.random() < 0.5 else 0.0,
        rng.uniform(0.3, 2.5),
        shown,
        drawn_colours(rng),
        np.clip(rng.uniform(0, 1, 3) + rng.normal(0, 0.2, (2, 2, 3)), 0, 1),
        rng.uniform(0.5, 1.2),
    )


def painted_screen(
    screen: Screen, shown: NDArray[np.uint8] | None, width: int, height: int, scale: float = 1.0
) -> Layer:
    """A screen in a frame of so many pixels, each of which is 1 / `scale` of those that the screen is in.

    Parameters
    ----------
    screen : Screen
        What is painted.
    shown : ndarray or None
        (h, w, 3) uint8: the background that is on it.
    width, height : int
        Of the frame.
    scale : float
        Below 1 for a smaller picture of the same.
    """
    corners = ((screen.corners + 0.5) * scale - 0.5).astype(np.float32)
    sides = np.abs(np.diff(corners[:3], axis=0)).max(axis=1)
    w, h = (max(8, round(float(side))) for side in sides)
    if shown is None:
        look = enlarged(screen.gradient, w, h)
    else:
        look = recoloured(np.asarray(cv2.resize(shown, (w, h), interpolation=cv2.INTER_AREA), np.uint8), screen.colours)
    rim = [max(1.0, part * side) for part, side in zip(screen.rim, (w, h, w, h), strict=True)]
    rimmed = np.empty_like(look)
    rimmed[:] = np.rint(np.clip(screen.rim_colour * screen.side_shade, 0, 1) * 255)
    front, glass = (_inside(w, h, [part * share for part in rim]) for share in (screen.side, 1.0))
    rimmed[front] = np.rint(screen.rim_colour * 255)
    rimmed[glass] = look[glass]
    own = np.array([(0, 0), (w, 0), (w, h), (0, h)], np.float32) - np.float32(0.5)
    onto = cv2.getPerspectiveTransform(own, corners)
    colours = cv2.warpPerspective(rimmed, onto, (width, height), borderMode=cv2.BORDER_REPLICATE)
    mask = np.zeros((height, width), np.uint8)
    cv2.fillConvexPoly(mask, np.rint(corners * 16).astype(np.int32), 255, cv2.LINE_AA, shift=4)
    soft = cv2.GaussianBlur(mask, (0, 0), screen.softness * scale)
    return Layer(np.asarray(colours, np.uint8), np.asarray(soft, np.uint8))


def _inside(width: int, height: int, margins: list[float]) -> tuple[slice, slice]:
    """Rows and columns of what is left of a picture within its left, top, right and lower margin."""
    left, top, right, bottom = (round(margin) for margin in margins)
    return slice(top, height - bottom), slice(left, width - right)
