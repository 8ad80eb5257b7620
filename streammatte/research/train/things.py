"""Things that are no person: where they lie in the picture, and how cloth falls."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["Outline", "drawn_outline", "drawn_plain", "folded_cloth"]


class Outline(NamedTuple):
    """Where a thing is in a picture.

    Attributes
    ----------
    mask : ndarray
        (H, W) float32 in [0, 1], with soft edges.
    shade : ndarray
        (H, W) float32 in [0, 1]: what the thing's look is multiplied by, which is below 1 in a screen's rim.
    screen : ndarray or None
        (2, 3) float64: the map from the unit square to a screen, a window or a frame on the wall;
        None for other things.
    """

    mask: NDArray[np.float32]
    shade: NDArray[np.float32]
    screen: NDArray[np.float64] | None


def drawn_outline(rng: np.random.Generator, width: int, height: int) -> Outline:
    """Where a thing is: an ellipse, a box, a bar, a ragged outline or a screen; half are cut off by the frame's side.

    Parameters
    ----------
    rng : Generator
        Draws it.
    width, height : int
        Pixels of the picture.
    """
    mask = np.zeros((height, width), np.uint8)
    rim, screen = np.zeros_like(mask), None
    side = rng.uniform(-0.05, 0.1) if rng.random() < 0.5 else rng.uniform(0.9, 1.05)
    centre = np.array((side if rng.random() < 0.5 else rng.uniform(0, 1), rng.uniform(0.1, 1)))
    axes = rng.uniform(0.03, 0.18, 2) * (1, rng.choice((1, 2.5)))  # things often stand or hang
    at, radii = centre * (width, height), axes * (width, height)
    box = (at.tolist(), (2 * radii).tolist(), rng.uniform(-30, 30))
    kind = rng.integers(5)
    if kind == 0:
        cv2.ellipse(mask, box, 255, -1)
    elif kind == 1:
        cv2.fillPoly(mask, [np.rint(cv2.boxPoints(box)).astype(np.int32)], 255)
    elif kind == 2:  # a monitor, a window or a picture on the wall, seen a little from the side
        sides = width * rng.uniform(0.12, 0.7) * np.array((1, rng.uniform(0.5, 1.3)))
        tilt = rng.normal(0, 4)
        corners = cv2.boxPoints((at.tolist(), sides.tolist(), tilt)) + rng.normal(0, 0.05, (4, 2)) * sides
        cos, sin = np.cos(np.deg2rad(tilt)), np.sin(np.deg2rad(tilt))
        linear = np.array(((cos, -sin), (sin, cos))) * sides
        screen = np.column_stack((linear, at - linear.sum(axis=1) / 2))
        outline = [np.rint(corners).astype(np.int32)]
        cv2.fillPoly(mask, outline, 255)
        cv2.polylines(rim, outline, True, 255, max(1, round(width * rng.uniform(0.015, 0.1))))  # half of it is outside
    elif kind == 3:  # a shelf, a pole, a beam, the rim of something: as long and as straight as an arm in its sleeve
        sides = width * np.array((rng.uniform(0.3, 1.5), rng.uniform(0.02, 0.1)))
        bar = cv2.boxPoints((at.tolist(), sides.tolist(), rng.choice((0, 90)) + rng.normal(0, 20)))
        cv2.fillPoly(mask, [np.rint(bar).astype(np.int32)], 255)
    else:
        angles = np.sort(rng.uniform(0, 2 * np.pi, int(rng.integers(5, 12))))
        reach = rng.uniform(0.5, 1.2, len(angles))
        ragged = at + (reach * np.stack((np.cos(angles), np.sin(angles)))).T * radii
        cv2.fillPoly(mask, [np.rint(ragged).astype(np.int32)], 255)
    softness = rng.uniform(0.5, 1.5)
    mask, rim = (cv2.GaussianBlur(plane, (0, 0), softness) for plane in (mask, rim))
    shade = 1 - rng.uniform(0.4, 1) * rim / 255
    return Outline(np.asarray(mask / np.float32(255), np.float32), np.asarray(shade, np.float32), screen)


def folded_cloth(rng: np.random.Generator, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Shade `picture`, (H, W, 3) uint8, as the folds of a curtain, a flag or a coat on its hook do; the same shape."""
    height, width = picture.shape[:2]
    length = rng.uniform(0.02, 0.12) * width
    slant = rng.uniform(-0.4, 0.4)
    columns = np.arange(width) + slant * np.arange(height)[:, None]
    sway = cv2.resize(rng.normal(0, 1, (4, 8)), (width, height), interpolation=cv2.INTER_CUBIC)
    shade = 1 + rng.uniform(0.1, 0.45) * np.sin(2 * np.pi * columns / length + 2 * sway)
    return np.asarray(np.clip(picture * shade[..., None], 0, 255), np.uint8)


def drawn_plain(rng: np.random.Generator, count: int) -> NDArray[np.float32]:
    """Looks of things of one colour, mostly dark or light: (n, 3, 3, 3) R,G,B in [0, 1], to be enlarged to any size.

    One in four has a colour that skin may have, as wood, walls and pictures on screens do.
    """
    hue = np.where(rng.random((count, 1, 1, 1)) < 0.25, (1.15, 0.85, 0.7), 1.0)
    colour = rng.beta(0.6, 0.9, (count, 1, 1, 1)) * hue * np.exp(rng.normal(0, 0.3, (count, 1, 1, 3)))
    return np.asarray(np.clip(colour * np.exp(rng.normal(0, 0.2, (count, 3, 3, 1))), 0, 1), np.float32)
