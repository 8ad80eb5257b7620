"""Things that are no person: where they lie in the picture, what they look like, and how cloth falls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from streammatte.research.train.colour import Recolouring
from streammatte.research.train.geometry import Shown

__all__ = ["Folds", "Mask", "Outline", "Thing", "drawn_folds", "drawn_outline", "drawn_plain", "folded", "masked"]


@dataclass(frozen=True)
class Outline:
    """Where a thing is.

    Attributes
    ----------
    points : ndarray
        (n, 2): a polygon, in pixels.
    rim : float
        Pixels: how wide the rim of a screen is, half of it outside of the polygon; 0 for other things.
    shade : float
        What the rim takes of the light.
    softness : float
        Sigma of the edges' blur, in pixels.
    hung : ndarray or None
        (2, 3): the map from the unit square to a screen, a window or a frame on the wall; None for other things.
    """

    points: NDArray[np.float64]
    rim: float
    shade: float
    softness: float
    hung: NDArray[np.float64] | None


@dataclass(frozen=True)
class Folds:
    """Shading as of a curtain, a flag or a coat on its hook: waves along slanted lines, bent by a smooth sway.

    Attributes
    ----------
    depth : float
        How much lighter and darker it gets.
    length, slant : float
        Pixels from wave to wave, and pixels to the side in each row.
    sway : ndarray
        (4, 8): how far the waves are off, enlarged to the frame.
    """

    depth: float
    length: float
    slant: float
    sway: NDArray[np.float64]


@dataclass(frozen=True)
class Thing:
    """Something with a look of its own: a piece of a background, a photo of somebody, or one colour.

    Attributes
    ----------
    outline : Outline
    background, poster : Shown or None
    plain : ndarray or None
        (3, 3, 3) R,G,B in [0, 1], enlarged to the frame.
    colours : Recolouring
        Of a background and of a poster.
    folds : Folds or None
    """

    outline: Outline
    background: Shown | None
    poster: Shown | None
    plain: NDArray[np.float64] | None
    colours: Recolouring
    folds: Folds | None


class Mask(NamedTuple):
    """Where a thing is in a picture, (H, W) float32 in [0, 1], and what its look is multiplied by."""

    alpha: NDArray[np.float32]
    shade: NDArray[np.float32]


def drawn_outline(
    rng: np.random.Generator, width: int, height: int, beside: NDArray[np.float64] | None = None
) -> Outline:
    """Where a thing is: an ellipse, a box, a bar, a ragged outline or a screen; half are cut off by the frame's side.

    Parameters
    ----------
    rng : Generator
        Draws it.
    width, height : int
        Pixels of the picture.
    beside : ndarray, optional
        (2,): a place in it, on somebody's outline, where the thing's middle is.
    """
    rim, shade, hung = 0.0, 0.0, None
    side = rng.uniform(-0.05, 0.1) if rng.random() < 0.5 else rng.uniform(0.9, 1.05)
    centre = np.array((side if rng.random() < 0.5 else rng.uniform(0, 1), rng.uniform(0.1, 1)))
    if beside is not None:
        centre = beside / (width, height)
    axes = rng.uniform(0.03, 0.18, 2) * (1, rng.choice((1, 2.5)))  # things often stand or hang
    at, radii = centre * (width, height), axes * (width, height)
    turned = rng.uniform(-30, 30)
    kind = rng.integers(5)
    if kind == 0:
        round_ = np.linspace(0, 2 * np.pi, 48, endpoint=False)
        points = at + np.column_stack((np.cos(round_), np.sin(round_))) * radii @ _rotation(turned).T
    elif kind == 1:
        points = _box(at, 2 * radii, turned)
    elif kind == 2:  # a monitor, a window or a picture on the wall, seen a little from the side
        sides = width * rng.uniform(0.12, 0.7) * np.array((1, rng.uniform(0.5, 1.3)))
        tilt = rng.normal(0, 4)
        points = _box(at, sides, tilt) + rng.normal(0, 0.05, (4, 2)) * sides
        linear = _rotation(tilt) * sides
        hung = np.column_stack((linear, at - linear.sum(axis=1) / 2))
        rim, shade = width * rng.uniform(0.015, 0.1), rng.uniform(0.4, 1)
    elif kind == 3:  # a shelf, a pole, a strap, the rim of something: long and straight as an arm in its sleeve
        sides = width * np.array((rng.uniform(0.3, 1.5), rng.uniform(0.01, 0.1)))
        points = _box(at, sides, rng.choice((0, 90)) + rng.normal(0, 20))
    else:
        angles = np.sort(rng.uniform(0, 2 * np.pi, int(rng.integers(5, 12))))
        reach = rng.uniform(0.5, 1.2, len(angles))
        points = at + (reach * np.stack((np.cos(angles), np.sin(angles)))).T * radii
    return Outline(points, rim, shade, rng.uniform(0.5, 1.5), hung)


def _rotation(degrees: float) -> NDArray[np.float64]:
    cos, sin = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
    return np.array(((cos, -sin), (sin, cos)))


def _box(centre: NDArray[np.float64], sides: NDArray[np.float64], degrees: float) -> NDArray[np.float64]:
    corners = np.array([(-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)])
    return centre + corners * sides @ _rotation(degrees).T


def masked(outline: Outline, width: int, height: int, scale: float = 1.0) -> Mask:
    """Draw an outline in a picture of so many pixels, each of which is 1 / `scale` of those that the outline is in."""
    mask, rim = np.zeros((height, width), np.uint8), np.zeros((height, width), np.uint8)
    places = [np.rint(((outline.points + 0.5) * scale - 0.5) * 16).astype(np.int32)]
    cv2.fillPoly(mask, places, 255, shift=4)
    if outline.rim:
        cv2.polylines(rim, places, True, 255, max(1, round(outline.rim * scale)), shift=4)
    mask, rim = (cv2.GaussianBlur(plane, (0, 0), outline.softness * scale) for plane in (mask, rim))
    shade = 1 - outline.shade * rim / 255
    return Mask(np.asarray(mask / np.float32(255), np.float32), np.asarray(shade, np.float32))


def drawn_folds(rng: np.random.Generator, width: int) -> Folds:
    """Folds in a frame of such a width."""
    length = rng.uniform(0.02, 0.12) * width
    return Folds(rng.uniform(0.1, 0.45), length, rng.uniform(-0.4, 0.4), rng.normal(0, 1, (4, 8)))


def folded(picture: NDArray[np.uint8], folds: Folds) -> NDArray[np.uint8]:
    """Shade `picture`, (H, W, 3) uint8; the same shape."""
    height, width = picture.shape[:2]
    columns = np.arange(width) + folds.slant * np.arange(height)[:, None]
    sway = cv2.resize(folds.sway, (width, height), interpolation=cv2.INTER_CUBIC)
    shade = 1 + folds.depth * np.sin(2 * np.pi * columns / folds.length + 2 * sway)
    return np.asarray(np.clip(picture * shade[..., None], 0, 255), np.uint8)


def drawn_plain(rng: np.random.Generator) -> NDArray[np.float64]:
    """The look of a thing of one colour, mostly dark or light: (3, 3, 3) R,G,B in [0, 1], to be enlarged to any size.

    One in four has a colour that skin may have, as wood, walls and pictures on screens do.
    """
    hue = np.array((1.15, 0.85, 0.7)) if rng.random() < 0.25 else np.ones(3)
    colour = rng.beta(0.6, 0.9) * hue * np.exp(rng.normal(0, 0.3, 3))
    return np.clip(colour * np.exp(rng.normal(0, 0.2, (3, 3, 1))), 0, 1)
