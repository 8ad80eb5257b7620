"""Hard examples: what the network does worst now is taken more often."""

from __future__ import annotations

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from streammatte.nn.network import MattingNetwork
from streammatte.train.augment import Hardness
from streammatte.train.data import TrainingSet

__all__ = ["alpha_at", "equal", "hardness"]

CLIP_WEIGHT = 10.0
"""A clip shows one person in many poses, and there are few of them: it counts as so many photos."""

PHOTOS_LOOKED_AT = 4
"""Of a group of people: about so many, evenly spread."""

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
    backgrounds = [_weight(alpha_at(network, photo, long_side).mean()) for photo in training_set.backgrounds]
    people = []
    for group in training_set.people:
        errors = []
        for person in group[:: max(1, len(group) // PHOTOS_LOOKED_AT)]:
            if person.own_background:
                alpha = alpha_at(network, person.photo, long_side)
                true = cv2.resize(person.alpha, alpha.shape[::-1], interpolation=cv2.INTER_AREA)
                errors.append(np.abs(alpha - true.astype(np.float32) / 255).mean())
        people.append(_weight(np.mean(errors)) if errors else np.nan)
    network.train(training)
    weights = np.array(people)
    known = ~np.isnan(weights)
    weights[~known] = weights[known].mean() if known.any() else 1.0
    clips = np.array([len(group) > 1 for group in training_set.people])
    return Hardness(np.where(clips, CLIP_WEIGHT, 1.0) * weights, np.array(backgrounds))


def equal(network: MattingNetwork, training_set: TrainingSet) -> Hardness:
    """All alike, whatever the network."""
    return Hardness.equal(training_set)


def _weight(error: np.floating) -> float:
    return min(HARDEST, 1 + 20 * float(error))


@torch.inference_mode()
def alpha_at(network: MattingNetwork, photo: NDArray[np.uint8], long_side: int) -> NDArray[np.float32]:
    """The alpha (h, w) of a picture (H, W, 3), looked at with its longer side at about `long_side` pixels."""
    scale = long_side / max(photo.shape[:2])
    width, height = (max(32, round(side * scale / 32) * 32) for side in photo.shape[1::-1])
    picture = cv2.resize(photo, (width, height), interpolation=cv2.INTER_AREA)
    device = next(network.parameters()).device
    image = torch.from_numpy(picture).to(device).permute(2, 0, 1)[None].float().div_(255)  # (H, W, 3) -> (1, 3, H, W)
    alpha: NDArray[np.float32] = network(image).alpha[0, 0].cpu().numpy()
    return alpha
