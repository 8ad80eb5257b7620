"""Colours, light and motion of training pictures."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from streammatte.train.data import Person

__all__ = ["dressed", "light", "motion_kernel", "over", "recoloured", "shadowed"]


def over(front: NDArray[np.uint8], alpha: NDArray[np.float32], back: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The picture `front` before the picture `back`, (H, W, 3), by alpha (H, W); faster than exact."""
    weight = cv2.merge([alpha, alpha, alpha])
    parts = (cv2.multiply(layer, w, dtype=cv2.CV_8U) for layer, w in ((front, weight), (back, 1 - weight)))
    return np.asarray(cv2.add(*parts), np.uint8)


def shadowed(rng: np.random.Generator, picture: NDArray[np.uint8], alpha: NDArray[np.float32]) -> NDArray[np.uint8]:
    """A soft shadow of the person on what is behind."""
    height, width = alpha.shape
    shift = np.array([[1, 0, rng.normal(0, 0.08) * width], [0, 1, rng.normal(0, 0.05) * height]], np.float32)
    shadow = cv2.GaussianBlur(cv2.warpAffine(alpha, shift, (width, height)), (0, 0), rng.uniform(0.01, 0.06) * height)
    light = 1 - np.float32(rng.uniform(0.15, 0.6)) * shadow
    return np.asarray(cv2.multiply(picture, cv2.merge([light, light, light]), dtype=cv2.CV_8U), np.uint8)


def dressed(rng: np.random.Generator, person: Person, cloth: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The person's colours with other ones, at times patterned by `cloth`, below about the chin; the shading stays."""
    foreground = person.foreground
    h, w = person.alpha.shape
    _, top, bw, bh = person.box
    chin = top + rng.uniform(0.85, 1.2) * min(0.5 * bh, 0.8 * bw)
    below = np.clip((np.arange(h, dtype=np.float32) - chin) / (0.05 * h) + 0.5, 0, 1)
    weight = np.repeat(below[:, None], w, axis=1)  # (H,) -> (H, W)
    dyed = cv2.transform(foreground, rng.dirichlet((0.6, 0.6, 0.6), 3).astype(np.float32) * np.float32(1.1))
    if rng.random() < 0.2:
        dyed = 255 - dyed
    if rng.random() < 0.4:
        dyed = cv2.addWeighted(dyed, 0.5, cloth, 0.5, 0)
    return over(recoloured(rng, dyed), weight, foreground)


def recoloured(rng: np.random.Generator, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Gain, white balance, saturation and gamma of one layer."""
    gain = np.exp(rng.normal(0, 0.08)) * np.exp(rng.normal(0, 0.05, 3))
    saturation = rng.uniform(0.5, 1.4)
    matrix = (saturation * np.eye(3) + (1 - saturation) * np.full((3, 3), 1 / 3)) * gain[:, None]
    shift = np.full((3, 1), rng.normal(0, 5))
    picture = cv2.transform(picture, np.concatenate([matrix, shift], axis=1).astype(np.float32))
    gamma = np.exp(rng.normal(0, 0.16))
    return np.asarray(cv2.LUT(picture, (np.linspace(0, 1, 256) ** gamma * 255).astype(np.uint8)), np.uint8)


def light(rng: np.random.Generator, width: int, height: int) -> NDArray[np.float32]:
    """A smooth field of gains."""
    field = np.exp(rng.normal(0, 0.25, (3, 3, 1)) + rng.normal(0, 0.05, (3, 3, 3))).astype(np.float32)
    return np.asarray(cv2.resize(field, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)


def motion_kernel(rng: np.random.Generator, height: int) -> NDArray[np.float32]:
    """A straight stroke of up to a twentieth of the height, as a filter kernel whose sum is 1."""
    length = int(rng.integers(3, max(4, height // 20)))
    kernel = np.zeros((length, length), np.float32)
    angle = rng.uniform(0, np.pi)
    dx, dy = np.cos(angle) * length / 2, np.sin(angle) * length / 2
    c = length / 2
    cv2.line(kernel, (int(c - dx), int(c - dy)), (int(c + dx), int(c + dy)), 1.0)
    kernel[length // 2, length // 2] = 1
    return np.asarray(kernel / kernel.sum(), np.float32)
