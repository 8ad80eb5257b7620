"""Monitors behind people: their dark rims look like arms and sleeves to a network that has seen too few of them."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from streammatte.research.train.colour import over
from streammatte.research.train.data import Person

__all__ = ["Screen", "drawn_screen", "outline_spot", "with_screen"]


@dataclass(frozen=True)
class Screen:
    """A monitor in a frame.

    Attributes
    ----------
    corners : ndarray
        (4, 2) float32: x and y in pixels of the upper left, upper right, lower right and lower left corner.
    rim : tuple of float
        Left, top, right and bottom: how wide the rim is, as a share of the screen's width or height.
    rim_colour : ndarray
        (3,) uint8.
    gradient : ndarray
        (2, 2, 3) uint8: the corners' colours, where the screen shows no picture.
    """

    corners: NDArray[np.float32]
    rim: tuple[float, float, float, float]
    rim_colour: NDArray[np.uint8]
    gradient: NDArray[np.uint8]


def outline_spot(rng: np.random.Generator, person: Person, matrix: NDArray[np.float32]) -> tuple[float, float, int]:
    """A place on a person's left or right outline, by the map from photo to frame: x, y and -1 (left) or 1 (right)."""
    x, y, width, height = person.box
    row = y + int(rng.integers(height))
    columns = np.flatnonzero(person.alpha[row, x : x + width] > 128)
    right = bool(rng.random() < 0.5)
    column = x + (int(columns[-1 if right else 0]) if len(columns) else width * right)
    at_x, at_y = matrix @ np.array([column, row, 1.0])
    mirrored = matrix[0, 0] < 0
    return float(at_x), float(at_y), 1 if right != mirrored else -1


def drawn_screen(
    rng: np.random.Generator, width: int, height: int, beside: tuple[float, float, int] | None = None
) -> Screen:
    """A monitor somewhere in a frame, maybe cut off by it, seen a little from the side.

    Parameters
    ----------
    rng : Generator
        Draws it.
    width, height : int
        Pixels of the frame.
    beside : tuple, optional
        A place on somebody's outline, as `outline_spot` gives it, which the screen touches or is partly behind.
    """
    wide = rng.uniform(0.15, 0.8) * width
    tall = wide * rng.uniform(0.45, 0.8)
    if beside is None:
        middle = np.array((rng.uniform(-0.05, 1.05) * width, rng.uniform(0, 0.9) * height))
    else:
        x, y, side = beside
        middle = np.array((x + side * wide * rng.uniform(0.3, 0.5), y + tall * rng.uniform(-0.5, 0.5)))
    square = np.array([(-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)])
    turned = rng.uniform(-0.25, 0.25)  # the nearer side is taller
    square[:, 1] *= 1 + turned * 2 * square[:, 0]
    square[:, 0] *= 1 - abs(turned)
    tilt = np.deg2rad(rng.normal(0, 3))
    rotation = np.array([[np.cos(tilt), -np.sin(tilt)], [np.sin(tilt), np.cos(tilt)]])
    corners = middle + (square * (wide, tall) + rng.normal(0, 0.01, (4, 2)) * wide) @ rotation.T
    rim = rng.uniform(0.02, 0.12)
    chin = min(0.2, rim * rng.choice((1.0, 1.8)))
    dark = rng.random() < 0.7
    level = rng.uniform(3, 55) if dark else rng.uniform(130, 225)
    colour = np.clip(level + rng.normal(0, 4, 3), 0, 255)
    gradient = np.clip(rng.uniform(0, 255, 3) + rng.normal(0, 50, (2, 2, 3)), 0, 255)
    return Screen(
        corners.astype(np.float32),
        (rim, rim * wide / tall, rim, chin * wide / tall),
        colour.astype(np.uint8),
        gradient.astype(np.uint8),
    )


def with_screen(
    picture: NDArray[np.uint8], screen: Screen, shown: NDArray[np.uint8] | None = None, softness: float = 0.7
) -> NDArray[np.uint8]:
    """A picture (H, W, 3) with a screen before it; a new array.

    Parameters
    ----------
    picture : ndarray
        (H, W, 3) uint8.
    screen : Screen
        What is before it.
    shown : ndarray, optional
        (h, w, 3) uint8: what is on the screen; its gradient by default.
    softness : float
        Sigma of the edges' blur, in pixels.
    """
    height, width = picture.shape[:2]
    sides = np.abs(np.diff(screen.corners[[0, 1, 2]], axis=0)).max(axis=1)
    w, h = (max(8, round(float(side))) for side in sides)
    look = cv2.resize(screen.gradient if shown is None else shown, (w, h), interpolation=cv2.INTER_LINEAR)
    left, top, right, bottom = (max(1, round(part * side)) for part, side in zip(screen.rim, (w, h, w, h), strict=True))
    rimmed = np.empty_like(look)
    rimmed[:] = screen.rim_colour
    rimmed[top : h - bottom, left : w - right] = look[top : h - bottom, left : w - right]
    own = np.array([(0, 0), (w, 0), (w, h), (0, h)], np.float32)
    onto = cv2.getPerspectiveTransform(own, screen.corners)
    warped = cv2.warpPerspective(rimmed, onto, (width, height), borderMode=cv2.BORDER_REPLICATE)
    mask = cv2.fillConvexPoly(
        np.zeros((height, width), np.uint8), np.rint(screen.corners * 16).astype(np.int32), 255, cv2.LINE_AA, shift=4
    )
    soft = cv2.GaussianBlur(mask, (0, 0), softness).astype(np.float32) * np.float32(1 / 255)
    return over(np.asarray(warped, np.uint8), soft, picture)
