"""What is drawn for a person: headphones, and what arms and headphones have in common."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from streammatte.research.train.colour import over
from streammatte.research.train.data import Person
from streammatte.research.train.things import drawn_plain

__all__ = ["Extra", "drawn_headphones", "head_height", "scale_of", "with_extra"]


class Extra(NamedTuple):
    """Something in a frame that belongs to a person.

    Attributes
    ----------
    colours, alpha : ndarray
        (H, W, 3) and (H, W) uint8.
    behind : bool
        Whether the person is before it.
    """

    colours: NDArray[np.uint8]
    alpha: NDArray[np.uint8]
    behind: bool


def with_extra(
    extra: Extra, colours: NDArray[np.uint8], alpha: NDArray[np.float32]
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """A person in a frame, (H, W, 3) uint8 and (H, W) in [0, 1], and what belongs to them; in new arrays."""
    own = np.asarray(extra.alpha / 255, np.float32)
    total = np.asarray(own + (1 - own) * alpha, np.float32)
    share = own * (1 - alpha) / np.maximum(total, 1e-3) if extra.behind else own
    # where the person is half clear, their colours are known too, so that only the extra's share of them is replaced
    return over(extra.colours, np.asarray(share, np.float32), colours), total


def head_height(person: Person) -> float:
    """Pixels of the photo, about, by the person's extent."""
    _, _, width, height = person.box
    return height / 7 if height > 1.8 * width else 0.42 * min(height, 1.1 * width)


def scale_of(matrix: NDArray[np.float32]) -> float:
    """How much an affine map enlarges."""
    return float(np.sqrt(abs(np.linalg.det(matrix[:, :2]))))


def drawn_headphones(
    rng: np.random.Generator, person: Person, matrix: NDArray[np.float32], size: tuple[int, int]
) -> Extra | None:
    """Headphones of one colour, some with a microphone; None where the head's outline does not tell the ears' place.

    Parameters
    ----------
    rng : Generator
        Draws them.
    person : Person
        Whose head they are on.
    matrix : ndarray
        (2, 3): the map from the photo to the frame.
    size : tuple of int
        w, h of the frame.
    """
    ears = _ears(person)
    if ears is None:
        return None
    left, right, row = ears
    head, top, middle = head_height(person), person.box[1], (left + right) / 2
    wide, tall = head * rng.uniform(0.1, 0.2), head * rng.uniform(0.2, 0.32)
    mask = np.zeros(size[::-1], np.uint8)

    def pixels(points: NDArray[np.float64]) -> NDArray[np.int32]:
        return np.rint(16 * (points @ matrix[:, :2].T + matrix[:, 2])).astype(np.int32)

    def line(points: NDArray[np.float64], thickness: float) -> None:
        whole = max(1, round(thickness * scale_of(matrix)))
        cv2.polylines(mask, [pixels(points)], False, 255, whole, cv2.LINE_AA, shift=4)

    half = np.linspace(0, np.pi, 24)
    over_the_head = np.array((middle, row)) + np.column_stack(
        (np.cos(half) * (right - left) / 2, -np.sin(half) * (row - top))
    )
    line(over_the_head, head * rng.uniform(0.05, 0.12))
    turn = np.linspace(0, 2 * np.pi, 32)
    for ear in (left, right):
        if rng.random() < 0.9:
            cup = np.array((ear, row)) + np.column_stack((wide * np.cos(turn), tall * np.sin(turn)))
            cv2.fillPoly(mask, [pixels(cup)], 255, cv2.LINE_AA, shift=4)
    if rng.random() < 0.3:  # a microphone before the mouth
        ear = left if rng.random() < 0.5 else right
        mouth = np.array((middle + 0.35 * (ear - middle), row + 0.35 * head))
        bow = np.array([(ear, row), (ear + 0.1 * (middle - ear), mouth[1]), mouth])
        line(bow, 0.03 * head)
        line(mouth + np.array([(0, 0), (0.1 * (middle - ear), 0)]), 0.09 * head)
    depth = cv2.distanceTransform((mask > 127).astype(np.uint8), cv2.DIST_L2, 3)
    round_ = np.minimum(depth / max(1.0, 0.6 * wide * scale_of(matrix)), 1) ** 0.5
    look = cv2.resize(drawn_plain(rng, 1)[0] * 255, size) * (0.6 + 0.4 * round_)[..., None]
    soft = cv2.GaussianBlur(mask, (0, 0), rng.uniform(0.5, 1.0))
    return Extra(np.clip(look, 0, 255).astype(np.uint8), np.asarray(soft, np.uint8), behind=False)


def _ears(person: Person) -> tuple[int, int, int] | None:
    """Left and right column and the row of the ears in the photo, or of the hair over them."""
    head, top = head_height(person), person.box[1]
    row, crown = int(top + 0.6 * head), int(top + 0.15 * head)
    if person.touches[1] or row >= person.alpha.shape[0]:
        return None
    columns = np.flatnonzero(person.alpha[crown] > 128)
    if not len(columns):
        return None
    middle, solid = int(np.median(columns)), person.alpha[row] > 128
    gaps = np.flatnonzero(~solid)
    left, right = gaps[gaps < middle].max(initial=-1) + 1, gaps[gaps > middle].min(initial=len(solid)) - 1
    if not solid[middle] or left == 0 or right == len(solid) - 1 or not 0.4 * head < right - left < 1.3 * head:
        return None
    return int(left), int(right), row
