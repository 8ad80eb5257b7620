"""The paper's protocol: foregrounds with true alpha on backgrounds of other pictures, scored at 800x800.

Two folders are understood. One is laid out as Composition-1k::

    fg/NAME  alpha/NAME  bg/NAME      the composites are made from these
    trimaps/NAME_0.png ...            of the composite with each background; may be missing
    test_fg_names.txt  test_bg_names.txt
                                      the standard order, here or one folder up; without them, the order of the names

The first foreground stands on the first backgrounds, the second on the next ones: on 20 each, or on as many as there
are for each. The other is the validation pack: some frames of the dancer on its rooms, in the same way.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

import cv2
import numpy as np

from streammatte.compositing.frames import Alpha, Rgb
from streammatte.compositing.over import over
from streammatte.errors import MediaError
from streammatte.research.evaluate import metrics
from streammatte.research.evaluate.pictures import Matte, at_size, evenly, pictures_in, read_alpha, read_rgb
from streammatte.research.evaluate.report import Result
from streammatte.research.evaluate.rivals import Rival, random_trimap, read_trimap

__all__ = ["SIDE", "Composite", "composites", "evaluate"]

SIDE = 800
"""Pixels: the sides at which alpha is scored."""

_MOST_BACKGROUNDS = 20
_DANCER_STEP = 12  # frames of a video are alike

A = TypeVar("A", Rgb, Alpha)


@dataclass(frozen=True)
class Composite:
    """One test picture, by the files that it is made of; without a trimap's file, one is made from alpha."""

    foreground: Path
    alpha: Path
    background: Path
    trimap: Path | None = None

    def read(self) -> tuple[Rgb, Alpha]:
        """Return the picture and its true alpha.

        Raises
        ------
        MediaError
            If a file cannot be read, or foreground and alpha differ in size.
        """
        foreground, alpha = read_rgb(self.foreground), read_alpha(self.alpha)
        if foreground.shape[:2] != alpha.shape:
            problem = f"{self.alpha} has another size than {self.foreground}; expected a matte of that picture"
            raise MediaError(problem, subject=self.alpha)
        return over(foreground, alpha, _covering(read_rgb(self.background), foreground)), alpha


def composites(directory: Path) -> list[Composite]:
    """The test pictures that `directory` makes, in their standard order.

    Raises
    ------
    MediaError
        If it is laid out in neither of the two ways, or a folder holds no pictures.
    """
    if (directory / "fg").is_dir():
        foregrounds = _in_order(directory, "fg", "test_fg_names.txt")
        mattes = [directory / "alpha" / path.name for path in foregrounds]
        backgrounds = _in_order(directory, "bg", "test_bg_names.txt")
    elif scenes := sorted(directory.glob("val/dancer/*/foreground")):
        foregrounds = [path for scene in scenes for path in pictures_in(scene)[::_DANCER_STEP]]
        mattes = [path.parent.parent / "alpha" / path.name for path in foregrounds]
        backgrounds = pictures_in(directory / "val" / "rooms")
    else:
        problem = f"{directory} holds no test set; expected fg/, alpha/ and bg/, or val/dancer and val/rooms"
        raise MediaError(problem, subject=directory)
    each = min(_MOST_BACKGROUNDS, max(1, len(backgrounds) // len(foregrounds)))
    made = []
    for i, (foreground, matte) in enumerate(zip(foregrounds, mattes, strict=True)):
        for j in range(each):
            trimap = directory / "trimaps" / f"{foreground.stem}_{j}.png"
            background = backgrounds[(i * each + j) % len(backgrounds)]
            made.append(Composite(foreground, matte, background, trimap if trimap.is_file() else None))
    return made


def evaluate(
    directory: Path,
    matte: Matte,
    rivals: Mapping[str, Rival] = MappingProxyType({}),
    limit: int | None = None,
    *,
    name: str = "streammatte",
) -> list[Result]:
    """Score the network, without a trimap, and its rivals, with one, on the same pictures.

    The network sees a picture in its own aspect; the rivals see it at 800x800, where all alphas are scored, over the
    whole picture.

    Parameters
    ----------
    directory : Path
        As `composites` takes it.
    matte : callable
        The network: maps a picture to its alpha.
    rivals : mapping of str to callable
        What else to run, as `open_rivals` gives it.
    limit : int, optional
        Take at most so many pictures, evenly spaced.
    name : str
        What the network is called.

    Returns
    -------
    list of Result
        The network's and then each rival's: means of SAD, MSE, Grad, Conn and CPU seconds.
    """
    rows: dict[str, list[dict[str, float]]] = {f"{name}, no trimap": []}
    rows |= {f"{rival}, trimap": [] for rival in rivals}
    ours, *theirs = rows.values()
    for number, composite in evenly(list(enumerate(composites(directory))), limit):
        picture, alpha = composite.read()
        square, target = _square(picture), _square(alpha)
        trimap = read_trimap(composite.trimap, SIDE) if composite.trimap else random_trimap(target, seed=number)
        ours.append(_score(target, at_size, matte, picture, target.shape))
        for row, rival in zip(theirs, rivals.values(), strict=True):
            row.append(_score(target, rival, square, trimap))
    return [
        Result(method, len(row), {key: float(np.mean([figures[key] for figures in row])) for key in row[0]})
        for method, row in rows.items()
    ]


def _score(target: Alpha, find: Callable[..., Alpha], *arguments: object) -> dict[str, float]:
    """Time the alpha that `find` finds, and hold it against the true one."""
    began = time.process_time()
    alpha = find(*arguments)
    figures = {"cpu_s": time.process_time() - began}
    scores = (metrics.sad, metrics.mse, metrics.grad, metrics.conn)
    return figures | {score.__name__: score(alpha, target) for score in scores}


def _in_order(directory: Path, kind: str, listing: str) -> list[Path]:
    """The pictures of the folder `kind`, in the order of the list of names if there is one."""
    for path in (directory / listing, directory.parent / listing):
        lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
        if names := [line.strip() for line in lines if line.strip()]:
            return [directory / kind / name for name in names]
    return pictures_in(directory / kind)


def _covering(background: Rgb, foreground: Rgb) -> Rgb:
    """Enlarge a background that is too small, then cut from its top left, as the data set's own script does."""
    height, width = foreground.shape[:2]
    scale = max(width / background.shape[1], height / background.shape[0])
    if scale > 1:
        size = math.ceil(background.shape[1] * scale), math.ceil(background.shape[0] * scale)
        background = np.asarray(cv2.resize(background, size, interpolation=cv2.INTER_CUBIC), np.uint8)
    return np.ascontiguousarray(background[:height, :width])


def _square(array: A) -> A:
    shrinks = min(array.shape[:2]) >= SIDE
    resized: A = cv2.resize(array, (SIDE, SIDE), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    return resized
