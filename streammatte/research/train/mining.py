"""Hard examples: what the network does worst now is taken more often."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from streammatte.nn.network import MattingNetwork
from streammatte.research.train.augment import Hardness
from streammatte.research.train.data import TrainingSet

__all__ = ["alpha_at", "equal", "hardness"]

CLIP_WEIGHT = 10.0
"""A clip shows one person in many poses, and there are few of them: it counts as so many photos."""

PHOTOS_LOOKED_AT = 4
"""Of a group of people: about so many, evenly spread."""

TOGETHER = 64
"""Pictures that the network looks at in one go."""

HARDEST = 5.0
"""The most that a picture's own error multiplies its weight by."""


def hardness(network: MattingNetwork, training_set: TrainingSet, long_side: int = 256) -> Hardness:
    """Weights by the error of `network` on each background, and on some photos of each group of people.

    A picture whose mean absolute error is 0 has weight 1, and one of 0.1 has 3. People whose own background must not
    be looked at have the others' mean, as nobody knows their error.

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
    backgrounds = _errors(network, [(photo, None) for photo in training_set.backgrounds], long_side)
    looked_at: list[tuple[NDArray[np.uint8], NDArray[np.uint8] | None]] = []
    owners = []
    for number, group in enumerate(training_set.people):
        shown = [person for person in group[:: max(1, len(group) // PHOTOS_LOOKED_AT)] if person.own_background]
        looked_at += [(person.photo, person.alpha) for person in shown]
        owners += [number] * len(shown)
    groups = len(training_set.people)
    counts = np.bincount(owners, minlength=groups)
    sums = np.bincount(owners, _errors(network, looked_at, long_side), minlength=groups)
    network.train(training)
    known = counts > 0
    weights = np.ones(groups)
    weights[known] = _weight(sums[known] / counts[known])
    weights[~known] = weights[known].mean() if known.any() else 1.0
    clips = np.array([len(group) > 1 for group in training_set.people])
    return Hardness(np.where(clips, CLIP_WEIGHT, 1.0) * weights, _weight(backgrounds))


def equal(network: MattingNetwork, training_set: TrainingSet) -> Hardness:
    """All alike, whatever the network."""
    return Hardness.equal(training_set)


def _weight(errors: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.minimum(HARDEST, 1 + 20 * errors)


@torch.inference_mode()
def _errors(
    network: MattingNetwork, looked_at: Sequence[tuple[NDArray[np.uint8], NDArray[np.uint8] | None]], long_side: int
) -> NDArray[np.float64]:
    """The mean absolute error on each picture, with its alpha or with nobody in it; like sizes go together."""
    with ThreadPoolExecutor() as pool:
        images = list(pool.map(lambda pair: _reduced(pair[0], long_side), looked_at))
    errors = np.zeros(len(images))
    by_size: dict[tuple[int, ...], list[int]] = {}
    for number, image in enumerate(images):
        by_size.setdefault(image.shape, []).append(number)
    for numbers in by_size.values():
        for start in range(0, len(numbers), TOGETHER):
            some = numbers[start : start + TOGETHER]
            alphas = _alphas(network, np.stack([images[number] for number in some]))
            for number, alpha in zip(some, alphas, strict=True):
                true = looked_at[number][1]
                wanted = (
                    0.0 if true is None else cv2.resize(true, alpha.shape[::-1], interpolation=cv2.INTER_AREA) / 255
                )
                errors[number] = np.abs(alpha - wanted).mean()
    return errors


def _reduced(photo: NDArray[np.uint8], long_side: int) -> NDArray[np.uint8]:
    """A picture with its longer side at about `long_side` pixels, and sides that are multiples of 32."""
    scale = long_side / max(photo.shape[:2])
    width, height = (max(32, round(side * scale / 32) * 32) for side in photo.shape[1::-1])
    return np.asarray(cv2.resize(photo, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def _alphas(network: MattingNetwork, pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(N, H, W) of pictures (N, H, W, 3)."""
    device = next(network.parameters()).device
    images = torch.from_numpy(pictures).to(device).permute(0, 3, 1, 2).float().div_(255)  # (N, H, W, 3) -> (N, 3, H, W)
    alphas: NDArray[np.float32] = network(images).alpha[:, 0].cpu().numpy()
    return alphas


@torch.inference_mode()
def alpha_at(network: MattingNetwork, photo: NDArray[np.uint8], long_side: int) -> NDArray[np.float32]:
    """The alpha (h, w) of a picture (H, W, 3), looked at with its longer side at about `long_side` pixels."""
    return np.asarray(_alphas(network, _reduced(photo, long_side)[None])[0], np.float32)
