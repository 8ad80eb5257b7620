"""Looks at a scene that has been composed: mirrored, a little nearer, in other light, with other noise."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["Look", "drawn_look", "looked_at", "second_look"]

GRAIN_PX = 1024
LEVELS = 32.0
"""The spread of the grain, whose mean is 128."""

GRAIN = np.clip(np.random.default_rng(0).normal(128, LEVELS, (GRAIN_PX, GRAIN_PX, 3)), 0, 255).astype(np.uint8)


@dataclass(frozen=True)
class Look:
    """One look at a scene.

    Attributes
    ----------
    matrix : ndarray
        (2, 3) float32: the map from the scene to the picture, both of one size.
    gain, offset : float
        Light: pixels are multiplied and then added to, in levels of 255.
    noise : float
        Standard deviation in levels.
    grain : tuple of int
        Where the noise is taken from: x and y in a fixed field.
    """

    matrix: NDArray[np.float32]
    gain: float
    offset: float
    noise: float
    grain: tuple[int, int]


def drawn_look(rng: np.random.Generator, width: int, height: int) -> Look:
    """A look at a scene of (height, width): up to a fifth nearer, half of them mirrored, in slightly other light."""
    near = np.exp(rng.uniform(0, np.log(1.2)))
    scale = near * np.exp(rng.uniform(0, 0.06, 2))
    last = np.array((width - 1, height - 1))
    offset = -(scale - 1) * last * rng.uniform(0, 1, 2)
    matrix = np.column_stack((np.diag(scale), offset))
    if rng.random() < 0.5:
        matrix = _mirrored(matrix, width)
    return Look(matrix.astype(np.float32), *_light_and_noise(rng), _grain(rng, width, height))


def second_look(rng: np.random.Generator, first: Look, width: int, height: int) -> Look:
    """The mirror image of a look, a third of a pixel off, in light a step brighter or darker, with other noise."""
    angle = rng.uniform(0, 2 * np.pi)
    matrix = first.matrix.astype(np.float64)
    matrix[:, 2] += np.array((np.cos(angle), np.sin(angle))) / 3
    return replace(
        first,
        matrix=_mirrored(matrix, width).astype(np.float32),
        gain=first.gain * float(np.exp(rng.normal(0, 0.04))),
        noise=float(abs(rng.normal(0, 3))),
        grain=_grain(rng, width, height),
    )


def looked_at(
    look: Look, picture: NDArray[np.uint8], alpha: NDArray[np.uint8]
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Picture (H, W, 3) and alpha (H, W) of a scene as a look shows them; new arrays of the same shapes."""
    height, width = alpha.shape
    x, y = look.grain
    grain = GRAIN[y : y + height, x : x + width]
    border = cv2.BORDER_REFLECT
    moved = cv2.warpAffine(picture, look.matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=border)
    share = look.noise / LEVELS
    seen = cv2.addWeighted(moved, look.gain, grain, share, look.offset - 128 * share)
    matte = cv2.warpAffine(alpha, look.matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=border)
    return np.asarray(seen, np.uint8), np.asarray(matte, np.uint8)


def _mirrored(matrix: NDArray[np.float64], width: int) -> NDArray[np.float64]:
    return np.asarray(np.array([[-1.0, 0, width - 1], [0, 1, 0]]) @ np.vstack((matrix, (0, 0, 1))))


def _light_and_noise(rng: np.random.Generator) -> tuple[float, float, float]:
    noise = abs(rng.normal(0, 3)) if rng.random() < 0.5 else 0.0
    return float(np.exp(rng.normal(0, 0.08))), float(rng.normal(0, 4)), float(noise)


def _grain(rng: np.random.Generator, width: int, height: int) -> tuple[int, int]:
    return int(rng.integers(GRAIN_PX - width)), int(rng.integers(GRAIN_PX - height))
