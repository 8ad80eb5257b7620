"""Colours of training pictures: what chance decides about them, and how OpenCV draws it.

Colours in plans are R,G,B in [0, 1], in pictures (H, W, 3) uint8.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = [
    "Filters",
    "Layer",
    "Recolouring",
    "Shadow",
    "Tone",
    "drawn_colours",
    "drawn_filters",
    "drawn_shadow",
    "drawn_tone",
    "enlarged",
    "over",
    "recoloured",
    "shadowed",
    "strange",
    "toned",
]


@dataclass(frozen=True)
class Recolouring:
    """Other colours: `matrix` (3, 4), whose fourth column is added, and then a power `gamma`."""

    matrix: NDArray[np.float64]
    gamma: float


@dataclass(frozen=True)
class Tone:
    """What is behind somebody gets like them: dark on dark, white on white.

    Attributes
    ----------
    spot : tuple of int
        Column and row in the frame, of the person's colour that is meant.
    share : float
        How much of the way to it the mean goes.
    contrast : float
        How much of the contrast stays.
    """

    spot: tuple[int, int]
    share: float
    contrast: float


@dataclass(frozen=True)
class Shadow:
    """A soft shadow of somebody on what is behind.

    Attributes
    ----------
    shift : ndarray
        (2,): how far it is off, as a share of the frame's width and height.
    sigma : float
        Of its blur, in pixels.
    depth : float
        How much of the light it takes.
    """

    shift: NDArray[np.float64]
    sigma: float
    depth: float


@dataclass(frozen=True)
class Filters:
    """Textures that no camera shows (Xu et al. 2021).

    Attributes
    ----------
    kernels : ndarray
        (3, 3, 3): a filter for each colour.
    mixing : ndarray
        (3, 3): how the filtered are mixed.
    share : float
        How much of them is seen.
    """

    kernels: NDArray[np.float64]
    mixing: NDArray[np.float64]
    share: float


class Layer(NamedTuple):
    """Something to lay over a picture: colours (H, W, 3) and alpha (H, W), both uint8."""

    colours: NDArray[np.uint8]
    alpha: NDArray[np.uint8]


def over(front: NDArray[np.uint8], alpha: NDArray[np.float32], back: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The picture `front` before the picture `back`, (H, W, 3), by alpha (H, W); faster than exact."""
    weight = cv2.merge([alpha, alpha, alpha])
    parts = (cv2.multiply(layer, w, dtype=cv2.CV_8U) for layer, w in ((front, weight), (back, 1 - weight)))
    return np.asarray(cv2.add(*parts), np.uint8)


def enlarged(colours: NDArray[np.float64], width: int, height: int) -> NDArray[np.uint8]:
    """A few colours (n, m, 3) in [0, 1] as a smooth picture."""
    picture = cv2.resize(colours.astype(np.float32) * 255, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(picture.astype(np.uint8))


def drawn_colours(rng: np.random.Generator) -> Recolouring:
    """Gain, white balance, saturation, an offset and a gamma."""
    gain = np.exp(rng.normal(0, 0.1)) * np.exp(rng.normal(0, 0.07, 3))
    saturation = rng.uniform(0.4, 1.5)
    matrix = (saturation * np.eye(3) + (1 - saturation) / 3) * gain[:, None]
    offset = np.full((3, 1), rng.normal(0, 0.02))
    return Recolouring(np.hstack([matrix, offset]), float(np.exp(rng.normal(0, 0.16))))


def recoloured(picture: NDArray[np.uint8], colours: Recolouring) -> NDArray[np.uint8]:
    """One layer with other colours."""
    matrix = colours.matrix * (1, 1, 1, 255)
    picture = cv2.transform(picture, matrix.astype(np.float32))
    return np.asarray(cv2.LUT(picture, (np.linspace(0, 1, 256) ** colours.gamma * 255).astype(np.uint8)), np.uint8)


def drawn_tone(rng: np.random.Generator, spot: tuple[int, int]) -> Tone:
    """How alike the background gets to somebody's colour at a place."""
    return Tone(spot, rng.uniform(0.5, 1), rng.uniform(0.3, 1))


def toned(picture: NDArray[np.uint8], colour: NDArray[np.uint8], tone: Tone) -> NDArray[np.uint8]:
    """A picture with its mean nearer to `colour`, (3,), and less contrast."""
    mean = picture.mean((0, 1))
    offset = mean * (1 - tone.share - tone.contrast) + tone.share * colour
    return np.asarray(cv2.transform(picture, np.column_stack([tone.contrast * np.eye(3), offset])), np.uint8)


def drawn_shadow(rng: np.random.Generator, height: int) -> Shadow:
    """A shadow in a frame of such a height."""
    shift = rng.normal(0, 1, 2) * (0.08, 0.05)
    return Shadow(shift, rng.uniform(0.01, 0.06) * height, rng.uniform(0.15, 0.6))


def shadowed(picture: NDArray[np.uint8], alpha: NDArray[np.float32], shadow: Shadow) -> NDArray[np.uint8]:
    """A picture with the shadow of a person, whose alpha is (H, W), on it."""
    height, width = alpha.shape
    shift = np.column_stack([np.eye(2), shadow.shift * (width, height)]).astype(np.float32)
    soft = cv2.GaussianBlur(cv2.warpAffine(alpha, shift, (width, height)), (0, 0), shadow.sigma)
    light = 1 - np.float32(shadow.depth) * soft
    return np.asarray(cv2.multiply(picture, cv2.merge([light, light, light]), dtype=cv2.CV_8U), np.uint8)


def drawn_filters(rng: np.random.Generator) -> Filters:
    """Random filters for `strange`."""
    return Filters(rng.normal(0, 1, (3, 3, 3)), rng.normal(0, 1, (3, 3)), rng.uniform(0.2, 0.7))


def strange(picture: NDArray[np.uint8], filters: Filters) -> NDArray[np.uint8]:
    """A picture mixed with itself through random filters, at its own mean and spread."""
    kernels, mixing = filters.kernels.astype(np.float32), filters.mixing.astype(np.float32)
    filtered = cv2.merge([cv2.filter2D(picture[..., i], cv2.CV_32F, kernels[i]) for i in range(3)])
    filtered = cv2.transform(filtered, mixing)
    spread = picture.std() / max(1.0, float(filtered.std()))
    filtered = (filtered - filtered.mean((0, 1))) * np.float32(spread) + np.float32(picture.mean())
    return np.asarray(np.clip(filters.share * filtered + (1 - filters.share) * picture, 0, 255), np.uint8)
