"""The two networks, SN and MRN, and the matting network that they make (figure 2 of the paper)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from streammatte.nn.attention import EfficientNonLocalAttention
from streammatte.nn.layers import CrossLevelFusion, OCBlock, OctaveFeatures, OctaveWidths, half, upsample_to


@dataclass(frozen=True)
class NetworkConfig:
    sn_stem: int = 16
    sn_widths: tuple[tuple[int, int], ...] = ((16, 32), (32, 48), (48, 80), (64, 96))
    sn_depths: tuple[int, ...] = (3, 4, 6, 4)
    sn_half_input: bool = True
    mrn_stem: int = 16
    mrn_widths: tuple[tuple[int, int], ...] = ((16, 16), (16, 16), (32, 32), (32, 48))
    kernels: tuple[int, ...] = (3, 3, 3, 3)
    cfm: bool = True
    ena: bool = True
    ena_dim: int = 16
    interval: int = 4


def _conv_bn_relu(cin: int, cout: int, stride: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(cin, cout, 3, stride, padding=1, bias=False), nn.BatchNorm2d(cout), nn.ReLU())


def _add_up(deep: OctaveFeatures, skip: OctaveFeatures) -> OctaveFeatures:
    return OctaveFeatures(skip.high + upsample_to(deep.high, skip.high), skip.low + upsample_to(deep.low, skip.low))


def _level(inputs: OctaveWidths, outputs: OctaveWidths, depth: int, stride: int, kernel: int) -> nn.Sequential:
    blocks = [OCBlock(inputs, outputs, stride, kernel)]
    blocks += [OCBlock(outputs, outputs, 1, kernel) for _ in range(depth - 1)]
    return nn.Sequential(*blocks)


class SegmentationNetwork(nn.Module):
    def __init__(self, c: NetworkConfig):
        super().__init__()
        w = [OctaveWidths(*x) for x in c.sn_widths]
        self.half_input = c.sn_half_input
        k = c.kernels
        if c.sn_half_input:
            self.stem = _conv_bn_relu(3, c.sn_stem, 2)
        else:
            self.stem = nn.Sequential(_conv_bn_relu(3, c.sn_stem // 2, 2), _conv_bn_relu(c.sn_stem // 2, c.sn_stem, 2))
        self.en1 = _level(OctaveWidths(c.sn_stem, 0), w[0], c.sn_depths[0], 1, k[0])
        self.en2 = _level(w[0], w[1], c.sn_depths[1], 2, k[1])
        self.en3 = _level(w[1], w[2], c.sn_depths[2], 2, k[2])
        self.en4 = _level(w[2], w[3], c.sn_depths[3], 2, k[3])
        self.cfm = CrossLevelFusion(w[3], w[1]) if c.cfm else None
        self.de4 = OCBlock(w[3], w[2])
        self.de3 = OCBlock(w[2], w[1])
        self.de2 = OCBlock(w[1], OctaveWidths(w[1].high, 0))
        self.head = nn.Conv2d(w[1].high, 3, 3, padding=1)
        self.aux = nn.ModuleList([nn.Conv2d(w[2].high, 3, 3, padding=1), nn.Conv2d(w[1].high, 3, 3, padding=1)])

    def forward(self, image: Tensor) -> list[Tensor]:
        x = self.stem(F.avg_pool2d(image, 2) if self.half_input else image)
        e1 = self.en1(OctaveFeatures(x, None))
        e2 = self.en2(e1)
        e3 = self.en3(e2)
        e4 = self.en4(e3)
        d4 = self.de4(e4)
        d3 = self.de3(_add_up(d4, e3))
        if self.cfm is not None:
            e2 = self.cfm(e4, e2)
        d2 = self.de2(_add_up(d3, e2))
        t = self.head(d2.high)
        if self.training:
            return [t, self.aux[1](d3.high), self.aux[0](d4.high)]
        return [t]


class MattingRefinementNetwork(nn.Module):
    def __init__(self, c: NetworkConfig):
        super().__init__()
        w = [OctaveWidths(*x) for x in c.mrn_widths]
        self.stem = nn.Sequential(nn.Conv2d(3, c.mrn_stem, 3, 2, padding=1, bias=False), nn.BatchNorm2d(c.mrn_stem), nn.Identity())
        self.maps = nn.Conv2d(3, c.mrn_stem, 1, bias=False)
        self.en1 = _level(OctaveWidths(c.mrn_stem, 0), w[0], 2, 1, 3)
        self.en2 = _level(w[0], w[1], 2, 2, 3)
        self.en3 = _level(w[1], w[2], 2, 2, 3)
        self.en4 = _level(w[2], w[3], 2, 2, 3)
        self.de4 = OCBlock(w[3], w[2])
        self.de3 = OCBlock(w[2], w[1])
        self.de2 = OCBlock(w[1], w[0])
        self.de1 = OCBlock(w[0], OctaveWidths(w[0].high, 0))
        self.head = nn.Conv2d(w[0].high, 4, 1)
        self.ena = c.ena
        if c.ena:
            self.image = nn.Sequential(_conv_bn_relu(3, 16, 2))
            self.image_oc = OCBlock(OctaveWidths(16, 0), OctaveWidths(c.ena_dim, c.ena_dim))
            self.image_oc2 = OCBlock(OctaveWidths(c.ena_dim, c.ena_dim), OctaveWidths(c.ena_dim, 0))
            self.ena_en = EfficientNonLocalAttention(w[2].high, c.ena_dim, c.ena_dim, c.interval)
            self.ena_de = EfficientNonLocalAttention(w[2].high, c.ena_dim, c.ena_dim, c.interval)

    def forward(self, image: Tensor, probs: Tensor) -> Tensor:
        u = probs[:, 2:3]
        maps = F.interpolate(self.maps(probs), scale_factor=4.0, mode="nearest")
        x = F.relu(self.stem(image) + maps)
        e1 = self.en1(OctaveFeatures(x, None))
        e2 = self.en2(e1)
        e3 = self.en3(e2)
        if self.ena:
            f = self.image_oc2(self.image_oc(OctaveFeatures(self.image(F.avg_pool2d(image, 4)), None))).high
            e3 = OctaveFeatures(self.ena_en(e3.high, f, u), e3.low)
        e4 = self.en4(e3)
        d = self.de4(e4)
        d = _add_up(d, e3)
        if self.ena:
            d = OctaveFeatures(self.ena_de(d.high, f, u), d.low)
        d = _add_up(self.de3(d), e2)
        d = _add_up(self.de2(d), e1)
        d = self.de1(d)
        return self.head(d.high)


class MattingNetwork(nn.Module):
    def __init__(self, c: NetworkConfig = NetworkConfig()):
        super().__init__()
        self.sn = SegmentationNetwork(c)
        self.mrn = MattingRefinementNetwork(c)

    def forward(self, image: Tensor):
        t = self.sn(image)
        probs = torch.softmax(t[0], 1)
        r = torch.sigmoid(F.pixel_shuffle(self.mrn(image, probs), 2))
        p = F.interpolate(probs[:, 1:], scale_factor=8.0, mode="bilinear", align_corners=False)
        alpha = p[:, :1] + p[:, 1:] * r
        if self.training:
            return alpha, t
        return alpha
