"""The blocks that both networks are stacked from (section 2.2 to 2.4 of the paper)."""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

__all__ = ["CrossLevelFusion", "OCBlock", "OctaveFeatures", "OctaveWidths", "half", "upsample_to"]


class OctaveWidths(NamedTuple):
    """Channels of the two groups of an octave feature."""

    high: int
    low: int


class OctaveFeatures(NamedTuple):
    """A feature in two groups.

    Attributes
    ----------
    high : Tensor
        (N, C_high, H, W).
    low : Tensor or None
        (N, C_low, ceil(H / 2), ceil(W / 2)); None where a block has one group only.
    """

    high: Tensor
    low: Tensor | None


def half(x: Tensor) -> Tensor:
    """Average over 3x3 pixels, every other one: (N, C, H, W) -> (N, C, ceil(H / 2), ceil(W / 2))."""
    return F.avg_pool2d(x, kernel_size=3, stride=2, padding=1, count_include_pad=False)


def upsample_to(x: Tensor, like: Tensor) -> Tensor:
    """Double the resolution by repetition and crop to that of `like` (an odd side was rounded up when halved)."""
    doubled = F.interpolate(x, scale_factor=2.0, mode="nearest")
    height, width = like.shape[-2:]
    if doubled.shape[-2:] == (height, width):
        return doubled
    return doubled[..., :height, :width]


def _depthwise(channels: int, kernel: int, stride: int) -> nn.Conv2d:
    return nn.Conv2d(channels, channels, kernel, stride, padding=kernel // 2, groups=channels, bias=False)


def _sb(n):
    s = n.weight / torch.sqrt(n.running_var + n.eps)
    return s, n.bias - n.running_mean * s

def _scaled(conv, s, t):
    c = nn.Conv2d(conv.in_channels, conv.out_channels, conv.kernel_size, conv.stride, conv.padding, groups=conv.groups, bias=t is not None)
    c.weight = nn.Parameter(conv.weight * s[:, None, None, None])
    if t is not None: c.bias = nn.Parameter(t)
    return c

def fold(m):
    for x in m.modules():
        if isinstance(x, OCBlock): x.fold()
    def rec(mod):
        for k, v in list(mod.named_children()):
            if isinstance(v, nn.Sequential) and len(v)==3 and isinstance(v[1], nn.BatchNorm2d):
                v[0] = _scaled(v[0], *_sb(v[1])); v[1] = nn.Identity()
            else: rec(v)
    rec(m)
    return m


class OCBlock(nn.Module):
    """Depthwise-separable octave convolution (section 2.2, figure 2b), the basic block of both networks.

    A depthwise convolution runs in each group; then pointwise convolutions carry each group to itself and to the other
    one, the high group through 2x2 averaging, the low group through repetition. Batch normalisation and ReLU follow in
    each group, and a shortcut where shapes allow one.

    Parameters
    ----------
    inputs, outputs : OctaveWidths
        Channels in and out; a low width of 0 means that the group is not there.
    stride : int
        1, or 2 to halve the resolution of both groups.
    kernel : int
        Side of the depthwise kernels, odd.
    """

    def __init__(self, inputs: OctaveWidths, outputs: OctaveWidths, stride: int = 1, kernel: int = 3) -> None:
        super().__init__()
        self.shortcut = stride == 1 and inputs == outputs
        self.depthwise_high = _depthwise(inputs.high, kernel, stride)
        self.depthwise_low = _depthwise(inputs.low, kernel, stride) if inputs.low else None
        self.high_to_high = nn.Conv2d(inputs.high, outputs.high, 1, bias=False)
        self.low_to_high = nn.Conv2d(inputs.low, outputs.high, 1, bias=False) if inputs.low else None
        # pointwise(high -> low) + pointwise(low -> low) is one pointwise convolution of the concatenation
        self.both_to_low = nn.Conv2d(inputs.high + inputs.low, outputs.low, 1, bias=False) if outputs.low else None
        self.norm_high = nn.BatchNorm2d(outputs.high)
        self.norm_low = nn.BatchNorm2d(outputs.low) if outputs.low else None

    def fold(self) -> None:
        s, t = _sb(self.norm_high)
        self.high_to_high = _scaled(self.high_to_high, s, t)
        if self.low_to_high is not None:
            self.low_to_high = _scaled(self.low_to_high, s, None)
        self.norm_high = nn.Identity()
        if self.norm_low is not None:
            self.both_to_low = _scaled(self.both_to_low, *_sb(self.norm_low))
            self.norm_low = nn.Identity()

    def forward(self, features: OctaveFeatures) -> OctaveFeatures:
        high, low = features
        d_high = self.depthwise_high(high)
        d_low = self.depthwise_low(low) if self.depthwise_low is not None and low is not None else None

        out_high = self.high_to_high(d_high)
        if self.low_to_high is not None and d_low is not None:
            out_high = out_high + upsample_to(self.low_to_high(d_low), out_high)
        out_high = self.norm_high(out_high)
        if self.shortcut:
            out_high = out_high + high
        out_high = F.relu(out_high)

        if self.both_to_low is None or self.norm_low is None:
            return OctaveFeatures(out_high, None)
        pooled = half(d_high)
        out_low = self.norm_low(self.both_to_low(pooled if d_low is None else torch.cat((pooled, d_low), dim=1)))
        if self.shortcut and low is not None:
            out_low = out_low + low
        return OctaveFeatures(out_high, F.relu(out_low))


class CrossLevelFusion(nn.Module):
    """CFM (section 2.3): En1-4, its channels weighed by attention, added straight into En1-2.

    Parameters
    ----------
    deep, shallow : OctaveWidths
        Widths of En1-4 and En1-2.
    hidden : int
        Width of the bottleneck of the channel attention.
    """

    def __init__(self, deep: OctaveWidths, shallow: OctaveWidths, hidden: int = 8) -> None:
        super().__init__()
        channels = deep.high + deep.low
        self.squeeze = nn.Conv2d(channels, hidden, 1)
        self.excite = nn.Conv2d(hidden, channels, 1)
        self.high = nn.Conv2d(deep.high, shallow.high, 1)
        self.low = nn.Conv2d(deep.low, shallow.low, 1)

    def forward(self, deep: OctaveFeatures, shallow: OctaveFeatures) -> OctaveFeatures:
        assert deep.low is not None and shallow.low is not None
        context = torch.cat([g.mean((2, 3), keepdim=True) for g in (deep.high, deep.low)], dim=1)  # (N, C, 1, 1)
        weights = torch.sigmoid(self.excite(F.relu(self.squeeze(context))))
        w_high, w_low = weights[:, : deep.high.shape[1]], weights[:, deep.high.shape[1] :]
        high = self.high(deep.high * w_high)  # (N, C_shallow, H / 4, W / 4)
        low = self.low(deep.low * w_low)
        return OctaveFeatures(shallow.high + _quadruple(high, shallow.high), shallow.low + _quadruple(low, shallow.low))


def _quadruple(x: Tensor, like: Tensor) -> Tensor:
    size = like.shape[-2:]
    return F.interpolate(x, scale_factor=4.0, mode="nearest")[..., : size[0], : size[1]]
