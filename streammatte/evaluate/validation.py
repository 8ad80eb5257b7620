"""The validation pack: portraits, exact composites of a dancer, webcam clips and rooms without people."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from streammatte.errors import MediaError
from streammatte.evaluate import metrics
from streammatte.frames import Alpha, Rgb
from streammatte.io import open_source

__all__ = ["SETS", "Matte", "Result", "at_size", "evaluate", "pictures_in", "read_alpha", "read_rgb"]

SETS = ("portraits", "dancer", "clips", "rooms")

Matte = Callable[[Rgb], Alpha]
"""Alpha (h, w) of a picture (H, W, 3), at any size of the same aspect."""


@dataclass(frozen=True)
class Result:
    """The figures of one set.

    Attributes
    ----------
    name : str
    pictures : int
    figures : dict
        Metric name to value, without scale factors.
    """

    name: str
    pictures: int
    figures: dict[str, float]


def evaluate(directory: Path, matte: Matte, every: int = 1, sets: Sequence[str] = SETS) -> list[Result]:
    """Run `matte` over each set of the pack that is there.

    Alpha is brought to the picture's size bilinearly and is not smoothed over time.

    Parameters
    ----------
    directory : Path
        Holds `val/` with the folders portraits, dancer, clips and rooms, and `clips/` with the videos.
    matte : callable
        Maps a picture to its alpha.
    every : int
        Take each n-th portrait and room only.
    sets : sequence of str
        Which of `SETS`.

    Raises
    ------
    MediaError
        If none of the sets is there.
    """
    val = directory / "val"
    results = []
    for name in sets:
        folder = val / name
        if not folder.is_dir():
            continue
        if name == "portraits":
            results.append(_portraits(folder, matte, every))
        elif name == "dancer":
            results.append(_dancer(folder, matte))
        elif name == "clips":
            results += [_clip(clip, directory / "clips", matte) for clip in sorted(folder.iterdir())]
        else:
            results.append(_rooms(folder, matte, every))
    if not results:
        raise MediaError(f"{directory} holds no validation pack; expected a folder 'val' with {', '.join(sets)}")
    return results


def _portraits(folder: Path, matte: Matte, every: int) -> Result:
    rows = []
    for path in pictures_in(folder / "photo")[::every]:
        target = read_alpha(folder / "alpha" / path.name)
        alpha = at_size(matte, read_rgb(path), target.shape)
        rows.append([f(alpha, target) for f in (metrics.iou, metrics.sad, metrics.mse, metrics.mad)])
    table = np.array(rows)
    means = dict(zip(("iou", "sad", "mse", "mad"), table.mean(axis=0).tolist(), strict=True))
    return Result("portraits", len(rows), means | {"iou_p5": float(np.percentile(table[:, 0], 5))})


def _dancer(folder: Path, matte: Matte) -> Result:
    rows, count = [], 0
    for scene in sorted(folder.iterdir()):
        names = [path.name for path in pictures_in(scene / "photo")]
        pictures = np.stack([read_rgb(scene / "photo" / name) for name in names])
        targets = np.stack([read_alpha(scene / "alpha" / name) for name in names])
        rows.append(_video_figures(pictures, targets, matte))
        count += len(names)
    return Result("dancer", count, {key: float(np.mean([row[key] for row in rows])) for key in rows[0]})


def _clip(folder: Path, videos: Path, matte: Matte) -> Result:
    names = [path.name for path in pictures_in(folder)]
    (video,) = videos.glob(f"{folder.name}.*")
    source = open_source(video)
    pictures = np.stack([frame.rgb for frame, _ in zip(source, names, strict=False)])
    source.close()
    targets = np.stack([read_alpha(folder / name) for name in names])
    return Result(folder.name, len(names), _video_figures(pictures, targets, matte))


def _rooms(folder: Path, matte: Matte, every: int) -> Result:
    means = [float(matte(read_rgb(path)).mean()) for path in pictures_in(folder)[::every]]
    return Result("rooms", len(means), {"mean_alpha": float(np.mean(means)), "highest": max(means)})


def _video_figures(pictures: NDArray[np.uint8], targets: NDArray[np.float32], matte: Matte) -> dict[str, float]:
    alphas = np.stack([at_size(matte, picture, targets.shape[1:]) for picture in pictures])
    pairs = list(zip(alphas, targets, strict=True))
    return {
        "iou": float(np.mean([metrics.iou(a, t) for a, t in pairs])),
        "sad": float(np.mean([metrics.sad(a, t) for a, t in pairs])),
        "mse": metrics.mse(alphas, targets),
        "mad": metrics.mad(alphas, targets),
        "soft_mad": metrics.mad(alphas, targets, metrics.soft_band(targets)),
        "dtssd": metrics.dtssd(alphas, targets),
        "flicker": metrics.flicker(alphas, pictures),
    }


def at_size(matte: Matte, rgb: Rgb, shape: tuple[int, ...]) -> Alpha:
    """Alpha of a picture, brought to `shape` (H, W) bilinearly."""
    alpha = cv2.resize(matte(rgb), (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR)
    return np.asarray(alpha, np.float32)


def pictures_in(folder: Path) -> list[Path]:
    """The pictures of a folder in the order of their names."""
    return sorted(path for path in folder.iterdir() if path.suffix in (".webp", ".png", ".jpg"))


def read_rgb(path: Path) -> Rgb:
    """Read a picture, (H, W, 3) uint8 in the order R,G,B."""
    image = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if image is None:
        raise MediaError(f"{path} is no picture that can be read")
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), np.uint8)


def read_alpha(path: Path) -> Alpha:
    """Read a matte, (H, W) float32 in [0, 1]."""
    image = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    if image is None:
        raise MediaError(f"{path} is no matte that can be read")
    return np.asarray(image, np.float32) / np.float32(255)
