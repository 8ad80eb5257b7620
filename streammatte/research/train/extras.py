"""Headphones on people who have been cut out, and what they have in common with arms."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from streammatte.research.train.colour import Layer, enlarged, over
from streammatte.research.train.data import Person
from streammatte.research.train.things import drawn_plain

__all__ = ["Headphones", "drawn_headphones", "head_height", "painted_headphones", "scale_of", "with_extra"]


@dataclass(frozen=True)
class Headphones:
    """Headphones of one colour, some with a microphone, in pixels of the person's photo.

    Attributes
    ----------
    matrix : ndarray
        (2, 3): the map from the photo to the frame.
    ears : tuple of int
        Left and right column, and the row.
    top, head : float
        The row of the crown, and the head's height.
    wide, tall, band : float
        Half of a cup's width and height, and how thick the band is.
    cups : tuple of bool
        Whether there is one at the left ear, and at the right one.
    microphone : int or None
        The number of the ear from which it comes.
    plain : ndarray
        (3, 3, 3) in [0, 1]: their colours, enlarged to the frame.
    softness : float
        Sigma of the outline's blur, in pixels of the frame.
    """

    matrix: NDArray[np.float64]
    ears: tuple[int, int, int]
    top: float
    head: float
    wide: float
    tall: float
    band: float
    cups: tuple[bool, bool]
    microphone: int | None
    plain: NDArray[np.float64]
    softness: float


def with_extra(
    layer: Layer, behind: bool, colours: NDArray[np.uint8], alpha: NDArray[np.float32]
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """A person in a frame, (H, W, 3) uint8 and (H, W) in [0, 1], and what belongs to them; in new arrays."""
    own = np.asarray(layer.alpha / 255, np.float32)
    total = np.asarray(own + (1 - own) * alpha, np.float32)
    share = own * (1 - alpha) / np.maximum(total, 1e-3) if behind else own
    # where the person is half clear, their colours are known too, so that only the extra's share of them is replaced
    return over(layer.colours, np.asarray(share, np.float32), colours), total


def head_height(person: Person) -> float:
    """Pixels of the photo, about, by the person's extent."""
    _, _, width, height = person.box
    return height / 7 if height > 1.8 * width else 0.42 * min(height, 1.1 * width)


def scale_of(matrix: NDArray[np.floating]) -> float:
    """How much an affine map enlarges."""
    return float(np.sqrt(abs(np.linalg.det(matrix[:, :2]))))


def drawn_headphones(rng: np.random.Generator, person: Person, matrix: NDArray[np.float32]) -> Headphones | None:
    """Headphones for somebody, by the map from the photo to the frame; None if the head's outline shows no ears."""
    ears = _ears(person)
    if ears is None:
        return None
    head = head_height(person)
    return Headphones(
        matrix.astype(np.float64),
        ears,
        person.box[1],
        head,
        wide=head * rng.uniform(0.1, 0.2),
        tall=head * rng.uniform(0.2, 0.32),
        band=head * rng.uniform(0.05, 0.12),
        cups=(rng.random() < 0.9, rng.random() < 0.9),
        microphone=int(rng.integers(2)) if rng.random() < 0.3 else None,
        plain=drawn_plain(rng),
        softness=rng.uniform(0.5, 1.0),
    )


def painted_headphones(headphones: Headphones, width: int, height: int, scale: float = 1.0) -> Layer:
    """Headphones in a frame of so many pixels, each of which is 1 / `scale` of those that they were drawn for."""
    left, right, row = headphones.ears
    head, middle = headphones.head, (left + right) / 2
    linear, offset = headphones.matrix[:, :2] * scale, (headphones.matrix[:, 2] + 0.5) * scale - 0.5
    enlargement = scale_of(headphones.matrix) * scale
    mask = np.zeros((height, width), np.uint8)

    def pixels(points: NDArray[np.float64]) -> NDArray[np.int32]:
        return np.rint(16 * (points @ linear.T + offset)).astype(np.int32)

    def line(points: NDArray[np.float64], thickness: float) -> None:
        whole = max(1, round(thickness * enlargement))
        cv2.polylines(mask, [pixels(points)], False, 255, whole, cv2.LINE_AA, shift=4)

    half = np.linspace(0, np.pi, 24)
    over_the_head = np.array((middle, row)) + np.column_stack(
        (np.cos(half) * (right - left) / 2, -np.sin(half) * (row - headphones.top))
    )
    line(over_the_head, headphones.band)
    turn = np.linspace(0, 2 * np.pi, 32)
    around = np.column_stack((headphones.wide * np.cos(turn), headphones.tall * np.sin(turn)))
    for ear, cup in zip((left, right), headphones.cups, strict=True):
        if cup:
            cv2.fillPoly(mask, [pixels(np.array((ear, row)) + around)], 255, cv2.LINE_AA, shift=4)
    if headphones.microphone is not None:  # before the mouth
        ear = (left, right)[headphones.microphone]
        mouth = np.array((middle + 0.35 * (ear - middle), row + 0.35 * head))
        bow = np.array([(ear, row), (ear + 0.1 * (middle - ear), mouth[1]), mouth])
        line(bow, 0.03 * head)
        line(mouth + np.array([(0, 0), (0.1 * (middle - ear), 0)]), 0.09 * head)
    depth = cv2.distanceTransform((mask > 127).astype(np.uint8), cv2.DIST_L2, 3)
    round_ = np.minimum(depth / max(1.0, 0.6 * headphones.wide * enlargement), 1) ** 0.5
    look = enlarged(headphones.plain, width, height) * (0.6 + 0.4 * round_)[..., None]
    soft = cv2.GaussianBlur(mask, (0, 0), headphones.softness * scale)
    return Layer(np.clip(look, 0, 255).astype(np.uint8), np.asarray(soft, np.uint8))


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
