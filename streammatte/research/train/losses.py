"""The losses of section 2.5, equations 6 to 10."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from streammatte.nn.network import MattingOutput

__all__ = [
    "Losses",
    "gradient_loss",
    "pixel_segmentation_loss",
    "region_target",
    "segmentation_loss",
    "steadiness_loss",
    "weighted_l1_loss",
]

BACKGROUND, FOREGROUND, UNKNOWN = 0, 1, 2

LEVEL = 1 / 510
"""Half a level of an alpha of 8 bits."""


@dataclass(frozen=True)
class Losses:
    """The overall loss of equation 10: its weights, and how its parts are read.

    Attributes
    ----------
    classes : {"cells", "pixels"}
        Where equation 6's classes are told apart: in cells of SN's resolution with a margin (`segmentation_loss`), or
        at each pixel (`pixel_segmentation_loss`).
    weighed_by : {"target", "prediction"}
        Whose alpha equation 8's weights go by: the true one, or the predicted one as the paper writes it.
    unknown : float
        How many times a cell of the unknown region counts in L_SN against another; with cells alone. 1 is the paper's.
    soft : float
        How many times a pixel whose true alpha is neither 0 nor 1 counts in L_1 against another; 1 is the paper's.
    segmentation, l1, gradient : float
        The paper's weights of L_SN, L_1 and L_g.
    steadiness : float
        The weight of `steadiness_loss`, which is ours; in batches of pairs only.
    """

    classes: Literal["cells", "pixels"] = "cells"
    weighed_by: Literal["target", "prediction"] = "target"
    unknown: float = 1.0
    soft: float = 1.0
    segmentation: float = 1.0
    l1: float = 5.0
    gradient: float = 0.5
    steadiness: float = 0.5

    def sn(self, logits: Sequence[Tensor], alpha: Tensor, pairs: bool = False) -> Tensor:
        """L_SN with its weight, and with `pairs` the steadiness of SN's probabilities too."""
        if self.classes == "pixels":
            loss = self.segmentation * pixel_segmentation_loss(logits, alpha)
        else:
            loss = self.segmentation * segmentation_loss(logits, alpha, self.unknown)
        if not pairs:
            return loss
        cells = F.avg_pool2d(alpha, alpha.shape[-1] // logits[0].shape[-1])
        return loss + self.steadiness * steadiness_loss(torch.softmax(logits[0], dim=1), cells)

    def total(self, output: MattingOutput, alpha: Tensor, pairs: bool = False) -> Tensor:
        """Equation 10, and with `pairs` the steadiness of alpha too; alpha is the true one, (N, 1, H, W) in [0, 1]."""
        return self.sn(output.logits, alpha) + self.mrn(output.alpha, alpha, pairs)

    def mrn(self, found: Tensor, alpha: Tensor, pairs: bool = False) -> Tensor:
        """L_1 and L_g of the alpha that was found with their weights, and with `pairs` its steadiness."""
        weigh_by = alpha if self.weighed_by == "target" else found
        loss = self.l1 * weighted_l1_loss(found, alpha, weigh_by, self.soft)
        loss = loss + self.gradient * gradient_loss(found, alpha)
        return loss + self.steadiness * steadiness_loss(found, alpha) if pairs else loss


def region_target(alpha: Tensor, stride: int, margin: int = 4) -> Tensor:
    """The classes of equation 6 at a lower resolution.

    A cell of `stride` pixels is foreground if alpha is 1 in all of it and in `margin` pixels around, background if
    alpha is 0 there, and else unknown.

    Parameters
    ----------
    alpha : Tensor
        (N, 1, H, W) in [0, 1].
    stride, margin : int
        Pixels.

    Returns
    -------
    Tensor
        (N, H / stride, W / stride) int64 of BACKGROUND, FOREGROUND, UNKNOWN.
    """
    block = math.gcd(stride, margin)
    n, _, height, width = alpha.shape
    blocks = alpha.reshape(n, 1, height // block, block, width // block, block)
    window, step, around = (stride + 2 * margin) // block, stride // block, margin // block
    highest = F.max_pool2d(blocks.amax(3).amax(-1), window, step, around)  # windows overlap, blocks do not
    lowest = -F.max_pool2d(-blocks.amin(3).amin(-1), window, step, around)
    target = torch.where(highest < 0.02, BACKGROUND, UNKNOWN)
    return torch.where(lowest > 0.98, FOREGROUND, target)[:, 0]


def segmentation_loss(logits: Sequence[Tensor], alpha: Tensor, unknown: float = 1.0) -> Tensor:
    """L_SN of equation 7: the sum over levels of the cross-entropy between logits and the classes of equation 6.

    Each level's is a weighted mean over its cells.

    Parameters
    ----------
    logits : sequence of Tensor
        One (N, 3, H / s, W / s) for each level.
    alpha : Tensor
        (N, 1, H, W) in [0, 1].
    unknown : float
        The weight of a cell whose class is unknown; that of the others is 1.
    """
    weight = logits[0].new_ones(3)
    weight[UNKNOWN].fill_(unknown)  # not an assignment, which copies from the CPU: no CUDA graph can record that
    losses = []
    for level in logits:
        stride = alpha.shape[-1] // level.shape[-1]
        losses.append(F.cross_entropy(level, region_target(alpha, stride), weight))
    return torch.stack(losses).sum()


def pixel_segmentation_loss(logits: Sequence[Tensor], alpha: Tensor) -> Tensor:
    """Equation 7 as it is written: each level brought bilinearly to alpha's size, and equation 6 at each pixel.

    Parameters
    ----------
    logits : sequence of Tensor
        One (N, 3, H / s, W / s) for each level.
    alpha : Tensor
        (N, 1, H, W) in [0, 1].
    """
    target = torch.full_like(alpha[:, 0], UNKNOWN, dtype=torch.int64)
    target[alpha[:, 0] == 0] = BACKGROUND
    target[alpha[:, 0] == 1] = FOREGROUND
    levels = (F.interpolate(level, alpha.shape[-2:], mode="bilinear", align_corners=False) for level in logits)
    return torch.stack([F.cross_entropy(level, target) for level in levels]).sum()


def weighted_l1_loss(alpha: Tensor, target: Tensor, weigh_by: Tensor, soft: float = 1.0) -> Tensor:
    """Equation 8 as a mean: |difference|, weighed 1 where 0 < `weigh_by` < 1 and 0.1 elsewhere.

    A softmax never quite gives 0 or 1; what 8 bits would round to them counts as them. Where 0 < `target` < 1, a
    difference counts `soft` times as much.
    """
    weight = torch.where(_between(weigh_by), 1.0, 0.1) * torch.where(_between(target), soft, 1.0)
    return (weight * (alpha - target).abs()).mean()


def _between(alpha: Tensor) -> Tensor:
    return (alpha > LEVEL) & (alpha < 1 - LEVEL)


def gradient_loss(alpha: Tensor, target: Tensor) -> Tensor:
    """L_g of equation 9 as a mean: L1 of the differences of alpha along x and along y."""
    difference = alpha - target
    dx = difference[..., :, 1:] - difference[..., :, :-1]
    dy = difference[..., 1:, :] - difference[..., :-1, :]
    return dx.abs().mean() + dy.abs().mean()


def steadiness_loss(estimate: Tensor, truth: Tensor, tolerance: float = 0.1) -> Tensor:
    """Ours: mean |difference| between what is found in two looks at one scene, where the truth agrees.

    Parameters
    ----------
    estimate : Tensor
        (2 N, C, H, W); i and the mirror image of i + N are of one scene.
    truth : Tensor
        (2 N, 1, H, W): the true alpha, in [0, 1].
    tolerance : float
        The truths agree where they differ by no more.
    """
    first, second = estimate.chunk(2)
    true_first, true_second = truth.chunk(2)
    same = ((true_first - true_second.flip(-1)).abs() <= tolerance).to(estimate.dtype)
    difference = (first - second.flip(-1)).abs().mean(dim=1, keepdim=True)
    return (difference * same).sum() / same.sum().clamp(min=1)
