"""ENA as it runs: the same answers with fewer products, and positions sorted as rows rather than features reshaped."""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from streammatte.nn.attention import (
    EfficientNonLocalAttention,
    attend,
    group_nearby,
    group_sampled,
    ungroup_nearby,
    ungroup_sampled,
)
from streammatte.nn.layers import OctaveFeatures

__all__ = ["FoldedAttention", "FoldedImageFeature", "Stage", "Stages"]


class Stage(NamedTuple):
    """One attention inside subsets of the n positions of a picture.

    Attributes
    ----------
    order : Tensor
        (k * m,) where each row of this stage is among those of the stage before; before the first they lie row by row.
    keys : Tensor
        (N, k, m, C), the image feature in k subsets of m positions.
    there : Tensor or None
        (1, k, m, 1), false at positions that only fill a subset up; None where there are none.
    """

    order: Tensor
    keys: Tensor
    there: Tensor | None


class Stages(NamedTuple):
    """What both of MRN's attentions share.

    Attributes
    ----------
    stages : list of Stage
    back : Tensor
        (n,) where each position of the picture is among the rows of the last stage.
    """

    stages: list[Stage]
    back: Tensor


class FoldedImageFeature(nn.Module):
    """MRN's image feature, sorted into the subsets of the attention's stages."""

    def __init__(self, image_feature: nn.Module, attention: EfficientNonLocalAttention) -> None:
        super().__init__()
        self.stem, self.blocks = image_feature.get_submodule("stem"), image_feature.get_submodule("blocks")
        far = (group_sampled, ungroup_sampled, 1 if attention.kind == "non-local" else attention.interval)
        near = (group_nearby, ungroup_nearby, attention.interval)
        self.stages = [far] * (attention.kind != "short") + [near] * ("short" in attention.kind)

    def forward(self, image: Tensor) -> Stages:
        quarter = F.avg_pool2d(F.avg_pool2d(image, 2), 2)  # SN has made the first of the two already
        feature = self.blocks(OctaveFeatures(F.relu(self.stem(quarter)), None)).high
        height, width = feature.shape[-2:]
        positions = torch.arange(height * width, device=image.device).reshape(1, 1, height, width)
        rows = feature.flatten(2).transpose(1, 2)  # (N, C, H, W) -> (N, n, C)
        stages = []
        back = positions.flatten()
        for group, ungroup, interval in self.stages:
            bottom, right = (-height % interval, -width % interval) if interval > 4 else (0, 0)  # of multiples of 4
            grouped = group(F.pad(positions, (0, right, 0, bottom), value=-1), interval)  # (1, k, m, 1)
            order = grouped.flatten()
            keys = rows[:, order].reshape(-1, *grouped.shape[1:3], rows.shape[-1])
            stages.append(Stage(back[order], keys, grouped >= 0 if bottom or right else None))
            places = torch.arange(order.shape[0], device=image.device).reshape(grouped.shape)
            back = ungroup(places, interval, height + bottom, width + right)[..., :height, :width].flatten()
        return Stages(stages, back)


class FoldedAttention(nn.Module):
    """ENA without convolutions for keys and values.

    Keys and values are pointwise convolutions K, V of the image feature g. q.(K g + b) = (K'q).g + q.b, and q.b is the
    same for all keys, so that softmax takes it out again; the weights of the values add up to 1, so that the sum of
    w (V g + b) is V (the sum of w g) + b. K', V and b fold into what comes before and after.
    """

    ones: Tensor

    def __init__(self, attention: EfficientNonLocalAttention) -> None:
        super().__init__()
        key, value = _matrix(attention.key), _matrix(attention.value)
        value_bias = _bias(attention.value)
        self.query = _pointwise(key.T @ _matrix(attention.query), key.T @ _bias(attention.query))
        self.between = nn.Linear(*value.shape)
        self.between.weight = nn.Parameter(key.T @ value)
        self.between.bias = nn.Parameter(key.T @ value_bias)
        self.register_buffer("ones", torch.ones(attention.query.in_channels, 1, 1, 1))
        fuse = _matrix(attention.fuse)
        self.fuse = _pointwise(fuse @ value, fuse @ value_bias + _bias(attention.fuse))

    def forward(self, feature: Tensor, image_feature: Stages, unknown: Tensor) -> Tensor:
        """Refine `feature` (N, C, H, W) where `unknown` (N, 1, H, W) is high."""
        spread = F.conv2d(unknown, self.ones)  # for each channel: engines that block channels multiply it as it lies
        rows = self.query(feature * spread).flatten(2).transpose(1, 2)  # (N, C, H, W) -> (N, n, C)
        for index, (order, keys, there) in enumerate(image_feature.stages):
            if index:
                rows = self.between(rows)
            rows = attend(rows[:, order].reshape(keys.shape), keys, keys, there).flatten(1, 2)  # (N, k * m, C)
        attended = rows[:, image_feature.back].transpose(1, 2).unflatten(2, feature.shape[-2:])  # -> (N, C, H, W)
        refined: Tensor = feature + self.fuse(attended)
        return refined


def _matrix(conv: nn.Conv2d) -> Tensor:
    return conv.weight.detach()[:, :, 0, 0]


def _bias(conv: nn.Conv2d) -> Tensor:
    assert conv.bias is not None
    return conv.bias.detach()


def _pointwise(matrix: Tensor, bias: Tensor) -> nn.Conv2d:
    conv = nn.Conv2d(matrix.shape[1], matrix.shape[0], 1)
    conv.weight = nn.Parameter(matrix[:, :, None, None])
    conv.bias = nn.Parameter(bias)
    return conv
