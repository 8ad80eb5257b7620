"""The blocks that both networks are stacked from (sections 2.2 and 2.3 of the paper)."""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

__all__ = ["CrossLevelFusion", "OCBlock", "OctaveFeatures", "OctaveWidths", "conv_norm", "downsample", "upsample"]


class OctaveWidths(NamedTuple):
    """Channels of the two groups of an octave feature; `low` is 0 where there is one group only."""

    high: int
    low: int


class OctaveFeatures(NamedTuple):
    """A feature in two groups.

    Attributes
    ----------
    high : Tensor
        (N, C_high, H, W).
    low : Tensor or None
        (N, C_low, ceil(H / 2), ceil(W / 2)); None where there is one group only.
    """

    high: Tensor
    low: Tensor | None


def downsample(x: Tensor) -> Tensor:
    """Average 3x3 pixels around every other pixel: (N, C, H, W) -> (N, C, ceil(H / 2), ceil(W / 2))."""
    return F.avg_pool2d(x, kernel_size=3, stride=2, padding=1, count_include_pad=False)


def upsample(x: Tensor, factor: int = 2, like: Tensor | None = None) -> Tensor:
    """Repeat each pixel `factor` times along both axes; crop to the size of `like`, whose odd side was rounded up."""
    repeated = F.interpolate(x, scale_factor=float(factor), mode="nearest")
    return repeated if like is None else repeated[:, :, : like.shape[2], : like.shape[3]]


def conv_norm(channels_in: int, channels_out: int, stride: int) -> nn.Sequential:
    """A 3x3 convolution and batch normalisation."""
    conv = nn.Conv2d(channels_in, channels_out, 3, stride, padding=1, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(channels_out))


class OCBlock(nn.Module):
    """Depthwise-separable octave convolution (section 2.2, figure 2b), the basic block of both networks.

    A 3x3 depthwise convolution runs in each group; then pointwise convolutions carry each group to itself and to the
    other one, the high group through averaging, the low group through repetition. Batch normalisation and ReLU follow,
    and a shortcut where shapes allow one.

    Parameters
    ----------
    inputs, outputs : OctaveWidths
        Channels in and out.
    stride : int
        1, or 2 to halve the resolution of both groups.
    odd : bool
        Whether the high group may have an odd side (the deepest level of SN may).
    """

    def __init__(self, inputs: OctaveWidths, outputs: OctaveWidths, stride: int = 1, odd: bool = False) -> None:
        super().__init__()
        self.shortcut = stride == 1 and inputs == outputs
        self.odd = odd
        self.depthwise_high = _Depthwise(inputs.high, stride)
        self.depthwise_low = _Depthwise(inputs.low, stride) if inputs.low else None
        self.high_to_high = nn.Conv2d(inputs.high, outputs.high, 1, bias=False)
        self.low_to_high = nn.Conv2d(inputs.low, outputs.high, 1, bias=False) if inputs.low else None
        # pointwise(high -> low) + pointwise(low -> low) is one pointwise convolution of the concatenation
        self.both_to_low = nn.Conv2d(inputs.high + inputs.low, outputs.low, 1, bias=False) if outputs.low else None
        self.norm_high: nn.Module = nn.BatchNorm2d(outputs.high)
        self.norm_low: nn.Module = nn.BatchNorm2d(outputs.low) if outputs.low else nn.Identity()

    def forward(self, features: OctaveFeatures) -> OctaveFeatures:
        high, low = features
        d_high = self.depthwise_high(high)
        d_low = None if self.depthwise_low is None else self.depthwise_low(low)

        out_high = self.high_to_high(d_high)
        if self.low_to_high is not None:
            out_high = out_high + upsample(self.low_to_high(d_low), like=out_high if self.odd else None)
        out_high = self.norm_high(out_high)
        if self.shortcut:
            out_high = out_high + high
        if self.both_to_low is None:
            return OctaveFeatures(F.relu(out_high), None)

        pooled = downsample(d_high)
        out_low = self.norm_low(self.both_to_low(pooled if d_low is None else torch.cat((pooled, d_low), dim=1)))
        if self.shortcut and low is not None:
            out_low = out_low + low
        return OctaveFeatures(F.relu(out_high), F.relu(out_low))


class _Depthwise(nn.Conv2d):
    """A 3x3 convolution of each channel by itself.

    In bfloat16 on the CPU, stride 2 keeps every other pixel of stride 1, whose gradients take a sixth of the time.
    """

    def __init__(self, channels: int, stride: int) -> None:
        super().__init__(channels, channels, 3, stride, padding=1, groups=channels, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        if self.stride == (1, 1) or not torch.is_autocast_enabled("cpu"):
            return super().forward(x)
        return F.conv2d(x, self.weight, padding=1, groups=self.groups)[:, :, ::2, ::2]


class CrossLevelFusion(nn.Module):
    """CFM (section 2.3): the feature of En1-4, its channels weighed by attention, added straight to that of En1-2.

    Parameters
    ----------
    deep, shallow : OctaveWidths
        Widths of En1-4 and En1-2.
    hidden : int
        Width of the bottleneck of the channel attention.
    """

    def __init__(self, deep: OctaveWidths, shallow: OctaveWidths, hidden: int = 8) -> None:
        super().__init__()
        self.widths = list(deep)
        self.squeeze = nn.Conv2d(sum(deep), hidden, 1)
        self.excite = nn.Conv2d(hidden, sum(deep), 1)
        self.high = nn.Conv2d(deep.high, shallow.high, 1)
        self.low = nn.Conv2d(deep.low, shallow.low, 1) if deep.low else None

    def forward(self, deep: OctaveFeatures, shallow: OctaveFeatures) -> OctaveFeatures:
        means = [group.mean((2, 3), keepdim=True) for group in deep if group is not None]
        weights = torch.sigmoid(self.excite(F.relu(self.squeeze(torch.cat(means, dim=1)))))  # (N, C, 1, 1)
        weight_high, weight_low = torch.split(weights, self.widths, dim=1)
        high = self.high(deep.high * weight_high)  # (N, C_deep, H / 4, W / 4) -> (N, C_shallow, H / 4, W / 4)
        fused_high = shallow.high + upsample(high, 4)
        if self.low is None or deep.low is None or shallow.low is None:
            return OctaveFeatures(fused_high, None)
        low = self.low(deep.low * weight_low)
        return OctaveFeatures(fused_high, shallow.low + upsample(low, 4, like=shallow.low))
