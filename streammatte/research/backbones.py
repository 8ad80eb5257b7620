"""The blocks of other light backbones, in the place of OCBlocks in the encoders (table 2 of the paper)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from streammatte.nn.layers import OctaveFeatures, OctaveWidths

__all__ = ["InvertedResidual", "ShuffleUnit"]


def _pointwise(channels_in: int, channels_out: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(channels_in, channels_out, 1, bias=False), nn.BatchNorm2d(channels_out))


def _depthwise(channels: int, stride: int) -> nn.Sequential:
    conv = nn.Conv2d(channels, channels, 3, stride, padding=1, groups=channels, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(channels))


class InvertedResidual(nn.Module):
    """MobileNetV2's block (Sandler et al. 2018): widen sixfold, depthwise convolution, narrow; one group only."""

    def __init__(self, inputs: OctaveWidths, outputs: OctaveWidths, stride: int = 1, odd: bool = False) -> None:
        super().__init__()
        hidden = 6 * inputs.high
        self.shortcut = stride == 1 and inputs == outputs
        self.widen = _pointwise(inputs.high, hidden)
        self.depthwise = _depthwise(hidden, stride)
        self.narrow = _pointwise(hidden, outputs.high)

    def forward(self, features: OctaveFeatures) -> OctaveFeatures:
        x = F.relu6(self.depthwise(F.relu6(self.widen(features.high))))
        x = self.narrow(x)
        return OctaveFeatures(features.high + x if self.shortcut else x, None)


class ShuffleUnit(nn.Module):
    """ShuffleNetV2's unit (Ma et al. 2018): one half of the channels is convolved, then the halves are shuffled.

    Where resolution or width changes, both halves are made from all channels.
    """

    def __init__(self, inputs: OctaveWidths, outputs: OctaveWidths, stride: int = 1, odd: bool = False) -> None:
        super().__init__()
        half = outputs.high // 2
        self.splits = stride == 1 and inputs == outputs
        channels = half if self.splits else inputs.high
        self.expand = _pointwise(channels, half)
        self.depthwise = _depthwise(half, stride)
        self.project = _pointwise(half, half)
        self.other = None if self.splits else nn.Sequential(_depthwise(channels, stride), _pointwise(channels, half))

    def forward(self, features: OctaveFeatures) -> OctaveFeatures:
        x = features.high
        kept, worked = x.chunk(2, dim=1) if self.other is None else (F.relu(self.other(x)), x)
        worked = F.relu(self.project(self.depthwise(F.relu(self.expand(worked)))))
        return OctaveFeatures(_shuffle(torch.cat((kept, worked), dim=1)), None)


def _shuffle(x: Tensor) -> Tensor:
    n, c, h, w = x.shape
    return x.reshape(n, 2, c // 2, h, w).transpose(1, 2).reshape(n, c, h, w)  # channels a0 a1 b0 b1 -> a0 b0 a1 b1
