"""Hard examples: what the network does worst now is taken more often."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from streammatte.nn.network import MattingNetwork
from streammatte.research.train.colour import over
from streammatte.research.train.data import Person, TrainingSet
from streammatte.research.train.geometry import cut_out, placement
from streammatte.research.train.mix import Hardness

__all__ = ["alpha_at", "equal", "hardness"]

PHOTOS_LOOKED_AT = 4
"""Of a group of people: about so many, evenly spread."""

PEOPLE_BEFORE_ROOMS = 200
"""So many people are looked at before rooms that are drawn more often than others."""

TOGETHER = 64
"""Pictures that the network looks at in one go."""

HARDEST = 5.0
"""The most that a picture's own error multiplies its weight by."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """Something to look at: a picture (H, W, 3) uint8 and its alpha (H, W) uint8, None for nobody."""

    picture: NDArray[np.uint8]
    alpha: NDArray[np.uint8] | None = None


def hardness(network: MattingNetwork, training_set: TrainingSet, long_side: int = 320) -> Hardness:
    """Shares of the training set times weights by the error of `network` on each background and group of people.

    A picture whose mean absolute error is 0 has weight 1, and one of 0.1 has 3. Of each group some photos with their
    own background are looked at. Backgrounds that are drawn more often than others are looked at with and without
    somebody before them, who learns from it too; the higher error counts. Groups of whom nothing is looked at have the
    others' mean.

    Parameters
    ----------
    network : MattingNetwork
        In any mode, which it keeps.
    training_set : TrainingSet
        What is looked at.
    long_side : int
        Pixels: the size at which the pictures are looked at.
    """
    training = network.training
    network.eval()
    rng = np.random.default_rng(0)
    backgrounds = _errors(network, [_Seen(photo) for photo in training_set.backgrounds], long_side)
    looked_at: list[_Seen] = []
    owners: list[int] = []
    for number, group in enumerate(training_set.people):
        own = [person for person in group if person.own_background]
        shown = own[:: max(1, len(own) // PHOTOS_LOOKED_AT)]
        looked_at += [_Seen(person.photo, person.alpha) for person in shown]
        owners += [number] * len(shown)
    often = np.flatnonzero(training_set.background_shares > 1)
    chosen = rng.integers(len(training_set.people), size=min(PEOPLE_BEFORE_ROOMS, len(often)))
    for number, background in enumerate(often):
        owner = int(chosen[number % len(chosen)])
        group = training_set.people[owner]
        looked_at.append(_before(rng, group[int(rng.integers(len(group)))], training_set.backgrounds[background]))
        owners.append(owner)
    errors = _errors(network, looked_at, long_side)
    network.train(training)
    np.maximum.at(backgrounds, often, errors[len(errors) - len(often) :])
    groups = len(training_set.people)
    counts = np.bincount(owners, minlength=groups)
    known = counts > 0
    weights = np.ones(groups)
    weights[known] = _weight(np.bincount(owners, errors, minlength=groups)[known] / counts[known])
    weights[~known] = weights[known].mean() if known.any() else 1.0
    return Hardness(training_set.people_shares * weights, training_set.background_shares * _weight(backgrounds))


def _before(rng: np.random.Generator, person: Person, background: NDArray[np.uint8]) -> _Seen:
    """Somebody before a background."""
    height, width = background.shape[:2]
    matrix = placement(rng, person, width, height, cut_out=True, with_head=1.0)
    front, alpha = cut_out(person.foreground, person.alpha, matrix, (width, height))
    return _Seen(over(front, alpha, background), np.rint(alpha * 255).astype(np.uint8))


def equal(network: MattingNetwork, training_set: TrainingSet) -> Hardness:
    """All alike, whatever the network."""
    return Hardness.equal(training_set)


def _weight(errors: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.minimum(HARDEST, 1 + 20 * errors)


@torch.inference_mode()
def _errors(network: MattingNetwork, looked_at: Sequence[_Seen], long_side: int) -> NDArray[np.float64]:
    """The mean absolute error of SN alone on each picture; like sizes go together."""
    errors = np.zeros(len(looked_at))
    by_size: dict[tuple[int, int], list[int]] = {}
    for number, seen in enumerate(looked_at):
        by_size.setdefault(_size(seen.picture, long_side), []).append(number)
    for size, numbers in by_size.items():
        for start in range(0, len(numbers), TOGETHER):
            some = numbers[start : start + TOGETHER]
            pictures = [_resized(looked_at[number].picture, size) for number in some]
            for number, found in zip(some, _cells(network, np.stack(pictures)), strict=True):
                true = looked_at[number].alpha
                wanted = 0.0 if true is None else _resized(true, found.shape[::-1]) / 255
                errors[number] = np.abs(found - wanted).mean()
    return errors


def _size(photo: NDArray[np.uint8], long_side: int) -> tuple[int, int]:
    """Width and height with the longer side at about `long_side` pixels, in multiples of 32."""
    scale = long_side / max(photo.shape[:2])
    width, height = (max(32, round(side * scale / 32) * 32) for side in photo.shape[1::-1])
    return width, height


def _resized(plane: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    return np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_AREA), np.uint8)


def _cells(network: MattingNetwork, pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
    """How far SN takes each cell of pictures (N, H, W, 3) for a person, the unknown half: (N, H / 8, W / 8)."""
    probabilities = torch.softmax(network.sn(_tensor(network, pictures))[0], dim=1)
    cells: NDArray[np.float32] = (probabilities[:, 1] + probabilities[:, 2] / 2).cpu().numpy()
    return cells


def _alphas(network: MattingNetwork, pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(N, H, W) of pictures (N, H, W, 3)."""
    alphas: NDArray[np.float32] = network(_tensor(network, pictures)).alpha[:, 0].cpu().numpy()
    return alphas


def _tensor(network: MattingNetwork, pictures: NDArray[np.uint8]) -> Tensor:
    images = torch.from_numpy(pictures).to(next(network.parameters()).device)
    return images.permute(0, 3, 1, 2).float().div_(255)  # (N, H, W, 3) -> (N, 3, H, W), channels last


@torch.inference_mode()
def alpha_at(network: MattingNetwork, photo: NDArray[np.uint8], long_side: int) -> NDArray[np.float32]:
    """The alpha (h, w) of a picture (H, W, 3), looked at with its longer side at about `long_side` pixels."""
    return np.asarray(_alphas(network, _resized(photo, _size(photo, long_side))[None])[0], np.float32)
