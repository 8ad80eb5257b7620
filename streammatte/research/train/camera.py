"""Light, motion, and what sensor and encoder add to a training picture."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from streammatte.research.train.colour import Filters, Recolouring, drawn_colours, drawn_filters, recoloured, strange
from streammatte.research.train.compression import video_coded
from streammatte.research.train.mix import Mix

__all__ = ["Exposure", "Sensor", "Video", "drawn_exposure", "drawn_sensor", "exposed", "sensed"]

GRAIN_PX = 1400
_GRAIN = np.random.default_rng(0).standard_normal((GRAIN_PX, GRAIN_PX, 3), dtype=np.float32)


@dataclass(frozen=True)
class Exposure:
    """Light and motion, in this order.

    Attributes
    ----------
    colours : Recolouring
    strange : Filters or None
    grey : bool
    motion : ndarray or None
        (k, k): a straight stroke, as a filter kernel whose sum is 1.
    light : ndarray or None
        (3, 3, 3): gains, enlarged to the frame.
    dark : float or None
        What is left of the light.
    """

    colours: Recolouring
    strange: Filters | None
    grey: bool
    motion: NDArray[np.float64] | None
    light: NDArray[np.float64] | None
    dark: float | None


@dataclass(frozen=True)
class Video:
    """Compression as H.264: a constant rate factor, and how far (x, y) the picture before was off, in pixels."""

    crf: int
    shift: tuple[int, int]


@dataclass(frozen=True)
class Sensor:
    """What sensor and encoder add, in this order.

    Attributes
    ----------
    resolution : float or None
        Sides are reduced to so much of them and enlarged again.
    noise : float or None
        Standard deviation in levels of 255.
    coarse : bool
        Whether the noise is of half the resolution, as noise reduction leaves it.
    seed : int
        Of the noise.
    jpeg : int or None
        Quality.
    video : Video or None
    """

    resolution: float | None
    noise: float | None
    coarse: bool
    seed: int
    jpeg: int | None
    video: Video | None


def drawn_exposure(rng: np.random.Generator, mix: Mix, height: int) -> Exposure:
    """Light and motion for a frame of such a height."""
    return Exposure(
        drawn_colours(rng),
        drawn_filters(rng) if rng.random() < mix.strange else None,
        grey=rng.random() < mix.grey,
        motion=_drawn_motion(rng, height) if rng.random() < mix.motion_blur else None,
        light=_drawn_light(rng) if rng.random() < mix.uneven_light else None,
        dark=rng.uniform(0.15, 0.5) if rng.random() < mix.low_light else None,
    )


def drawn_sensor(rng: np.random.Generator, mix: Mix, dark: bool) -> Sensor:
    """Sensor and encoder; what is dark is noisy."""
    return Sensor(
        resolution=rng.uniform(0.3, 0.8) if rng.random() < mix.low_resolution else None,
        noise=abs(rng.normal(0, 7)) + 1 if rng.random() < mix.noise or dark else None,
        coarse=rng.random() < 1 / 3,
        seed=int(rng.integers(2**31)),
        jpeg=int(rng.uniform(15, 90)) if rng.random() < mix.jpeg else None,
        video=_drawn_video(rng) if rng.random() < mix.video_compression else None,
    )


def _drawn_light(rng: np.random.Generator) -> NDArray[np.float64]:
    """A smooth field of gains."""
    return np.asarray(np.exp(rng.normal(0, 0.25, (3, 3, 1)) + rng.normal(0, 0.05, (3, 3, 3))))


def _drawn_motion(rng: np.random.Generator, height: int) -> NDArray[np.float64]:
    """A straight stroke of up to a twentieth of the height."""
    length = int(rng.integers(3, max(4, height // 20)))
    kernel = np.zeros((length, length))
    angle = rng.uniform(0, np.pi)
    dx, dy = np.cos(angle) * length / 2, np.sin(angle) * length / 2
    c = length / 2
    cv2.line(kernel, (int(c - dx), int(c - dy)), (int(c + dx), int(c + dy)), 1.0)
    kernel[length // 2, length // 2] = 1
    return np.asarray(kernel / kernel.sum())


def _drawn_video(rng: np.random.Generator) -> Video:
    x, y = rng.integers(-4, 5, 2)
    return Video(int(rng.integers(22, 40)), (int(x), int(y)))


def exposed(
    picture: NDArray[np.uint8], alpha: NDArray[np.float32], exposure: Exposure
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Picture (H, W, 3) and alpha (H, W) in such light, moved as they were while it was taken."""
    height, width = alpha.shape
    picture = recoloured(picture, exposure.colours)
    if exposure.strange is not None:
        picture = strange(picture, exposure.strange)
    if exposure.grey:
        picture = cv2.cvtColor(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    if exposure.motion is not None:
        picture, alpha = (cv2.filter2D(plane, -1, exposure.motion) for plane in (picture, alpha))
    if exposure.light is not None:
        gains = cv2.resize(exposure.light.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR)
        picture = cv2.multiply(picture, gains, dtype=cv2.CV_8U)
    if exposure.dark is not None:
        picture = cv2.convertScaleAbs(picture, alpha=exposure.dark)
    return np.asarray(picture, np.uint8), np.asarray(alpha, np.float32)


def sensed(picture: NDArray[np.uint8], sensor: Sensor) -> NDArray[np.uint8]:
    """A picture (H, W, 3) as sensor and encoder give it."""
    height, width = picture.shape[:2]
    if sensor.resolution is not None:
        sides = round(width * sensor.resolution), round(height * sensor.resolution)  # of its own factors it keeps more
        small = cv2.resize(picture, sides, interpolation=cv2.INTER_AREA)
        picture = np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)
    if sensor.noise is not None:
        picture = np.asarray(cv2.add(picture, _noise(sensor, width, height), dtype=cv2.CV_8U), np.uint8)
    if sensor.jpeg is not None:
        coded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, sensor.jpeg])[1]
        picture = np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), np.uint8)
    if sensor.video is not None:
        before = np.roll(picture, sensor.video.shift, axis=(1, 0))
        picture = video_coded(before, picture, crf=sensor.video.crf)
    return picture


def _noise(sensor: Sensor, width: int, height: int) -> NDArray[np.float32]:
    factor = 2 if sensor.coarse else 1
    h, w = height // factor, width // factor
    x, y = sensor.seed % (GRAIN_PX - w), sensor.seed // GRAIN_PX % (GRAIN_PX - h)
    noise = _GRAIN[y : y + h, x : x + w] * np.float32(sensor.noise)
    return noise if factor == 1 else cv2.resize(noise, (width, height), interpolation=cv2.INTER_LINEAR)
