"""The validation pack: portraits, exact composites of a dancer, webcam clips and rooms without people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from streammatte.compositing.frames import Alpha, Frame, Rgb
from streammatte.compositing.refine import upsample_alpha
from streammatte.errors import MediaError
from streammatte.io import open_source
from streammatte.matting.smoothing import SmootherName, smoother
from streammatte.research.evaluate import metrics
from streammatte.research.evaluate.pictures import Matte, at_size, enlarged, evenly, pictures_in, read_alpha, read_rgb
from streammatte.research.evaluate.report import Result

__all__ = ["SETS", "Portrait", "clip_frames", "evaluate", "portraits", "sets_in", "summary"]

At: TypeAlias = Literal["network", "frame"]

SETS = ("portraits", "dancer", "clips", "rooms")


def evaluate(
    directory: Path,
    matte: Matte,
    limit: int | None = None,
    sets: Sequence[str] = SETS,
    *,
    at: At = "network",
    smoothing: SmootherName = "off",
) -> list[Result]:
    """Run `matte` over each set of the pack that is there.

    Parameters
    ----------
    directory : Path
        Holds `val/` with the folders portraits, dancer, clips and rooms, and `clips/` with the videos.
    matte : callable
        Maps a picture to its alpha.
    limit : int, optional
        Take at most so many portraits and rooms, evenly spaced. Videos are taken whole.
    sets : sequence of str
        Which of `SETS`.
    at : {"network", "frame"}
        Whether alpha is brought to the picture's size bilinearly, or along its edges as the program does.
    smoothing : str
        The smoother that steadies the alphas of videos, at the network's size.

    Raises
    ------
    MediaError
        If none of the sets is there, or a file of one cannot be read.
    """
    results = []
    videos = _Videos(matte, at, smoothing)
    if at == "frame":
        matte = partial(_along_edges, matte)
    for folder in sets_in(directory, sets):
        if folder.name == "portraits":
            results.append(summary("portraits", portraits(directory, matte, limit)))
        elif folder.name == "dancer":
            results.append(_dancer(folder, videos))
        elif folder.name == "clips":
            results += [_clip(clip, directory / "clips", videos) for clip in sorted(folder.iterdir())]
        else:
            results.append(_rooms(folder, matte, limit))
    return results


def sets_in(directory: Path, sets: Sequence[str] = SETS) -> list[Path]:
    """The folders of those sets that the pack in `directory` has.

    Raises
    ------
    MediaError
        If it has none.
    """
    folders = [directory / "val" / name for name in sets]
    found = [folder for folder in folders if folder.is_dir()]
    if not found:
        problem = f"{directory} holds no validation pack; expected a folder 'val' with {', '.join(sets)}"
        raise MediaError(problem, subject=directory)
    return found


@dataclass(frozen=True, slots=True)
class Portrait:
    """A portrait and what was found in it.

    Attributes
    ----------
    name : str
        Of the file, less the suffix.
    rgb : ndarray
        (H, W, 3) uint8.
    target : ndarray
        (H, W) float32 in [0, 1], the reference.
    figures : dict
        Metric name to value.
    """

    name: str
    rgb: Rgb
    target: Alpha
    figures: dict[str, float]


def portraits(directory: Path, matte: Matte, limit: int | None = None) -> Iterator[Portrait]:
    """The pack's portraits with their figures; parameters and errors as for `evaluate`."""
    (folder,) = sets_in(directory, ("portraits",))
    scores = (metrics.iou, metrics.boundary_f, metrics.sad, metrics.mse, metrics.mad)
    for path in evenly(pictures_in(folder / "photo"), limit):
        rgb, target = read_rgb(path), read_alpha(folder / "alpha" / path.name)
        alpha = at_size(matte, rgb, target.shape)
        yield Portrait(path.stem, rgb, target, {score.__name__: score(alpha, target) for score in scores})


def summary(name: str, found: Iterable[Portrait]) -> Result:
    """The mean figures of portraits, of which there is one at least, and the 5th percentile of their IoU."""
    rows = [portrait.figures for portrait in found]
    means = {key: float(np.mean([row[key] for row in rows])) for key in rows[0]}
    return Result(name, len(rows), means | {"iou_p5": float(np.percentile([row["iou"] for row in rows], 5))})


def clip_frames(folder: Path, videos: Path) -> Iterator[tuple[Rgb, Alpha]]:
    """The frames of a video beside their reference alphas.

    Parameters
    ----------
    folder : Path
        Holds a matte for each of the first frames; its name is the video's, less the suffix.
    videos : Path
        Holds the video.

    Raises
    ------
    MediaError
        If there is not one such video, or it has fewer frames than mattes.
    """
    mattes = pictures_in(folder)
    found = sorted(videos.glob(f"{folder.name}.*"))
    if len(found) != 1:
        raise MediaError(f"{videos} holds {len(found)} videos called {folder.name}; expected one, for {folder}")
    with open_source(found[0]) as source:
        frames = iter(source)
        for matte in mattes:
            frame = next(frames, None)
            if frame is None:
                raise MediaError(f"{found[0]} ends before its last matte, {mattes[-1]}; expected a frame for each")
            yield frame.rgb, read_alpha(matte)


def _dancer(folder: Path, videos: _Videos) -> Result:
    rows, count = [], 0
    for scene in sorted(folder.iterdir()):
        photos = pictures_in(scene / "photo")
        pictures = np.stack([read_rgb(path) for path in photos])
        targets = np.stack([read_alpha(scene / "alpha" / path.name) for path in photos])
        alphas = videos(pictures, targets)
        outlines = [metrics.boundary_f(alpha, target) for alpha, target in zip(alphas, targets, strict=True)]
        rows.append(_video_figures(pictures, targets, alphas) | {"boundary_f": float(np.mean(outlines))})
        count += len(photos)
    return Result("dancer", count, {key: float(np.mean([row[key] for row in rows])) for key in rows[0]})


def _clip(folder: Path, clips: Path, videos: _Videos) -> Result:
    frames = list(clip_frames(folder, clips))
    pictures, targets = (np.stack(arrays) for arrays in zip(*frames, strict=True))
    return Result(folder.name, len(frames), _video_figures(pictures, targets, videos(pictures, targets)))


def _rooms(folder: Path, matte: Matte, limit: int | None) -> Result:
    means = [float(matte(read_rgb(path)).mean()) for path in evenly(pictures_in(folder), limit)]
    return Result("rooms", len(means), {"mean_alpha": float(np.mean(means)), "highest": max(means)})


class _Videos:
    """Finds the alphas of a video's frames, which count as 30 a second, at the size of its reference mattes."""

    def __init__(self, matte: Matte, at: At, smoothing: SmootherName) -> None:
        self._matte = matte
        self._at = at
        self._smoothing = smoothing

    def __call__(self, pictures: NDArray[np.uint8], targets: NDArray[np.float32]) -> NDArray[np.float32]:
        steady = smoother(self._smoothing)
        alphas = []
        for index, picture in enumerate(pictures):
            alpha = self._matte(picture)
            if steady is not None:
                alpha = steady.smooth(alpha, Frame(picture, index, Fraction(1, 30)))
            if self._at == "frame":
                alpha = upsample_alpha(alpha, picture)
            alphas.append(enlarged(alpha, targets.shape[1:]))
        return np.stack(alphas)


def _along_edges(matte: Matte, rgb: Rgb) -> Alpha:
    return upsample_alpha(matte(rgb), rgb)


def _video_figures(
    pictures: NDArray[np.uint8], targets: NDArray[np.float32], alphas: NDArray[np.float32]
) -> dict[str, float]:
    pairs = list(zip(alphas, targets, strict=True))
    return {
        "iou": float(np.mean([metrics.iou(a, t) for a, t in pairs])),
        "sad": float(np.mean([metrics.sad(a, t) for a, t in pairs])),
        "mse": metrics.mse(alphas, targets),
        "mad": metrics.mad(alphas, targets),
        "soft_mad": metrics.mad(alphas, targets, metrics.soft_band(targets)),
        "dtssd": metrics.dtssd(alphas, targets),
        "flicker": metrics.flicker(alphas, pictures),
        "still_flicker": metrics.flicker(alphas, pictures, targets),
    }
