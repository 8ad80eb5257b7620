"""Picture strips of a validation pack, to be looked at: input, reference, alpha, composite on magenta."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from streammatte.compositing import over
from streammatte.evaluate import metrics
from streammatte.evaluate.validation import Matte, at_size, pictures_in, read_alpha, read_rgb
from streammatte.frames import Alpha, Rgb

__all__ = ["strip", "write_strips"]

_MAGENTA = (255, 0, 255)


def strip(rgb: Rgb, target: Alpha, alpha: Alpha, height: int = 320) -> NDArray[np.uint8]:
    """Return input, reference, alpha and composite side by side, (height, W, 3) uint8."""
    magenta = np.full_like(rgb, _MAGENTA)
    greys = [np.repeat(np.rint(matte * 255).astype(np.uint8)[..., None], 3, axis=2) for matte in (target, alpha)]
    row = np.concatenate([rgb, *greys, over(rgb, alpha, magenta)], axis=1)
    scale = height / rgb.shape[0]
    return np.asarray(cv2.resize(row, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)


def write_strips(directory: Path, matte: Matte, out: Path, spread: int = 12, extremes: int = 12) -> int:
    """Write strips of the worst and best portraits and evenly spaced ones, of the dancer, and of the worst rooms.

    Parameters
    ----------
    directory : Path
        The folder of the pack, as `evaluate` takes it.
    matte : callable
        Maps a picture to its alpha.
    out : Path
        A folder; it is made.
    spread, extremes : int
        How many portraits, evenly spaced, and how many at each end.

    Returns
    -------
    int
        The number of strips.
    """
    out.mkdir(parents=True, exist_ok=True)
    val = directory / "val"
    rows = []
    for path in pictures_in(val / "portraits" / "photo"):
        rgb, target = read_rgb(path), read_alpha(val / "portraits" / "alpha" / path.name)
        rows.append((metrics.iou(at_size(matte, rgb, target.shape), target), path.name))
    rows.sort()
    even = [rows[int(i)] for i in np.linspace(0, len(rows) - 1, spread)]
    folder = val / "portraits"
    wanted = {name: score for score, name in rows[:extremes] + rows[-extremes:] + even}
    jobs = []
    for name, score in wanted.items():
        jobs.append((folder / "photo" / name, folder / "alpha" / name, f"portrait_{score:.3f}_{Path(name).stem}"))
    for scene in sorted((val / "dancer").iterdir()):
        for path in pictures_in(scene / "photo")[::12]:
            jobs.append((path, scene / "alpha" / path.name, f"dancer_{scene.name}_{path.stem}"))
    for photo, reference, title in jobs:
        rgb, target = read_rgb(photo), read_alpha(reference)
        _write(out / f"{title}.png", strip(rgb, target, at_size(matte, rgb, target.shape)))
    rooms = sorted(((float(matte(read_rgb(path)).mean()), path) for path in pictures_in(val / "rooms")), reverse=True)
    for score, path in rooms[:extremes]:
        rgb = read_rgb(path)
        alpha = at_size(matte, rgb, rgb.shape[:2])
        _write(out / f"room_{score:.3f}_{path.stem}.png", strip(rgb, np.zeros_like(alpha), alpha))
    return len(jobs) + len(rooms[:extremes])


def _write(path: Path, rgb: NDArray[np.uint8]) -> None:
    cv2.imwrite(str(path), cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR))
