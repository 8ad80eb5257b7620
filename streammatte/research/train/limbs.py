"""Arms that reach out and hands near the lens, which photos of people who stand or sit for them hardly show."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from streammatte.research.train.colour import Layer
from streammatte.research.train.data import Person
from streammatte.research.train.extras import head_height, scale_of

__all__ = ["Arm", "Hand", "drawn_arms", "drawn_hand", "painted_arm"]

_Point = NDArray[np.float64]


@dataclass(frozen=True)
class Hand:
    """A hand; lengths are shares of its size.

    Attributes
    ----------
    side : int
        1 or -1: where the thumb is.
    thumb : float
        The thumb's angle from the hand's axis.
    spread : float
        The angle between fingers.
    fingers : ndarray
        (4,): their lengths.
    thick, palm : float
        Thickness of a finger, length of the palm.
    creases : float
        How much darker fingers' edges are.
    """

    side: int
    thumb: float
    spread: float
    fingers: NDArray[np.float64]
    thick: float
    palm: float
    creases: float


@dataclass(frozen=True)
class Arm:
    """An arm with a hand, bare or in a sleeve of the clothes' cloth, in pixels of the frame.

    Attributes
    ----------
    shoulder, elbow, wrist : ndarray
        (2,).
    hand : Hand
    size : float
        The height of a head at the arm's distance.
    thick, wide : float
        Factors of the thickness of the arm, and of the sleeve on it.
    sleeve : float
        Where it ends: 0 at the shoulder, 1 at the elbow, 2 at the wrist.
    fall : float
        Degrees by which the cloth is turned.
    edge, grain, light : float
        How much light is left at the outline, how rough the light is, and a factor of all of it.
    seed : int
        Of the roughness.
    softness : float
        Sigma of the outline's blur.
    behind : bool
        Whether the person is before it.
    """

    shoulder: _Point
    elbow: _Point
    wrist: _Point
    hand: Hand
    size: float
    thick: float
    wide: float
    sleeve: float
    fall: float
    edge: float
    grain: float
    light: float
    seed: int
    softness: float
    behind: bool


def drawn_arms(rng: np.random.Generator, person: Person, matrix: NDArray[np.float32]) -> list[Arm]:
    """One or two arms in random poses; none from a shoulder out of sight.

    Parameters
    ----------
    rng : Generator
        Draws them.
    person : Person
        Whose arms they are: their thickness and length follow the head's.
    matrix : ndarray
        (2, 3): the map from the photo to the frame.
    """
    x, top, width, _ = person.box
    head = head_height(person)
    reach = head * scale_of(matrix) * rng.uniform(0.8, 1.25)
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
            arms.append(_drawn_arm(rng, (shoulder, elbow, wrist), reach, softness, bool(rng.random() < 0.4)))
    return arms


def drawn_hand(rng: np.random.Generator, person: Person, matrix: NDArray[np.float32], size: tuple[int, int]) -> Arm:
    """A hand near the lens, larger than the head, on an arm from below or from a side of the frame of `size` (w, h).

    The other parameters are those of `drawn_arms`.
    """
    frame = np.array(size, np.float64)
    near = float(
        np.clip(head_height(person) * scale_of(matrix) * rng.uniform(1.2, 3.0), 0.25 * frame.min(), 0.9 * frame.min())
    )
    heading = float(rng.choice((-np.pi / 2, 0, np.pi), p=(0.6, 0.2, 0.2))) + rng.normal(0, 0.4)
    along = np.array([np.cos(heading), np.sin(heading)])
    wrist = frame * rng.uniform(0.15, 0.85, 2) - 0.4 * near * along
    elbow = wrist - 1.1 * near * rng.uniform(0.5, 1.0) * along  # shortened, as it points to the lens
    shoulder = elbow - frame.sum() * along  # out of the frame
    softness = max(0.5, rng.uniform(0.0, 0.03) * near)  # out of focus
    return _drawn_arm(rng, (shoulder, elbow, wrist), near, softness, behind=False)


def _drawn_arm(
    rng: np.random.Generator, joints: tuple[_Point, _Point, _Point], size: float, softness: float, behind: bool
) -> Arm:
    stretched = rng.choice(([1, 1, 1, 1], [1, 0, 0, 0], [1, 1, 0, 0], [0, 0, 0, 0]), p=(0.55, 0.15, 0.1, 0.2))
    hand = Hand(
        side=int(rng.choice((-1, 1))),
        thumb=0.7 + rng.normal(0, 0.25),
        spread=rng.uniform(0, 0.2),
        fingers=np.array((0.33, 0.37, 0.34, 0.27))
        * np.where(stretched, rng.uniform(0.8, 1.05, 4), rng.uniform(0.1, 0.3, 4)),
        thick=rng.uniform(0.085, 0.11),
        palm=rng.uniform(0.36, 0.44),
        creases=rng.uniform(0.1, 0.5),
    )
    return Arm(
        *joints,
        hand,
        size,
        thick=rng.uniform(0.8, 1.2),
        wide=rng.uniform(1.0, 1.5),
        sleeve=rng.uniform(-0.2, 2.2),
        fall=rng.uniform(0, 360),
        edge=rng.uniform(0.55, 0.9),
        grain=rng.uniform(0.01, 0.06),
        light=rng.uniform(0.8, 1.2),
        seed=int(rng.integers(2**31)),
        softness=softness,
        behind=behind,
    )


def painted_arm(
    arm: Arm, person: Person, foreground: NDArray[np.uint8], width: int, height: int, scale: float = 1.0
) -> Layer:
    """An arm in a frame of so many pixels, each of which is 1 / `scale` of those that it was drawn for.

    Parameters
    ----------
    arm : Arm
        What is painted.
    person : Person
        Whose arm it is.
    foreground : ndarray
        (h, w, 3) uint8: the person's colours, in the photo.
    width, height : int
        Of the frame.
    scale : float
        Below 1 for a smaller picture of the same.
    """
    skin, cloth = _skin_and_cloth(person, foreground)
    shoulder, elbow, wrist = ((joint + 0.5) * scale - 0.5 for joint in (arm.shoulder, arm.elbow, arm.wrist))
    size, shape = arm.size * scale, (height, width)
    thick = arm.thick * size
    colours = np.empty((*shape, 3), np.float32)
    colours[:] = skin
    whole = np.zeros(shape, np.uint8)
    _stroke(whole, shoulder, elbow, 0.42 * thick, 0.34 * thick)
    _stroke(whole, elbow, wrist, 0.33 * thick, 0.22 * thick)
    creases = _painted_hand(whole, arm.hand, wrist, wrist - elbow, size)
    dressed = np.zeros(shape, np.uint8)
    if arm.sleeve > 0:
        end = shoulder + min(arm.sleeve, 1.0) * (elbow - shoulder)
        _stroke(dressed, shoulder, end, 0.46 * thick * arm.wide, 0.38 * thick * arm.wide)
    if arm.sleeve > 1:
        end = elbow + min(arm.sleeve - 1, 1.0) * (wrist - elbow)
        _stroke(dressed, elbow, end, 0.37 * thick * arm.wide, 0.28 * thick * arm.wide)
    if cloth.size:
        fall = cv2.getRotationMatrix2D((0, 0), arm.fall, 2 * size / cloth.shape[1])
        sleeves = cv2.warpAffine(cloth, fall, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
        colours[dressed > 127] = sleeves[dressed > 127]
    whole = np.maximum(whole, dressed)
    depth = cv2.distanceTransform((whole > 127).astype(np.uint8), cv2.DIST_L2, 3)
    round_ = np.minimum(depth / max(1.0, 0.18 * thick), 1) ** 0.5
    cells = (round(height / scale) // 6, round(width / scale) // 6)
    grain = cv2.resize(np.random.default_rng(arm.seed).normal(0, 1, cells).astype(np.float32), (width, height))
    shade = arm.edge + (1 - arm.edge) * round_ + arm.grain * grain
    shade *= 1 - arm.hand.creases * np.where(dressed > 127, 0, creases)
    colours *= (shade * arm.light)[..., None]
    soft = cv2.GaussianBlur(whole, (0, 0), arm.softness * scale)
    return Layer(np.clip(colours, 0, 255).astype(np.uint8), np.asarray(soft, np.uint8))


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


def _painted_hand(
    mask: NDArray[np.uint8], hand: Hand, wrist: _Point, along: _Point, size: float
) -> NDArray[np.float32]:
    """Add a hand to `mask`; returns where its fingers have their edges, in [0, 1]."""
    creases = np.zeros_like(mask)
    along = along / max(1e-6, float(np.hypot(*along)))
    across = hand.side * np.array([-along[1], along[0]])
    wide, palm = hand.thick * size, hand.palm * size
    _stroke(mask, wrist, wrist + palm * along, 0.27 * size, 0.36 * size)
    fingers = [(wrist + 0.12 * size * along + 0.1 * size * across, hand.thumb, 0.3 * size)]
    for place, length in zip((1.5, 0.5, -0.5, -1.5), hand.fingers, strict=True):
        root = wrist + palm * along + 0.088 * size * place * across
        fingers.append((root, place * hand.spread, float(length) * size))
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
