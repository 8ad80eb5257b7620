"""The training packs in memory: people with alpha and foreground colours, and pictures without people."""

from __future__ import annotations

import tarfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from itertools import repeat
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["Person", "TrainingSet", "load_training_set"]

PEOPLE = ("portraits", "street", "clips", "gathered")
BACKGROUNDS = ("rooms", "scenes", "things")
OPTIONAL = ("gathered", "things")
IN_CLIPS = ("clips", "gathered")


def _listed(file: str) -> frozenset[str]:
    """Names in a file beside this one: one on a line, and lines of comment."""
    lines = Path(__file__).with_name(file).read_text(encoding="utf-8").splitlines()
    return frozenset(line for line in lines if not line.startswith("#"))


BYSTANDERS, MISLABELLED, PEOPLED = (_listed(f"{name}.txt") for name in ("bystanders", "mislabelled", "peopled"))


@dataclass(frozen=True, slots=True)
class Person:
    """One photo of people and its matte.

    Attributes
    ----------
    name : str
    photo : ndarray
        (H, W, 3) uint8, R,G,B.
    alpha : ndarray
        (H, W) uint8, 255 where opaque.
    foreground : ndarray
        (H, W, 3) uint8, the colours of the person alone, estimated where the pixel is mixed.
    own_background : bool
        Whether photo and alpha agree on everybody in the picture; if not, only the cut-out may be used.
    box : tuple of int
        x, y, width, height in pixels of what is more than half opaque; of the whole photo where nothing is.
    touches : tuple of bool
        Whether the person is cut off by the photo's left, top, right and bottom edge.
    """

    name: str
    photo: NDArray[np.uint8]
    alpha: NDArray[np.uint8]
    foreground: NDArray[np.uint8]
    own_background: bool
    box: tuple[int, int, int, int]
    touches: tuple[bool, bool, bool, bool]

    @classmethod
    def of(cls, name: str, photo: NDArray[np.uint8], alpha: NDArray[np.uint8], foreground: NDArray[np.uint8]) -> Person:
        """A photo with what its matte tells, and with its own background but for known bystanders."""
        return cls(name, photo, alpha, foreground, name not in BYSTANDERS, _box(alpha), _touches(alpha))


@dataclass(frozen=True, slots=True)
class TrainingSet:
    """People in groups of equal weight (a clip is one group, a photo another), and pictures without people."""

    people: tuple[tuple[Person, ...], ...]
    backgrounds: tuple[NDArray[np.uint8], ...]


def _decode(data: bytes, flags: int, long_side: int) -> NDArray[np.uint8]:
    image = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    if image is None:
        raise ValueError("not a picture")
    scale = long_side / max(image.shape[:2])
    if scale < 1:
        image = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    if image.ndim == 3:
        image = cv2.cvtColor(image, cv2.COLOR_BGR2RGB)
    return np.asarray(image, np.uint8)


def estimate_foreground(photo: NDArray[np.uint8], alpha: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The person's own colours, by the multi-level method (Germer et al. 2020)."""
    from pymatting import estimate_foreground_ml

    foreground = estimate_foreground_ml(photo / 255.0, alpha / 255.0)
    return np.asarray(np.rint(np.clip(foreground, 0, 1) * 255), np.uint8)


def _members(path: Path) -> dict[str, bytes]:
    with tarfile.open(path) as tar:
        files = (m for m in tar if m.isfile())
        return {m.name.removeprefix("./"): tar.extractfile(m).read() for m in files}  # type: ignore[union-attr]


def _box(alpha: NDArray[np.uint8]) -> tuple[int, int, int, int]:
    x, y, width, height = cv2.boundingRect((alpha > 128).astype(np.uint8))
    return (x, y, width, height) if width else (0, 0, alpha.shape[1], alpha.shape[0])


def _touches(alpha: NDArray[np.uint8]) -> tuple[bool, bool, bool, bool]:
    edges = (alpha[:, :2], alpha[:2], alpha[:, -2:], alpha[-2:])
    left, top, right, bottom = (bool((edge > 128).any()) for edge in edges)
    return left, top, right, bottom


def _levels(alpha: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Push the nearly clear and the nearly opaque of a network's alpha to the ends."""
    stretched = (alpha.astype(np.float32) - 8) * (255 / (247 - 8))
    return np.asarray(np.clip(np.rint(stretched), 0, 255), np.uint8)


def _surroundings(alpha: NDArray[np.uint8]) -> tuple[slice, slice]:
    """The person and a little around: in the street, strangers stand further off."""
    x, y, width, height = _box(alpha)
    beside, above = width // 4 + 20, height // 16
    return slice(max(0, y - above), y + height + above), slice(max(0, x - beside), x + width + beside)


@lru_cache(maxsize=1)  # stages in a row mostly want the same
def load_training_set(directory: Path, cache: Path, long_side: int) -> TrainingSet:
    """Read the packs `portraits street clips rooms scenes` and, where there, `gathered things` (tar files of
    photo/ID.webp and alpha/ID.webp). A clip's frames are ID_NUMBER.

    Parameters
    ----------
    directory : Path
        Where the tar files are.
    cache : Path
        A folder for the estimated foregrounds, made once for each `long_side`.
    long_side : int
        Pixels; larger pictures are scaled down to it.
    """

    def there(pack: str) -> bool:
        return pack not in OPTIONAL or (directory / f"{pack}.tar").exists()

    groups: dict[str, list[Person]] = {}
    backgrounds: list[NDArray[np.uint8]] = []
    with ThreadPoolExecutor() as pool:
        for pack in filter(there, PEOPLE):
            cached = cache / f"{pack}-{long_side}.npz"
            members = _members(directory / f"{pack}.tar")
            names = sorted({Path(m).stem for m in members if m.startswith("photo/")} - MISLABELLED)
            files, masks = ([members[f"{kind}/{name}.webp"] for name in names] for kind in ("photo", "alpha"))
            photos = list(pool.map(_decode, files, repeat(cv2.IMREAD_COLOR), repeat(long_side)))
            alphas = list(pool.map(_levels, pool.map(_decode, masks, repeat(cv2.IMREAD_GRAYSCALE), repeat(long_side))))
            if cached.exists():
                with np.load(cached) as stored:
                    foregrounds = [stored[name] for name in names]
            else:
                foregrounds = list(pool.map(estimate_foreground, photos, alphas))
                cache.mkdir(parents=True, exist_ok=True)
                np.savez(cached, **dict(zip(names, foregrounds, strict=True)))
            for name, photo, alpha, foreground in zip(names, photos, alphas, foregrounds, strict=True):
                group = name.rsplit("_", 1)[0] if pack in IN_CLIPS else name
                part = _surroundings(alpha) if pack == "street" else (slice(None), slice(None))
                person = Person.of(name, *(plane[part] for plane in (photo, alpha, foreground)))
                groups.setdefault(f"{pack}/{group}", []).append(person)
        for pack in filter(there, BACKGROUNDS):
            members = _members(directory / f"{pack}.tar")
            files = [members[name] for name in sorted(members) if Path(name).stem not in PEOPLED]
            backgrounds += pool.map(_decode, files, repeat(cv2.IMREAD_COLOR), repeat(long_side))
    return TrainingSet(tuple(tuple(people) for people in groups.values()), tuple(backgrounds))
