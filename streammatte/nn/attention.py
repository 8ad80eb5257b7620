"""Efficient non-local attention, ENA (section 2.4, equations 2 to 4)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

__all__ = ["EfficientNonLocalAttention", "attend", "group_nearby", "group_sampled", "ungroup_nearby", "ungroup_sampled"]


def attend(query: Tensor, key: Tensor, value: Tensor, there: Tensor | None = None) -> Tensor:
    """Equation 2, Sim(Q, K) V with Sim the scaled softmax, over the last two dimensions (..., n, C).

    `there` (..., n, 1) is 0 at positions that must not be attended to and 1 at the others.
    """
    similarity = query @ key.transpose(-2, -1) * query.shape[-1] ** -0.5  # (..., n, n)
    if there is not None:
        similarity = similarity.masked_fill(there.transpose(-2, -1) == 0, torch.finfo(query.dtype).min)
    return torch.softmax(similarity, dim=-1) @ value


def group_sampled(x: Tensor, interval: int) -> Tensor:
    """Positions `interval` apart become one subset: (N, C, H, W) -> (N, k, n / k, C) with k = interval squared."""
    n, c, h, w = x.shape
    s = interval
    x = x.reshape(n, c, h // s, s, w // s, s).permute(0, 3, 5, 2, 4, 1)  # -> (N, s, s, H/s, W/s, C)
    return x.reshape(n, s * s, (h // s) * (w // s), c)


def ungroup_sampled(x: Tensor, interval: int, height: int, width: int) -> Tensor:
    """Undo `group_sampled`: (N, k, n / k, C) -> (N, C, H, W)."""
    n, c, s = x.shape[0], x.shape[-1], interval
    x = x.reshape(n, s, s, height // s, width // s, c).permute(0, 5, 3, 1, 4, 2)  # -> (N, C, H/s, s, W/s, s)
    return x.reshape(n, c, height, width)


def group_nearby(x: Tensor, interval: int) -> Tensor:
    """Blocks of interval x interval neighbours: (N, C, H, W) -> (N, n / k, k, C) with k = interval squared."""
    n, c, h, w = x.shape
    s = interval
    x = x.reshape(n, c, h // s, s, w // s, s).permute(0, 2, 4, 3, 5, 1)  # -> (N, H/s, W/s, s, s, C)
    return x.reshape(n, (h // s) * (w // s), s * s, c)


def ungroup_nearby(x: Tensor, interval: int, height: int, width: int) -> Tensor:
    """Undo `group_nearby`: (N, n / k, k, C) -> (N, C, H, W)."""
    n, c, s = x.shape[0], x.shape[-1], interval
    x = x.reshape(n, height // s, width // s, s, s, c).permute(0, 5, 1, 3, 2, 4)  # -> (N, C, H/s, s, W/s, s)
    return x.reshape(n, c, height, width)


class EfficientNonLocalAttention(nn.Module):
    """ENA: long-range attention inside sampled subsets, then short-range attention inside neighbourhoods.

    Parameters
    ----------
    channels : int
        Channels of the encoder or decoder feature that is refined.
    width : int
        Channels of the image feature, and of query, key and value.
    kind : {"non-local", "short", "long", "short+long"}
        Which attentions run: all positions with all (the common one), or either or both of ENA's (table 3).
    interval : int
        Sampling interval, the paper's square root of k; a neighbourhood has interval x interval pixels.
    """

    def __init__(self, channels: int, width: int, kind: str = "short+long", interval: int = 4) -> None:
        super().__init__()
        self.kind = kind
        self.interval = interval
        self.query = nn.Conv2d(channels, width, 1)
        self.key = nn.Conv2d(width, width, 1)
        self.value = nn.Conv2d(width, width, 1)
        self.fuse = nn.Conv2d(width, channels, 1)

    def forward(self, feature: Tensor, image_feature: Tensor, unknown: Tensor) -> Tensor:
        """Refine `feature` (N, C, H, W) by `image_feature` (N, width, H, W) where `unknown` (N, 1, H, W) is high.

        H and W are multiples of 4.
        """
        query = self.query(feature * unknown)  # equation 3
        keys = [self.key(image_feature), self.value(image_feature)]
        height, width = feature.shape[-2:]
        padded = self.interval > 4  # sides are multiples of 4; what is padded must not be attended to
        if padded:
            bottom, right = -height % self.interval, -width % self.interval
            keys.append(torch.ones_like(unknown))
            query, *keys = (F.pad(x, (0, right, 0, bottom)) for x in (query, *keys))
        attended = self._attended(query, keys)
        refined: Tensor = feature + self.fuse(attended[..., :height, :width] if padded else attended)
        return refined

    def _attended(self, query: Tensor, keys: list[Tensor]) -> Tensor:
        s = self.interval
        height, width = query.shape[-2:]
        if self.kind == "non-local":
            query = ungroup_sampled(attend(*(group_sampled(x, 1) for x in (query, *keys))), 1, height, width)
        if "long" in self.kind:  # equation 4
            query = ungroup_sampled(attend(*(group_sampled(x, s) for x in (query, *keys))), s, height, width)
        if "short" in self.kind:
            query = ungroup_nearby(attend(*(group_nearby(x, s) for x in (query, *keys))), s, height, width)
        return query
