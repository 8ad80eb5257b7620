"""SN, MRN, and the matting network that they make (figure 2 of the paper)."""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from streammatte.nn.attention import EfficientNonLocalAttention
from streammatte.nn.config import NetworkConfig
from streammatte.nn.layers import (
    CrossLevelFusion,
    OCBlock,
    OctaveFeatures,
    OctaveWidths,
    conv_norm,
    upsample,
)

__all__ = ["MattingNetwork", "MattingOutput", "MattingRefinementNetwork", "SegmentationNetwork"]


def _encoder(
    block: type[nn.Module], stem: int, widths: tuple[OctaveWidths, ...], depths: tuple[int, ...], odd: bool
) -> nn.ModuleList:
    """Four levels, each of half the resolution of the one before; `odd` says whether the last may have odd sides."""
    levels = []
    inputs = OctaveWidths(stem, 0)
    for level, (outputs, depth) in enumerate(zip(widths, depths, strict=True)):
        rounds = odd and level == 3
        first = block(inputs, outputs, 2 if level else 1, rounds)
        levels.append(nn.Sequential(first, *(block(outputs, outputs, odd=rounds) for _ in range(depth - 1))))
        inputs = outputs
    return nn.ModuleList(levels)


def _add(skip: OctaveFeatures, deep: OctaveFeatures, odd: bool = False) -> OctaveFeatures:
    """Fuse a decoder's feature, upsampled, with the encoder's of the next finer level."""
    high = skip.high + upsample(deep.high)
    if skip.low is None or deep.low is None:
        return OctaveFeatures(high, None)
    return OctaveFeatures(high, skip.low + upsample(deep.low, like=skip.low if odd else None))


class SegmentationNetwork(nn.Module):
    """SN (section 2.3): each cell of 8x8 pixels is background, foreground or unknown.

    It looks at the picture at half resolution, which is enough for semantics and costs a quarter.
    """

    def __init__(self, config: NetworkConfig, block: type[nn.Module] = OCBlock) -> None:
        super().__init__()
        _, w2, w3, w4 = widths = config.segmentation_widths
        self.stem = conv_norm(3, config.segmentation_stem, stride=2)
        self.encoder = _encoder(block, config.segmentation_stem, widths, config.segmentation_depths, odd=True)
        self.fusion = CrossLevelFusion(w4, w2) if config.cross_level_fusion else None
        self.decoder = nn.ModuleList(
            [OCBlock(w4, w3, odd=True), OCBlock(w3, w2), OCBlock(w2, OctaveWidths(w2.high, 0))]
        )
        self.head = nn.Conv2d(w2.high, 3, 3, padding=1)
        self.auxiliary = nn.ModuleList([nn.Conv2d(w.high, 3, 3, padding=1) for w in (w3, w2)])

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        """Classify.

        Parameters
        ----------
        image : Tensor
            (N, 3, H, W), R,G,B in [0, 1], with sides that are multiples of 32.

        Returns
        -------
        tuple of Tensor
            The logits T (N, 3, H / 8, W / 8), in the order background, foreground, unknown; in training mode also the
            auxiliary ones of De1-3 (N, 3, H / 16, W / 16) and De1-4 (N, 3, H / 32, W / 32).
        """
        x = F.relu(self.stem(F.avg_pool2d(image, 2)))  # (N, 3, H, W) -> (N, C, H/4, W/4)
        en1 = self.encoder[0](OctaveFeatures(x, None))  # high at H/4, low at H/8
        en2 = self.encoder[1](en1)  # H/8, H/16
        en3 = self.encoder[2](en2)  # H/16, H/32
        en4 = self.encoder[3](en3)  # H/32, H/64
        de4 = self.decoder[0](en4)
        de3 = self.decoder[1](_add(en3, de4, odd=True))
        if self.fusion is not None:
            en2 = self.fusion(en4, en2)
        de2 = self.decoder[2](_add(en2, de3))
        logits = self.head(de2.high)
        if not self.training:
            return (logits,)
        return logits, self.auxiliary[1](de3.high), self.auxiliary[0](de4.high)


class _ImageFeature(nn.Module):
    """What ENA's key and value are made from: the image through OCBlocks, at an eighth of the resolution."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.stem = conv_norm(3, width, stride=2)
        self.blocks = nn.Sequential(
            OCBlock(OctaveWidths(width, 0), OctaveWidths(width, width)),
            OCBlock(OctaveWidths(width, width), OctaveWidths(width, 0)),
        )

    def forward(self, image: Tensor) -> Tensor:
        x = F.relu(self.stem(F.avg_pool2d(image, 4)))  # (N, 3, H, W) -> (N, C, H/8, W/8)
        feature: OctaveFeatures = self.blocks(OctaveFeatures(x, None))
        return feature.high


class MattingRefinementNetwork(nn.Module):
    """MRN (section 2.4): alpha in the unknown region, from the image and SN's three maps."""

    def __init__(self, config: NetworkConfig, block: type[nn.Module] = OCBlock) -> None:
        super().__init__()
        w1, w2, w3, w4 = widths = config.refinement_widths
        stem = config.refinement_stem
        # a convolution of the six channels is the sum of one of the image and one of the maps; the maps come at an
        # eighth of the resolution, so that theirs is pointwise and done there
        self.stem = conv_norm(3, stem, stride=2)
        self.maps = nn.Conv2d(3, stem, 1, bias=False)
        self.encoder = _encoder(block, stem, widths, (config.refinement_depth,) * 4, odd=False)
        self.decoder = nn.ModuleList(
            [OCBlock(w4, w3), OCBlock(w3, w2), OCBlock(w2, w1), OCBlock(w1, OctaveWidths(w1.high, 0))]
        )
        self.head = nn.Conv2d(w1.high, 4, 1)
        self.shuffle: nn.Module = nn.PixelShuffle(2)
        self.image_feature: _ImageFeature | None = None
        self.attention: nn.ModuleList | None = None
        if config.attention != "none":
            width = config.attention_width
            self.image_feature = _ImageFeature(width)
            self.attention = nn.ModuleList(
                [
                    EfficientNonLocalAttention(w3.high, width, config.attention, config.attention_interval)
                    for _ in ("encoder", "decoder")
                ]
            )

    def forward(self, image: Tensor, maps: Tensor) -> Tensor:
        """Regress.

        Parameters
        ----------
        image : Tensor
            (N, 3, H, W), R,G,B in [0, 1].
        maps : Tensor
            (N, 3, H / 8, W / 8): probabilities of background, foreground and unknown.

        Returns
        -------
        Tensor
            (N, 1, H, W): alpha_r in [0, 1].
        """
        x = F.relu(self.stem(image) + upsample(self.maps(maps), 4))  # (N, C, H/2, W/2)
        en1 = self.encoder[0](OctaveFeatures(x, None))  # high at H/2, low at H/4
        en2 = self.encoder[1](en1)  # H/4, H/8
        en3 = self.encoder[2](en2)  # H/8, H/16
        unknown = maps[:, 2:]
        image_feature = None if self.image_feature is None else self.image_feature(image)
        en3 = self._attend(0, en3, image_feature, unknown)
        de4 = self.decoder[0](self.encoder[3](en3))  # H/16, H/32
        fused = self._attend(1, _add(en3, de4), image_feature, unknown)
        de2 = self.decoder[2](_add(en2, self.decoder[1](fused)))
        de1 = self.decoder[3](_add(en1, de2))
        return torch.sigmoid(self.shuffle(self.head(de1.high)))  # (N, 4, H/2, W/2) -> (N, 1, H, W)

    def _attend(self, which: int, x: OctaveFeatures, image_feature: Tensor | None, unknown: Tensor) -> OctaveFeatures:
        if self.attention is None:
            return x
        return x._replace(high=self.attention[which](x.high, image_feature, unknown))


SHARPNESS = 3.0
"""How near SN's probabilities are brought to a decision in equation 5: 1 leaves them as they are."""


class MattingOutput(NamedTuple):
    """What the matting network gives.

    Attributes
    ----------
    alpha : Tensor
        (N, 1, H, W) in [0, 1].
    logits : tuple of Tensor
        SN's, as `SegmentationNetwork.forward` returns them.
    """

    alpha: Tensor
    logits: tuple[Tensor, ...]


class MattingNetwork(nn.Module):
    """SN, then MRN.

    Equation 5 reads alpha = F + alpha_r, alpha_r in the unknown region only, by SN's decision. Here it is
    alpha = P_F + P_U alpha_r with P = softmax(`SHARPNESS` x logits): near the decision, but continuous in time, in
    [0, 1], and with gradients for both networks.

    Parameters
    ----------
    config : NetworkConfig, optional
        The shipped network's by default.
    block : type
        What the encoders of a `config` with another backbone are made of; takes what `OCBlock` takes.
    """

    def __init__(self, config: NetworkConfig | None = None, block: type[nn.Module] = OCBlock) -> None:
        super().__init__()
        self.config = config or NetworkConfig()
        if (block is OCBlock) != (self.config.backbone == "octave"):
            raise ValueError(f"the backbone {self.config.backbone} is not made of {block.__name__}")
        self.sn = SegmentationNetwork(self.config, block)
        self.mrn = MattingRefinementNetwork(self.config, block)

    def forward(self, image: Tensor) -> MattingOutput:
        """Matte `image` (N, 3, H, W), R,G,B in [0, 1], with sides that are multiples of 32."""
        logits = self.sn(image)
        refined = self.mrn(image, torch.softmax(logits[0], dim=1))
        decided = torch.softmax(SHARPNESS * logits[0], dim=1)[:, 1:]  # (N, 3, H/8, W/8) -> (N, 2, H/8, W/8)
        at_image = F.interpolate(decided, scale_factor=8.0, mode="bilinear", align_corners=False)
        foreground, unknown = at_image[:, :1], at_image[:, 1:]
        return MattingOutput(foreground + unknown * refined, logits)
