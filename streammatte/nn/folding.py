"""The network as it runs: the same alpha from fewer operations, in the order that engines can fuse."""

from __future__ import annotations

import copy

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from streammatte.nn.attention import EfficientNonLocalAttention
from streammatte.nn.folded_attention import FoldedAttention, FoldedImageFeature
from streammatte.nn.layers import OCBlock, OctaveFeatures, downsample, upsample
from streammatte.nn.network import SHARPNESS, MattingNetwork

__all__ = ["FoldedNetwork", "folded"]


def folded(network: MattingNetwork) -> FoldedNetwork:
    """Return what maps pictures to the alphas of `network` in evaluation mode, up to rounding."""
    return FoldedNetwork(copy.deepcopy(network).eval()).eval()


class FoldedNetwork(nn.Module):
    """What `folded` returns; takes the parts of `network`."""

    def __init__(self, network: MattingNetwork) -> None:
        super().__init__()
        self.sn, self.mrn = network.sn, network.mrn
        _fold(self)
        self.sn.head = _few_outputs(self.sn.head)  # type: ignore[assignment]
        self.mrn.shuffle = _PixelShuffle()
        stems = [self.sn.stem, self.mrn.stem]
        if self.mrn.image_feature is not None and self.mrn.attention is not None:
            stems.append(self.mrn.image_feature.stem)
            first = self.mrn.attention[0]
            assert isinstance(first, EfficientNonLocalAttention)
            self.mrn.image_feature = FoldedImageFeature(self.mrn.image_feature, first)  # type: ignore[assignment]
            self.mrn.attention = nn.ModuleList(FoldedAttention(each) for each in self.mrn.attention)  # type: ignore[arg-type]
        for stem in stems:
            stem[0].weight = nn.Parameter(stem[0].weight.detach() / 255)  # type: ignore[operator]
        self.enlarge = _Enlarge8()

    def forward(self, picture: Tensor) -> Tensor:
        """Map `picture` (N, H, W, 3) uint8, R,G,B, sides multiples of 32, to alpha (N, 1, H, W) in [0, 1]."""
        image = picture.to(self.enlarge.weights.dtype).permute(0, 3, 1, 2)  # (N, 3, H, W) in [0, 255]
        (logits,) = self.sn(image)
        powers = torch.exp(logits - logits.amax(1, keepdim=True))
        refined = self.mrn(image, powers / powers.sum(1, keepdim=True))
        powers = powers**SHARPNESS  # the exponentials of as many times the logits
        foreground, unknown = self.enlarge(powers[:, 1:] / powers.sum(1, keepdim=True))
        alpha: Tensor = foreground + unknown * refined
        return alpha


def _fold(module: nn.Module) -> None:
    """Fold batch normalisation into the convolutions of `module`, in place."""
    for name, child in module.named_children():
        if isinstance(child, OCBlock):
            setattr(module, name, _FoldedBlock(child))
        elif isinstance(child, nn.Sequential) and len(child) == 2 and isinstance(child[1], nn.BatchNorm2d):
            child[0], child[1] = fuse_conv_bn_eval(child[0], child[1]), nn.Identity()  # type: ignore[type-var]
        else:
            _fold(child)


class _FoldedBlock(nn.Module):
    """An OCBlock in which each addition and ReLU follows a convolution, with which engines run them as one."""

    def __init__(self, block: OCBlock) -> None:
        super().__init__()
        self.shortcut = block.shortcut
        self.odd = block.odd
        self.depthwise_high = block.depthwise_high
        self.depthwise_low = block.depthwise_low
        self.high_to_high = _scaled(block.high_to_high, block.norm_high)
        self.low_to_high = None
        if block.low_to_high is not None:
            self.low_to_high = _scaled(block.low_to_high, block.norm_high, shift=False)
        self.high_to_low = self.low_to_low = None
        if block.both_to_low is not None:
            # the pointwise convolution of a concatenation is the sum of one of each part
            both = _scaled(block.both_to_low, block.norm_low)
            self.high_to_low, self.low_to_low = _parts(both, block.depthwise_high.out_channels)

    def forward(self, features: OctaveFeatures) -> OctaveFeatures:
        high, low = features
        d_high = self.depthwise_high(high)
        d_low = None if self.depthwise_low is None else self.depthwise_low(low)

        out_high = self.high_to_high(d_high)
        added = high if self.shortcut else None
        if self.low_to_high is not None:
            carried = self.low_to_high(d_low)
            # nearest, to twice the size or one less: `upsample` and its cropping in one
            carried = F.interpolate(carried, size=out_high.shape[-2:]) if self.odd else upsample(carried)
            added = carried if added is None else carried + added
        out_high = F.relu(out_high if added is None else out_high + added)
        if self.high_to_low is None:
            return OctaveFeatures(out_high, None)

        out_low = self.high_to_low(downsample(d_high))
        if self.shortcut and low is not None:
            out_low = out_low + low
        if self.low_to_low is not None:
            out_low = self.low_to_low(d_low) + out_low
        return OctaveFeatures(out_high, F.relu(out_low))


def _scaled(conv: nn.Conv2d, norm: nn.Module, shift: bool = True) -> nn.Conv2d:
    """Fold `norm` into `conv`; of convolutions whose sum is normalised, one takes the `shift`."""
    if not isinstance(norm, nn.BatchNorm2d):
        return conv
    fused = fuse_conv_bn_eval(conv, norm)
    if not shift:
        fused.bias = None
    return fused


def _parts(conv: nn.Conv2d, channels: int) -> tuple[nn.Conv2d, nn.Conv2d | None]:
    """Split a pointwise `conv` into that of the first `channels`, which keeps the bias, and that of the others."""
    weight = conv.weight.detach()
    first = nn.Conv2d(channels, conv.out_channels, 1)
    first.weight, first.bias = nn.Parameter(weight[:, :channels]), conv.bias
    if channels == conv.in_channels:
        return first, None
    second = nn.Conv2d(conv.in_channels - channels, conv.out_channels, 1, bias=False)
    second.weight = nn.Parameter(weight[:, channels:])
    return first, second


def _few_outputs(conv: nn.Conv2d) -> nn.ConvTranspose2d:
    """Write a 3x3 convolution as a transposed one, which onnxruntime does not fill up to 16 channels."""
    transposed = nn.ConvTranspose2d(conv.in_channels, conv.out_channels, 3, padding=1)
    transposed.weight = nn.Parameter(conv.weight.detach().flip(2, 3).transpose(0, 1).contiguous())
    transposed.bias = conv.bias
    return transposed


class _PixelShuffle(nn.Module):
    """`nn.PixelShuffle(2)` of 4 channels, as a transposed convolution, which engines are faster at."""

    corners: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("corners", torch.eye(4).reshape(4, 1, 2, 2))

    def forward(self, x: Tensor) -> Tensor:
        return F.conv_transpose2d(x, self.corners, stride=2)


class _Enlarge8(nn.Module):
    """Bilinear enlargement by 8 of two maps: along the rows by interpolation, along the columns by a product."""

    weights: Tensor

    def __init__(self) -> None:
        super().__init__()
        offset = (torch.arange(8) - 3.5) / 8  # of eight rows from the middle of theirs, in rows before enlargement
        self.register_buffer("weights", torch.stack((F.relu(-offset), 1 - offset.abs(), F.relu(offset)), 1))

    def forward(self, maps: Tensor) -> list[Tensor]:
        """Map (N, 2, H, W) to two of (N, 1, 8 H, 8 W)."""
        n, _, h, w = maps.shape
        wide = F.interpolate(maps, scale_factor=(1.0, 8.0), mode="bilinear").unsqueeze(3)  # (N, 2, H, 1, 8 W)
        above = torch.cat((wide[:, :, :1], wide[:, :, :-1]), 2)
        below = torch.cat((wide[:, :, 1:], wide[:, :, -1:]), 2)
        near = torch.cat((above, wide, below), 3)  # (N, 2, H, 3, 8 W)
        return [(self.weights @ each).reshape(n, 1, 8 * h, 8 * w) for each in near.chunk(2, 1)]
