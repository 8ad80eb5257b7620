"""Paint the beach that the demos put behind people.

::

    python demos/make_background.py streammatte/assets/beach.jpg
"""

import argparse

import cv2
import numpy as np
from numpy.typing import NDArray

WIDTH, HEIGHT = 1280, 720
HORIZON, SHORE, SUN = 0.52, 0.76, (0.72, 0.44)  # y, y and (x, y), as parts of height and width


def clouds(rng: np.random.Generator, rows: int, columns: int) -> NDArray[np.float64]:
    """Fractal noise around 0, (HEIGHT, WIDTH): octaves of random grids, from `rows` x `columns` on."""
    grids = (rng.standard_normal((rows << octave, columns << octave)) / 2**octave for octave in range(5))
    return sum(cv2.resize(grid, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC) for grid in grids)


def ramp(x: NDArray[np.float64], *stops: tuple[float, tuple[int, int, int]]) -> NDArray[np.float64]:
    """The colour at `x` between coloured stops, (..., 3)."""
    places, colours = zip(*stops, strict=True)
    return np.stack([np.interp(x, places, channel) for channel in zip(*colours, strict=True)], axis=-1)


def paint() -> NDArray[np.uint8]:
    """The picture, (HEIGHT, WIDTH, 3) uint8, R,G,B."""
    rng = np.random.default_rng(7)
    x, y = np.meshgrid(np.linspace(0, 1, WIDTH), np.linspace(0, 1, HEIGHT))
    glow = np.exp(-(((x - SUN[0]) * 1.6) ** 2 + (y - SUN[1]) ** 2) / 0.035)[..., None]

    sky = ramp(y / HORIZON, (0, (84, 134, 196)), (0.6, (176, 190, 214)), (1, (255, 214, 170)))
    veil = np.clip(clouds(rng, 5, 3) * 0.55 - 0.1, 0, 0.8)[..., None] * (1.1 - y[..., None])
    sky += veil * (np.array([255, 238, 226]) - sky) + glow * np.array([75, 24, -14])

    depth = (y - HORIZON) / (SHORE - HORIZON)  # 0 at the horizon, 1 at the shore
    sea = ramp(depth, (0, (96, 140, 168)), (0.55, (58, 132, 150)), (0.9, (122, 184, 178)), (1, (196, 216, 200)))
    waves = clouds(rng, 40, 4) * np.clip(depth, 0, 1)
    glitter = np.exp(-(((x - SUN[0]) / (0.05 + 0.12 * depth)) ** 2))
    sea += 7 * waves[..., None] + (glitter * (0.55 + 0.5 * waves))[..., None] * np.array([130, 74, 22])

    sand = ramp(y, (SHORE, (172, 146, 116)), (SHORE + 0.05, (222, 196, 158)), (1, (238, 214, 178)))
    sand += 4 * clouds(rng, 24, 24)[..., None]

    edge = SHORE + 0.012 * np.sin(9 * x) + 0.006 * np.sin(23 * x + 1)
    foam = 0.8 * np.exp(-(((y - edge) / 0.007) ** 2)) * np.clip(0.7 + 0.3 * clouds(rng, 12, 30), 0, 1)
    land = np.where((y < edge)[..., None], sea, sand)
    land += foam[..., None] * (250 - land)
    picture = np.where((y < HORIZON)[..., None], sky, land)
    return cv2.GaussianBlur(np.clip(picture, 0, 255), None, 1.6).round().astype(np.uint8)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("path", help="the file to write, .jpg")
    cv2.imwrite(parser.parse_args().path, paint()[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 88])
