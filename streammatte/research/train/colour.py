"""Colours, light and motion of training pictures."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from streammatte.research.train.data import Person

__all__ = [
    "drawn_colours",
    "drawn_filters",
    "drawn_tones",
    "dressed",
    "light",
    "motion_kernel",
    "over",
    "recoloured",
    "shadowed",
    "strange",
    "toned",
]


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
    """The person's colours with others below about the chin, above about the brow or both; the shading stays.

    They are dyed, patterned by checks or by the picture `cloth`, or as bare as the face.
    """
    foreground = person.foreground
    h, w = person.alpha.shape
    _, top, bw, bh = person.box
    head = min(0.5 * bh, 0.8 * bw)
    brow, chin = top + rng.uniform(0.3, 0.5) * head, top + rng.uniform(0.85, 1.2) * head
    rows = np.arange(h, dtype=np.float32)
    where = rng.random()
    below = np.clip((rows - chin) / (0.05 * h) + 0.5, 0, 1) * (where < 0.8)
    above = np.clip((brow - rows) / (0.03 * h) + 0.5, 0, 1) * (where > 0.6)
    weight = np.repeat((below + above)[:, None], w, axis=1)  # (H,) -> (H, W)
    if rng.random() < 0.2:
        face = (person.alpha > 128) & ((rows > brow) & (rows < chin))[:, None]
        dyed = _bare(foreground, np.median(foreground[face], axis=0) if face.any() else np.full(3, 128.0))
    else:
        dyed = cv2.transform(foreground, rng.dirichlet((0.6, 0.6, 0.6), 3).astype(np.float32) * np.float32(1.1))
        if rng.random() < 0.2:
            dyed = 255 - dyed
        if rng.random() < 0.4:
            dyed = cv2.addWeighted(dyed, 0.5, cloth if rng.random() < 0.5 else _checks(rng, w, h), 0.5, 0)
    return over(recoloured(rng, dyed), weight, foreground)


def _bare(foreground: NDArray[np.uint8], skin: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Skin of the colour `skin`, (3,), shaded mildly as `foreground` is."""
    shading = cv2.GaussianBlur(cv2.cvtColor(foreground, cv2.COLOR_RGB2GRAY), (0, 0), 2).astype(np.float32)
    shading = 1 + 0.5 * (shading - shading.mean()) / np.float32(max(60.0, shading.mean()))
    return np.asarray(np.clip(shading[..., None] * skin.astype(np.float32), 0, 255), np.uint8)


def _checks(rng: np.random.Generator, width: int, height: int) -> NDArray[np.uint8]:
    """Woven stripes both ways, (height, width, 3)."""
    stripes = []
    for side in (height, width):
        period = rng.uniform(0.01, 0.08) * height
        on = (np.arange(side) + rng.uniform(0, period)) % period < period * rng.uniform(0.2, 0.8)
        stripes.append(np.where(on[:, None], rng.uniform(0, 255, 3), rng.uniform(0, 255, 3)))
    down, across = stripes
    return np.asarray((down[:, None] + across[None]) / 2, np.uint8)


def drawn_colours(rng: np.random.Generator, count: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Gain, white balance, saturation and an offset as matrices (n, 3, 4), and gammas (n,), of colours in [0, 1]."""
    gain = np.exp(rng.normal(0, 0.1, (count, 1))) * np.exp(rng.normal(0, 0.07, (count, 3)))
    saturation = rng.uniform(0.4, 1.5, (count, 1, 1))
    matrices = (saturation * np.eye(3) + (1 - saturation) / 3) * gain[:, :, None]
    offsets = np.repeat(rng.normal(0, 0.02, (count, 1, 1)), 3, axis=1)
    return np.concatenate([matrices, offsets], axis=2), np.exp(rng.normal(0, 0.16, count))


def recoloured(rng: np.random.Generator, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """One layer with other colours, as `drawn_colours` has them."""
    (matrix,), (gamma,) = drawn_colours(rng, 1)
    matrix[:, 3] *= 255
    picture = cv2.transform(picture, matrix.astype(np.float32))
    return np.asarray(cv2.LUT(picture, (np.linspace(0, 1, 256) ** gamma * 255).astype(np.uint8)), np.uint8)


def drawn_tones(rng: np.random.Generator, count: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """For `toned`: how much of the way to the colour (n,), and how much of the contrast stays (n,)."""
    return rng.uniform(0.5, 1, count), rng.uniform(0.3, 1, count)


def toned(rng: np.random.Generator, picture: NDArray[np.uint8], colour: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """`picture`, (H, W, 3), with its mean nearer to `colour`, (3,), and less contrast: dark on dark, white on white."""
    (share,), (contrast,) = drawn_tones(rng, 1)
    mean = picture.mean((0, 1))
    offset = mean * (1 - share - contrast) + share * colour
    return np.asarray(cv2.transform(picture, np.column_stack([contrast * np.eye(3), offset])), np.uint8)


def drawn_filters(rng: np.random.Generator) -> tuple[NDArray[np.float32], NDArray[np.float32], float]:
    """For `strange`: a 3x3 filter for each colour (3, 3, 3), how they are mixed (3, 3), and how much of it is seen."""
    return (
        rng.normal(0, 1, (3, 3, 3)).astype(np.float32),
        rng.normal(0, 1, (3, 3)).astype(np.float32),
        rng.uniform(0.2, 0.7),
    )


def strange(rng: np.random.Generator, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Mix `picture`, (H, W, 3), with itself through random filters, at its own mean and spread (Xu et al. 2021)."""
    kernels, mixing, share = drawn_filters(rng)
    filtered = cv2.merge([cv2.filter2D(picture[..., i], cv2.CV_32F, kernels[i]) for i in range(3)])
    filtered = cv2.transform(filtered, mixing)
    spread = picture.std() / max(1.0, float(filtered.std()))
    filtered = (filtered - filtered.mean((0, 1))) * np.float32(spread) + np.float32(picture.mean())
    return np.asarray(np.clip(share * filtered + (1 - share) * picture, 0, 255), np.uint8)


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
