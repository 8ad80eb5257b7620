"""Where a person stands in a training picture."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from streammatte.research.train.data import Person

__all__ = [
    "CELLS",
    "REACH",
    "Shown",
    "cut_out",
    "drawn_shifts",
    "drawn_spot",
    "fits",
    "hung",
    "mapped",
    "outline_spot",
    "placement",
    "view",
]

CELLS = 6
"""A body is bent by shifts on a grid of so many points each way."""
REACH = 0.15
"""Bent, a person goes on beyond the edge at which the photo cut them off: so far, as a share of the photo's height."""


@dataclass(frozen=True)
class Shown:
    """A picture in a frame.

    Attributes
    ----------
    index : int
        The number of the picture, among the backgrounds or the people.
    matrix : ndarray
        (2, 3) float32: the affine map from the picture to the frame.
    """

    index: int
    matrix: NDArray[np.float32]


def view(rng: np.random.Generator, size: tuple[int, int], width: int, height: int) -> NDArray[np.float32]:
    """An affine map by which a picture of `size` (w, h) covers a frame: a part of it, half of them mirrored."""
    w, h = size
    scale = max(width / w, height / h) * rng.uniform(1.0, 2.2)
    ox = rng.uniform(0, w * scale - width)
    oy = rng.uniform(0, h * scale - height)
    matrix = np.array([[scale, 0, -ox], [0, scale, -oy]], np.float32)
    if rng.random() < 0.5:
        matrix[0] = [-scale, 0, w * scale - ox]
    return matrix


def mapped(picture: NDArray[np.uint8], matrix: NDArray[np.float32], width: int, height: int) -> NDArray[np.uint8]:
    """A picture, (h, w) or (h, w, 3), in a frame (height, width), by an affine map; mirrored beyond its edges."""
    size, border = (width, height), cv2.BORDER_REFLECT
    return np.asarray(cv2.warpAffine(picture, matrix, size, flags=cv2.INTER_LINEAR, borderMode=border), np.uint8)


def hung(rng: np.random.Generator, person: Person, screen: NDArray[np.float64]) -> NDArray[np.float32]:
    """An affine map by which a photo covers a screen or a frame on the wall, the face in it; half of them mirrored.

    Parameters
    ----------
    rng : Generator
        Draws it.
    person : Person
        Whose photo it is.
    screen : ndarray
        (2, 3): the map from the unit square to the screen in the picture.
    """
    h, w = person.alpha.shape
    x, top, bw, bh = person.box
    sides = np.hypot(*screen[:, :2])
    scale = float(np.max(sides / (w, h))) * rng.uniform(1.0, 1.6)
    face = scale * np.array((x + bw / 2, top + 0.3 * min(bh, 1.1 * bw)))
    linear = np.diag((scale, scale))
    offset = np.clip(sides * rng.uniform((0.35, 0.25), (0.65, 0.5)) - face, sides - (scale * w, scale * h), 0)
    if rng.random() < 0.5:
        linear[0, 0], offset[0] = -scale, sides[0] - offset[0]
    onto = screen[:, :2] / sides
    return np.column_stack((onto @ linear, onto @ offset + screen[:, 2])).astype(np.float32)


def fits(rng: np.random.Generator, person: Person, width: int, height: int) -> bool:
    """Whether chance takes a photo with its own background for a frame, which it has to cover.

    The less of head and shoulders the frame then shows, the more seldom: of many a portrait it is hardly a face.
    """
    return bool(rng.random() < _bust_shown(person, width, height) ** 2)


def _bust_shown(person: Person, width: int, height: int) -> float:
    """The height of a frame that the photo covers, as a share of the height of the person's head and shoulders."""
    h, w = person.alpha.shape
    _, _, bw, bh = person.box
    return float(height / max(width / w, height / h) / min(bh, 1.1 * bw))


def drawn_shifts(
    rng: np.random.Generator, alpha: NDArray[np.uint8], matrix: NDArray[np.float32], height: int
) -> NDArray[np.float32]:
    """Shifts (CELLS, CELLS, 2) in pixels that bend a body, some hundredths of its photo's height in the frame."""
    extent = min(float(height), alpha.shape[0] * float(np.hypot(matrix[0, 1], matrix[1, 1])))
    return rng.normal(0, rng.uniform(0.005, 0.045) * extent, (CELLS, CELLS, 2)).astype(np.float32)


def drawn_spot(
    rng: np.random.Generator, person: Person, matrix: NDArray[np.float32], width: int, height: int
) -> tuple[int, int]:
    """Column and row in the frame of a place on a person, by the map from photo to frame; the nearest in the frame."""
    x, y, w, h = person.box
    for _ in range(10):
        spot = (x + int(rng.integers(w)), y + int(rng.integers(h)))
        if person.alpha[spot[::-1]] > 200:
            break
    column, row = matrix @ np.array([*spot, 1.0])
    return int(np.clip(column, 0, width - 1)), int(np.clip(row, 0, height - 1))


def outline_spot(
    rng: np.random.Generator, person: Person, matrix: NDArray[np.float32]
) -> tuple[NDArray[np.float64], int]:
    """A place (2,) in the frame on a person's left or right outline, and the side: -1 or 1."""
    x, y, width, height = person.box
    row, side = y + int(rng.integers(height)), int(rng.choice((-1, 1)))
    columns = np.flatnonzero(person.alpha[row, x : x + width] > 128)
    column = x + (int(columns[-1 if side > 0 else 0]) if len(columns) else width * (side > 0))
    mirrored = matrix[0, 0] < 0
    return matrix @ np.array([column, row, 1.0]), -side if mirrored else side


def cut_out(
    colours: NDArray[np.uint8],
    alpha: NDArray[np.uint8],
    matrix: NDArray[np.float32],
    size: tuple[int, int],
    shifts: NDArray[np.float32] | None = None,
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Colours and alpha of a person in a frame of `size` (w, h); bent by `shifts`, as `drawn_shifts` gives them."""
    width, height = size
    if shifts is None:
        front = cv2.warpAffine(colours, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        a = cv2.warpAffine(alpha, matrix, size, flags=cv2.INTER_LINEAR)
    else:
        back = cv2.invertAffineTransform(matrix)
        smooth = cv2.resize(shifts, size, interpolation=cv2.INTER_CUBIC)
        y, x = np.mgrid[:height, :width].astype(np.float32)
        x, y = x + smooth[..., 0], y + smooth[..., 1]
        at_x, at_y = ((row[0] * x + row[1] * y + row[2]).astype(np.float32) for row in back)
        front = cv2.remap(colours, at_x, at_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        # what the photo cut off must not end inside the frame, where the warp has moved the cut
        a = cv2.remap(alpha, at_x, at_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        h, w = alpha.shape
        a[np.maximum(np.maximum(-at_x, at_x - w), np.maximum(-at_y, at_y - h)) > REACH * h] = 0
    return np.asarray(front, np.uint8), a.astype(np.float32) / 255


def placement(
    rng: np.random.Generator,
    person: Person,
    width: int,
    height: int,
    *,
    cut_out: bool,
    with_head: float,
    at_the_edge: bool = False,
) -> NDArray[np.float32]:
    """An affine map from photo to frame that keeps the photo's cut edges at or beyond the frame's edges.

    The top of a person, if the photo does not cut it off, is not above the frame: with the probability `with_head` at
    least, and `at_the_edge` always.
    """
    h, w = person.alpha.shape
    x0, y0, bw, bh = person.box
    if cut_out and rng.random() < 0.35 and bh > 1.6 * bw:  # a whole figure: at times only its upper part is seen
        bh = int(bh * rng.uniform(0.25, 0.6))
    mirror = rng.random() < 0.5
    left, top, right, bottom = person.touches
    if mirror:
        left, right = right, left
    cut_at_the_top, shoulder = top, None
    at_left = rng.random() < 0.5
    if at_the_edge:
        inner_is_cut = right if at_left else left
        at_photo_s_right = at_left != mirror
        row = _first_row(person, at_photo_s_right)
        if inner_is_cut and not top and row > y0 + 0.4 * bh:
            shoulder = w if at_photo_s_right else 0, row
            left, right = (left, False) if at_left else (False, right)
    if cut_out:
        scale = height / bh * float(np.exp(rng.uniform(np.log(0.4), np.log(1.5))))
    else:
        left = top = right = bottom = True  # the photo itself ends there
        closest = np.clip(_bust_shown(person, width, height) / 0.6, 1.1, 1.9)  # so that the head has room
        scale = max(width / w, height / h) * float(np.exp(rng.uniform(0, np.log(closest))))
    angle = np.deg2rad(rng.normal(0, 30 if rng.random() < 0.04 else 5))
    shear = rng.normal(0, 0.05)
    sx, sy = scale * rng.uniform(0.85, 1.18), scale
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    linear = rotation @ np.array([[sx, shear], [0, sy]])
    if mirror:
        linear = linear @ np.array([[-1, 0], [0, 1]])
    corners = (linear @ np.array([[0, w, 0, w], [0, 0, h, h]])).T
    # between two cut edges there must be room for the frame
    spans = np.diff(np.sort(corners, axis=0)[1:3], axis=0)[0]
    needed = np.array([width if left and right else 0, height if top and bottom else 0])
    grown = min(8.0, max(1.0, float(np.max(needed / np.maximum(spans, 1)))))
    linear, corners, sx = linear * grown, corners * grown, sx * grown
    focus = np.array([x0 + bw / 2, y0 + bh * (0.5 if not cut_out else rng.uniform(0.3, 0.7))])
    if not cut_out:
        focus = focus * 0.5 + np.array([w / 2, h / 2]) * 0.5
    across = rng.uniform(0.25, 0.75) * width
    if at_the_edge:
        hidden = rng.uniform(0.1, 0.6) * bw * sx  # so much of the person's width is beyond the frame's side
        across = bw * sx / 2 - hidden if at_left else width - bw * sx / 2 + hidden
    target = np.array([across, height * rng.uniform(0.35, 0.65)])
    offset = target - linear @ focus
    # a cut edge, of the person or of the photo, may not be seen
    xs, ys = np.sort(corners + offset, axis=0).T
    if bottom:
        offset[1] += max(0.0, height - ys[2])
    if top:
        offset[1] -= max(0.0, ys[1])
    if left:
        offset[0] -= max(0.0, xs[1])
    if right:
        offset[0] += max(0.0, width - xs[2])
    if (at_the_edge or rng.random() < with_head) and not cut_at_the_top:  # a person is told by the head
        offset[1] += max(0.0, -(linear @ np.array([x0 + bw / 2, y0]) + offset)[1])
    if shoulder is not None:  # where the photo's side cuts it, it is below the frame
        offset[1] += max(0.0, height - (linear @ np.array(shoulder) + offset)[1])
    return np.concatenate([linear, offset[:, None]], axis=1).astype(np.float32)


def _first_row(person: Person, right: bool) -> int:
    """The first row in which the person reaches the photo's right or left side."""
    side = person.alpha[:, -2:] if right else person.alpha[:, :2]
    return int(np.argmax(side.max(axis=1) > 32))
