"""The training packs: people with alpha and foreground colours, and pictures without people."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from streammatte.errors import MediaError
from streammatte.research.train.cache import decoded_pack

__all__ = ["Person", "TrainingSet", "load_training_set"]

IN_CLIPS = ("clips", "gathered", "sequences")
"""Packs whose ids are CLIP_NUMBER."""

FEW_PEOPLE = (
    *("asl", "asl2", "custgest", "deepwork", "free-exercise-db", "gesture-body"),
    *("gesture-hand", "handsign", "subhi", "tud-people", "zoombeh"),
)
"""Sources, by the first part of their ids, whose many pictures show the same few people."""

SHARES = {"people-bodies": 1.5, "sequences": 1.5, "rooms-hard": 3.0}
"""How often a picture of a pack is drawn, where that is not 1: small whole figures, and rooms that were mistaken."""


def _listed(file: str) -> frozenset[str]:
    """Names in a file beside this one: one on a line, and lines of comment."""
    lines = Path(__file__).with_name(file).read_text(encoding="utf-8").splitlines()
    return frozenset(line for line in lines if not line.startswith("#"))


BYSTANDERS, MISLABELLED, PEOPLED = (_listed(f"{name}.txt") for name in ("bystanders", "mislabelled", "peopled"))
"""Names of pictures, or of whole clips."""


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
    def of(
        cls,
        name: str,
        photo: NDArray[np.uint8],
        alpha: NDArray[np.uint8],
        foreground: NDArray[np.uint8],
        own_background: bool = True,
    ) -> Person:
        """A photo with what its matte tells."""
        return cls(name, photo, alpha, foreground, own_background, _box(alpha), _touches(alpha))


@dataclass(frozen=True, slots=True)
class TrainingSet:
    """People in groups (a clip is one group, a photo another), and pictures without people.

    Attributes
    ----------
    people : tuple of tuple of Person
    backgrounds : tuple of ndarray
        (H, W, 3) uint8 each.
    people_shares, background_shares : ndarray
        (groups,) and (backgrounds,) float64: how often to take each; all alike by default.
    everybody : tuple of Person
        All of them, group by group.
    """

    people: tuple[tuple[Person, ...], ...]
    backgrounds: tuple[NDArray[np.uint8], ...]
    people_shares: NDArray[np.float64] = field(default_factory=lambda: np.ones(0))
    background_shares: NDArray[np.float64] = field(default_factory=lambda: np.ones(0))
    everybody: tuple[Person, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "everybody", tuple(person for group in self.people for person in group))
        for name, items in (("people_shares", self.people), ("background_shares", self.backgrounds)):
            if len(getattr(self, name)) != len(items):
                object.__setattr__(self, name, np.ones(len(items)))


class _Row(NamedTuple):
    """What a pack's table says of a picture: the clip that it is of, if any, and whether there are bystanders."""

    clip: str | None
    bystanders: bool


def _table(file: Path) -> Mapping[str, _Row]:
    """The rows of a pack's table of sources by the pictures' names; none where there is no table."""
    if not file.exists():
        return {}
    with file.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
    found = {}
    for row in rows:
        video, is_frame, _ = row["path"].partition("#")
        clip = f"{row['repository']}/{video}" if is_frame else None
        found[row["id"]] = _Row(clip, int(row.get("bystanders") or 0) > 0)
    return found


def _group(pack: str, name: str, row: _Row | None) -> str:
    """What a picture belongs to: a clip, a source with few people, or itself."""
    source, _, _ = name.partition("_")
    if pack in IN_CLIPS:
        return name.rsplit("_", 1)[0]
    if row is not None and row.clip is not None:
        return row.clip
    return source if row is not None and source in FEW_PEOPLE else name


def _share(pictures: int) -> float:
    """How many photos a group counts as: as it shows the same people, more slowly than the number of its pictures."""
    return min(float(pictures), 2 * math.sqrt(pictures))


def _box(alpha: NDArray[np.uint8]) -> tuple[int, int, int, int]:
    x, y, width, height = cv2.boundingRect((alpha > 128).astype(np.uint8))
    return (x, y, width, height) if width else (0, 0, alpha.shape[1], alpha.shape[0])


def _touches(alpha: NDArray[np.uint8]) -> tuple[bool, bool, bool, bool]:
    edges = (alpha[:, :2], alpha[:2], alpha[:, -2:], alpha[-2:])
    left, top, right, bottom = (bool((edge > 128).any()) for edge in edges)
    return left, top, right, bottom


def _surroundings(alpha: NDArray[np.uint8]) -> tuple[slice, slice]:
    """The person and a little around: in the street, strangers stand further off."""
    x, y, width, height = _box(alpha)
    beside, above = width // 4 + 20, height // 16
    return slice(max(0, y - above), y + height + above), slice(max(0, x - beside), x + width + beside)


@lru_cache(maxsize=1)  # stages in a row mostly want the same
def load_training_set(directory: Path, cache: Path, long_side: int) -> TrainingSet:
    """Read all packs of a folder: tar files of photo/ID.webp and, where they show people, alpha/ID.webp.

    PACK.tsv, where it is there, is the pack's table of sources, with the columns id, repository and path (frames of a
    video have a # in it) and, if the alphas leave people out, bystanders: how many.

    Parameters
    ----------
    directory : Path
        Where the tar files are.
    cache : Path
        A folder for the decoded packs.
    long_side : int
        Pixels; larger pictures are scaled down to it.

    Raises
    ------
    MediaError
        If the folder holds no packs of people or none of backgrounds.
    """
    groups: dict[tuple[str, str], list[Person]] = {}
    backgrounds: list[NDArray[np.uint8]] = []
    shares: list[float] = []
    for file in sorted(directory.glob("*.tar")):
        pack, table = file.stem, _table(file.with_suffix(".tsv"))
        for picture in decoded_pack(file, cache, long_side):
            name, row = picture.name, table.get(picture.name)
            if picture.alpha is None or picture.foreground is None:
                if name not in PEOPLED:
                    backgrounds.append(picture.photo)
                    shares.append(SHARES.get(pack, 1.0))
                continue
            group = _group(pack, name, row)
            names = {name, group}
            if names & MISLABELLED:
                continue
            alone = not names & BYSTANDERS and not (row is not None and row.bystanders)
            part = _surroundings(picture.alpha) if pack == "street" else (slice(None), slice(None))
            photo, alpha, foreground = (plane[part] for plane in (picture.photo, picture.alpha, picture.foreground))
            groups.setdefault((pack, group), []).append(Person.of(name, photo, alpha, foreground, alone))
    if not groups or not backgrounds:
        raise MediaError(
            f"{directory} holds no packs to train on; expected .tar files of photo/ and alpha/", subject=directory
        )
    return TrainingSet(
        tuple(tuple(people) for people in groups.values()),
        tuple(backgrounds),
        np.array([SHARES.get(pack, 1.0) * _share(len(people)) for (pack, _), people in groups.items()]),
        np.array(shares),
    )
