"""Picture strips of a validation pack, to be looked at: input, reference, alpha, composite on magenta."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypeAlias

import cv2
import numpy as np

from streammatte.compositing.frames import Alpha, Rgb
from streammatte.compositing.over import over
from streammatte.errors import MediaError
from streammatte.research.evaluate import metrics
from streammatte.research.evaluate.pictures import Matte, at_size, evenly, pictures_in, read_alpha, read_rgb
from streammatte.research.evaluate.validation import clip_frames, sets_in

__all__ = ["strip", "write_strips"]

_MAGENTA = (255, 0, 255)
_FRAMES = 6  # of each video

_Still: TypeAlias = tuple[Path, Path | None]  # picture, reference
_Item: TypeAlias = tuple[str, Rgb, Alpha]  # name, picture, reference


def strip(rgb: Rgb, target: Alpha, alpha: Alpha, height: int = 320) -> Rgb:
    """Return input, reference, alpha and composite side by side, (height, W, 3) uint8."""
    magenta = np.full_like(rgb, _MAGENTA)
    greys = [cv2.cvtColor(np.rint(matte * 255).astype(np.uint8), cv2.COLOR_GRAY2RGB) for matte in (target, alpha)]
    row = np.concatenate([rgb, *greys, over(rgb, alpha, magenta)], axis=1)
    scale = height / rgb.shape[0]
    return np.asarray(cv2.resize(row, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)


def write_strips(directory: Path, matte: Matte, out: Path, limit: int | None = None, each: int = 12) -> int:
    """Write strips of what is best, worst and evenly spaced in between.

    A name begins with the set and the score: a portrait's, dancer's and clip's is its IoU, a room's its mean alpha.

    Parameters
    ----------
    directory : Path
        The folder of the pack, as `evaluate` takes it.
    matte : callable
        Maps a picture to its alpha.
    out : Path
        A folder; it is made.
    limit : int, optional
        Look at no more than so many portraits and rooms, evenly spaced.
    each : int
        How many of the worst, of the best and of the evenly spaced; of each video there are 6 frames.

    Returns
    -------
    int
        The number of strips.

    Raises
    ------
    MediaError
        If the pack cannot be read, or a strip cannot be written.
    """
    folders = sets_in(directory)
    out.mkdir(parents=True, exist_ok=True)
    count = 0
    for folder in folders:
        for name, rgb, target in _chosen(folder, matte, limit, each):
            alpha = at_size(matte, rgb, target.shape)
            path = out / f"{folder.name}_{_score(alpha, target):.3f}_{name}.png"
            if not cv2.imwrite(str(path), cv2.cvtColor(strip(rgb, target, alpha), cv2.COLOR_RGB2BGR)):
                raise MediaError(f"{path} cannot be written", remedy="choose another folder", subject=path)
            count += 1
    return count


def _chosen(folder: Path, matte: Matte, limit: int | None, each: int) -> Iterator[_Item]:
    """What to show of a set."""
    if folder.name == "portraits":
        stills = [(path, folder / "alpha" / path.name) for path in evenly(pictures_in(folder / "photo"), limit)]
        yield from _extremes(stills, matte, each)
    elif folder.name == "rooms":
        yield from _extremes([(path, None) for path in evenly(pictures_in(folder), limit)], matte, each)
    elif folder.name == "dancer":
        for scene in sorted(folder.iterdir()):
            for path in evenly(pictures_in(scene / "photo"), _FRAMES):
                yield (f"{scene.name}_{path.stem}", *_read(path, scene / "alpha" / path.name))
    else:
        for clip in sorted(folder.iterdir()):
            wanted = evenly(range(len(pictures_in(clip))), _FRAMES)
            for number, (rgb, target) in enumerate(clip_frames(clip, folder.parent.parent / "clips")):
                if number in wanted:
                    yield f"{clip.name}_{number:05d}", rgb, target


def _extremes(stills: Sequence[_Still], matte: Matte, each: int) -> Iterator[_Item]:
    """The stills with the lowest and highest scores, and evenly spaced ones in between."""
    scores = []
    for still in stills:
        rgb, target = _read(*still)
        scores.append(_score(at_size(matte, rgb, target.shape), target))
    order = sorted(range(len(stills)), key=scores.__getitem__)
    for place in dict.fromkeys(order[:each] + evenly(order, each) + order[-each:]):
        yield (stills[place][0].stem, *_read(*stills[place]))


def _read(photo: Path, reference: Path | None) -> tuple[Rgb, Alpha]:
    """A picture and its reference, which without a file is clear everywhere."""
    rgb = read_rgb(photo)
    return rgb, np.zeros(rgb.shape[:2], np.float32) if reference is None else read_alpha(reference)


def _score(alpha: Alpha, target: Alpha) -> float:
    return metrics.iou(alpha, target) if target.any() else float(alpha.mean())
