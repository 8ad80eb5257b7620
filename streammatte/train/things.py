"""Things that are no person: where they lie in the picture, and how cloth falls."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["folded_cloth", "thing_mask"]


def thing_mask(rng: np.random.Generator, width: int, height: int) -> NDArray[np.float32]:
    """Where a thing is: an ellipse, a box or a ragged outline, half of them cut off by the frame's side.

    Parameters
    ----------
    rng : Generator
        Draws it.
    width, height : int
        Pixels of the picture.

    Returns
    -------
    ndarray
        (height, width) in [0, 1], with soft edges.
    """
    mask = np.zeros((height, width), np.uint8)
    side = rng.uniform(-0.05, 0.1) if rng.random() < 0.5 else rng.uniform(0.9, 1.05)
    centre = np.array((side if rng.random() < 0.5 else rng.uniform(0, 1), rng.uniform(0.1, 1)))
    axes = rng.uniform(0.03, 0.18, 2) * (1, rng.choice((1, 2.5)))  # things often stand or hang
    at, radii = centre * (width, height), axes * (width, height)
    box = (at.tolist(), (2 * radii).tolist(), rng.uniform(-30, 30))
    kind = rng.integers(3)
    if kind == 0:
        cv2.ellipse(mask, box, 255, -1)
    elif kind == 1:
        cv2.fillPoly(mask, [np.rint(cv2.boxPoints(box)).astype(np.int32)], 255)
    else:
        angles = np.sort(rng.uniform(0, 2 * np.pi, int(rng.integers(5, 12))))
        reach = rng.uniform(0.5, 1.2, len(angles))
        outline = at + (reach * np.stack((np.cos(angles), np.sin(angles)))).T * radii
        cv2.fillPoly(mask, [np.rint(outline).astype(np.int32)], 255)
    soft = cv2.GaussianBlur(mask, (0, 0), rng.uniform(0.5, 1.5))
    return np.asarray(soft, np.float32) / np.float32(255)


def folded_cloth(rng: np.random.Generator, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Shade `picture`, (H, W, 3) uint8, as the folds of a curtain, a flag or a coat on its hook do; the same shape."""
    height, width = picture.shape[:2]
    length = rng.uniform(0.02, 0.12) * width
    slant = rng.uniform(-0.4, 0.4)
    columns = np.arange(width) + slant * np.arange(height)[:, None]
    sway = cv2.resize(rng.normal(0, 1, (4, 8)), (width, height), interpolation=cv2.INTER_CUBIC)
    shade = 1 + rng.uniform(0.1, 0.45) * np.sin(2 * np.pi * columns / length + 2 * sway)
    return np.asarray(np.clip(picture * shade[..., None], 0, 255), np.uint8)
