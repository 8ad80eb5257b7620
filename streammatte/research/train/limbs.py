"""Arms that reach out and hands near the lens, which photos of people who stand or sit for them hardly show."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from streammatte.research.train.data import Person
from streammatte.research.train.extras import Extra, head_height, scale_of

__all__ = ["drawn_arms", "drawn_hand"]

_Point = NDArray[np.float64]


def drawn_arms(
    rng: np.random.Generator,
    person: Person,
    foreground: NDArray[np.uint8],
    matrix: NDArray[np.float32],
    size: tuple[int, int],
) -> list[Extra]:
    """One or two arms in random poses, bare or in sleeves of the clothes' cloth; none from a shoulder out of sight.

    Parameters
    ----------
    rng : Generator
        Draws them.
    person : Person
        Whose arms they are: their thickness and length follow the head's.
    foreground : ndarray
        (h, w, 3) uint8: the person's colours, in the photo.
    matrix : ndarray
        (2, 3): the map from the photo to the frame.
    size : tuple of int
        w, h of the frame.
    """
    x, top, width, _ = person.box
    head = head_height(person)
    reach = head * scale_of(matrix) * rng.uniform(0.8, 1.25)
    skin, cloth = _skin_and_cloth(person, foreground)
    arms = []
    for side in [-1, 1] if rng.random() < 0.4 else [int(rng.choice((-1, 1)))]:
        across = x + width / 2 + side * min(0.5 * width, head) * rng.uniform(0.6, 0.9)
        down = top + rng.uniform(1.3, 1.7) * head
        column, row = int(across), int(down)
        inside = 0 <= column < person.alpha.shape[1] and 0 <= row < person.alpha.shape[0]
        if inside and person.alpha[row, column] > 128:
            shoulder = matrix @ np.array([across, down, 1.0])
            angle = rng.uniform(-1.2, 1.4)  # of the upper arm, from level, down
            elbow = shoulder + 1.25 * reach * np.array([side * np.cos(angle), np.sin(angle)])
            turned = angle + rng.uniform(-2.2, 2.2)
            wrist = elbow + 1.1 * reach * np.array([side * np.cos(turned), np.sin(turned)])
            softness = rng.uniform(0.05, 0.2) * reach if rng.random() < 0.3 else rng.uniform(0.5, 1.0)  # some move fast
            colours, alpha = _arm(rng, (shoulder, elbow, wrist), reach, skin, cloth, softness, size[::-1])
            arms.append(Extra(colours, alpha, bool(rng.random() < 0.4)))
    return arms


def drawn_hand(
    rng: np.random.Generator,
    person: Person,
    foreground: NDArray[np.uint8],
    matrix: NDArray[np.float32],
    size: tuple[int, int],
) -> Extra:
    """A hand near the lens, larger than the head, on an arm from below or from a side of the frame.

    The parameters are those of `drawn_arms`.
    """
    frame = np.array(size, np.float64)
    near = np.clip(
        head_height(person) * scale_of(matrix) * rng.uniform(1.2, 3.0), 0.25 * frame.min(), 0.9 * frame.min()
    )
    heading = float(rng.choice((-np.pi / 2, 0, np.pi), p=(0.6, 0.2, 0.2))) + rng.normal(0, 0.4)
    along = np.array([np.cos(heading), np.sin(heading)])
    wrist = frame * rng.uniform(0.15, 0.85, 2) - 0.4 * near * along
    elbow = wrist - 1.1 * near * rng.uniform(0.5, 1.0) * along  # shortened, as it points to the lens
    shoulder = elbow - frame.sum() * along  # out of the frame
    skin, cloth = _skin_and_cloth(person, foreground)
    softness = max(0.5, rng.uniform(0.0, 0.03) * near)  # out of focus
    colours, alpha = _arm(rng, (shoulder, elbow, wrist), near, skin, cloth, softness, size[::-1])
    return Extra(colours, alpha, behind=False)


def _median(person: Person, foreground: NDArray[np.uint8], part: tuple[slice, slice]) -> _Point:
    """The colour of the person in a part of their photo."""
    pixels = foreground[part][person.alpha[part] > 200]
    return np.asarray(np.median(pixels, axis=0) if len(pixels) else np.full(3, 128.0))


def _skin_and_cloth(person: Person, foreground: NDArray[np.uint8]) -> tuple[_Point, NDArray[np.float32]]:
    """The colour of the face, (3,), and the picture of the chest, (h, w, 3)."""
    x, top, width, _ = person.box
    head = head_height(person)
    skin = _median(person, foreground, (slice(int(top + 0.4 * head), int(top + 0.9 * head) + 1), slice(None)))
    middle = slice(max(0, int(x + width / 2 - head)), int(x + width / 2 + head) + 1)
    chest = (slice(int(top + 1.6 * head), int(top + 2.8 * head) + 1), middle)
    cloth = foreground[chest].astype(np.float32)
    cloth[person.alpha[chest] <= 200] = _median(person, foreground, chest)
    return skin, cloth


def _arm(
    rng: np.random.Generator,
    joints: tuple[_Point, _Point, _Point],
    size: float,
    skin: _Point,
    cloth: NDArray[np.float32],
    softness: float,
    shape: tuple[int, ...],
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Colours (H, W, 3) and alpha (H, W) of an arm by its shoulder, elbow and wrist.

    `size` is the height of a head at the arm's distance, and `softness` the sigma of its edge's blur, in pixels.
    """
    shoulder, elbow, wrist = joints
    sleeve = rng.uniform(-0.2, 2.2)  # 0 at the shoulder, 1 at the elbow, 2 at the wrist
    colours = np.empty((*shape, 3), np.float32)
    colours[:] = skin
    whole = np.zeros(shape, np.uint8)
    thick = rng.uniform(0.8, 1.2) * size
    _stroke(whole, shoulder, elbow, 0.42 * thick, 0.34 * thick)
    _stroke(whole, elbow, wrist, 0.33 * thick, 0.22 * thick)
    creases = _hand(rng, whole, wrist, float(np.arctan2(*(wrist - elbow)[::-1])), size)
    dressed = np.zeros(shape, np.uint8)
    wide = rng.uniform(1.0, 1.5)
    if sleeve > 0:
        end = shoulder + min(sleeve, 1.0) * (elbow - shoulder)
        _stroke(dressed, shoulder, end, 0.46 * thick * wide, 0.38 * thick * wide)
    if sleeve > 1:
        end = elbow + min(sleeve - 1, 1.0) * (wrist - elbow)
        _stroke(dressed, elbow, end, 0.37 * thick * wide, 0.28 * thick * wide)
    if cloth.size:
        fall = cv2.getRotationMatrix2D((0, 0), rng.uniform(0, 360), 2 * size / cloth.shape[1])
        sleeves = cv2.warpAffine(cloth, fall, shape[::-1], flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
        colours[dressed > 127] = sleeves[dressed > 127]
    whole = np.maximum(whole, dressed)
    depth = cv2.distanceTransform((whole > 127).astype(np.uint8), cv2.DIST_L2, 3)
    round_ = np.minimum(depth / max(1.0, 0.18 * thick), 1) ** 0.5
    grain = cv2.resize(rng.normal(0, 1, (shape[0] // 6, shape[1] // 6)).astype(np.float32), shape[::-1])
    edge = rng.uniform(0.55, 0.9)
    shade = edge + (1 - edge) * round_ + rng.uniform(0.01, 0.06) * grain
    shade *= 1 - rng.uniform(0.1, 0.5) * np.where(dressed > 127, 0, creases)
    colours *= (shade * rng.uniform(0.8, 1.2))[..., None]
    colours = np.clip(colours, 0, 255)
    return colours.astype(np.uint8), np.asarray(cv2.GaussianBlur(whole, (0, 0), softness), np.uint8)


def _hand(
    rng: np.random.Generator, mask: NDArray[np.uint8], wrist: _Point, heading: float, size: float
) -> NDArray[np.float32]:
    """Add a hand, open, pointing or a fist, to `mask`; returns where its fingers have their edges, in [0, 1]."""
    creases = np.zeros_like(mask)
    along, side = np.array([np.cos(heading), np.sin(heading)]), rng.choice((-1, 1))
    across = side * np.array([-along[1], along[0]])
    stretched = rng.choice(([1, 1, 1, 1], [1, 0, 0, 0], [1, 1, 0, 0], [0, 0, 0, 0]), p=(0.55, 0.15, 0.1, 0.2))
    spread, wide = rng.uniform(0, 0.2), rng.uniform(0.085, 0.11) * size
    palm = rng.uniform(0.36, 0.44) * size
    _stroke(mask, wrist, wrist + palm * along, 0.27 * size, 0.36 * size)
    fingers = [(wrist + 0.12 * size * along + 0.1 * size * across, 0.7 + rng.normal(0, 0.25), 0.3 * size)]  # the thumb
    for place, length, out in zip((1.5, 0.5, -0.5, -1.5), (0.33, 0.37, 0.34, 0.27), stretched, strict=True):
        length *= size * (rng.uniform(0.8, 1.05) if out else rng.uniform(0.1, 0.3))
        fingers.append((wrist + palm * along + 0.088 * size * place * across, place * spread, length))
    for root, turned, length in fingers:
        tip = root + length * (np.cos(turned) * along + np.sin(turned) * across)
        _stroke(mask, root, tip, wide, 0.8 * wide)
        finger = np.zeros_like(mask)
        _stroke(finger, root, tip, wide, 0.8 * wide)
        outline, _ = cv2.findContours((finger > 127).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        cv2.drawContours(creases, outline, -1, 255, max(1, int(0.2 * wide)))
    return np.asarray(cv2.GaussianBlur(creases, (0, 0), max(0.5, 0.1 * wide)) / np.float32(255), np.float32)


def _stroke(mask: NDArray[np.uint8], start: _Point, end: _Point, first: float, last: float) -> None:
    """Fill a limb from `start` to `end`, so wide at either."""
    along = end - start
    normal = np.array([-along[1], along[0]]) / max(1e-6, float(np.hypot(*along)))
    corners = [start + normal * first / 2, end + normal * last / 2, end - normal * last / 2, start - normal * first / 2]
    cv2.fillConvexPoly(mask, np.rint(np.array(corners) * 16).astype(np.int32), 255, cv2.LINE_AA, shift=4)
    for centre, wide in ((start, first), (end, last)):
        middle = np.rint(centre * 16).astype(int)
        cv2.circle(mask, (int(middle[0]), int(middle[1])), max(1, int(wide * 8)), 255, -1, cv2.LINE_AA, shift=4)
