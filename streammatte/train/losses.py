"""The losses of section 2.5, equations 6 to 10."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

__all__ = ["gradient_loss", "matting_loss", "region_target", "segmentation_loss", "steadiness_loss", "weighted_l1_loss"]

BACKGROUND, FOREGROUND, UNKNOWN = 0, 1, 2


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
    window = stride + 2 * margin
    highest = F.max_pool2d(alpha, window, stride, padding=margin)
    lowest = -F.max_pool2d(-alpha, window, stride, padding=margin)
    target = torch.full_like(highest, UNKNOWN, dtype=torch.int64)
    target[highest < 0.02] = BACKGROUND
    target[lowest > 0.98] = FOREGROUND
    return target[:, 0]


def segmentation_loss(logits: Sequence[Tensor], alpha: Tensor) -> Tensor:
    """L_SN of equation 7: the sum over levels of the cross-entropy between logits and the classes of equation 6.

    Parameters
    ----------
    logits : sequence of Tensor
        One (N, 3, H / s, W / s) for each level.
    alpha : Tensor
        (N, 1, H, W) in [0, 1].
    """
    losses = []
    for level in logits:
        stride = alpha.shape[-1] // level.shape[-1]
        losses.append(F.cross_entropy(level, region_target(alpha, stride)))
    return torch.stack(losses).sum()


def weighted_l1_loss(alpha: Tensor, target: Tensor) -> Tensor:
    """Equation 8 as a mean: |difference|, weighed 1 where 0 < target < 1 and 0.1 elsewhere."""
    weight = torch.where((target > 0) & (target < 1), 1.0, 0.1)
    return (weight * (alpha - target).abs()).mean()


def gradient_loss(alpha: Tensor, target: Tensor) -> Tensor:
    """L_g of equation 9 as a mean: L1 of the differences of alpha along x and along y."""
    difference = alpha - target
    dx = difference[..., :, 1:] - difference[..., :, :-1]
    dy = difference[..., 1:, :] - difference[..., :-1, :]
    return dx.abs().mean() + dy.abs().mean()


def matting_loss(alpha: Tensor, target: Tensor, l1_weight: float = 5.0, gradient_weight: float = 0.5) -> Tensor:
    """L_MRN with the paper's weights."""
    return l1_weight * weighted_l1_loss(alpha, target) + gradient_weight * gradient_loss(alpha, target)


def steadiness_loss(alpha: Tensor) -> Tensor:
    """Ours: mean |difference| between the alphas of two pictures of one scene, which differ in noise alone.

    Parameters
    ----------
    alpha : Tensor
        (2 N, 1, H, W); i and i + N are of one scene.
    """
    first, second = alpha.chunk(2)
    return (first - second).abs().mean()
