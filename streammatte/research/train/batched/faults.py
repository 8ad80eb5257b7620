"""Blur, low resolution and compression of many pictures at once."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

__all__ = ["block_coded", "filtered", "gaussian", "reduced"]


def filtered(x: Tensor, kernels: Tensor) -> Tensor:
    """Each picture of (n, C, H, W) by its own odd kernel of (n, k, l); what lies outside is the mirror image."""
    n, c, h, w = x.shape
    kh, kw = kernels.shape[1:]
    # in float32, as some CPUs that have float16 take minutes for such a convolution in it
    padded = F.pad(x.float(), (kw // 2, kw // 2, kh // 2, kh // 2), mode="reflect")
    weights = kernels.float().repeat_interleave(c, dim=0)[:, None]
    out = F.conv2d(padded.reshape(1, n * c, *padded.shape[-2:]), weights, groups=n * c)
    return out.reshape(n, c, h, w).to(x.dtype)


def gaussian(x: Tensor, sigma: Tensor) -> Tensor:
    """Each picture of (n, C, H, W) blurred by its own sigma (n,) in pixels."""
    reach = min(30, min(x.shape[-2:]) - 1)
    offsets = torch.arange(-reach, reach + 1, device=x.device, dtype=torch.float32)
    kernels = torch.exp(-0.5 * (offsets / sigma[:, None]) ** 2)
    kernels = kernels / kernels.sum(1, keepdim=True)
    return filtered(filtered(x, kernels[:, None]), kernels[:, :, None])


def reduced(x: Tensor, factor: float) -> Tensor:
    """Pictures (n, C, H, W) as taken at `factor` of the resolution."""
    h, w = x.shape[-2:]
    small = F.interpolate(x.float(), (round(h * factor), round(w * factor)), mode="bilinear", antialias=True)
    return F.interpolate(small, (h, w), mode="bilinear", align_corners=False).to(x.dtype)


_LUMA = (
    (16, 11, 10, 16, 24, 40, 51, 61),
    (12, 12, 14, 19, 26, 58, 60, 55),
    (14, 13, 16, 24, 40, 57, 69, 56),
    (14, 17, 22, 29, 51, 87, 80, 62),
    (18, 22, 37, 56, 68, 109, 103, 77),
    (24, 35, 55, 64, 81, 104, 113, 92),
    (49, 64, 78, 87, 103, 121, 120, 101),
    (72, 92, 95, 98, 112, 100, 103, 99),
)
_CHROMA = (
    (17, 18, 24, 47, 99, 99, 99, 99),
    (18, 21, 26, 66, 99, 99, 99, 99),
    (24, 26, 56, 99, 99, 99, 99, 99),
    (47, 66, 99, 99, 99, 99, 99, 99),
    *(((99,) * 8,) * 4),
)
"""Annex K of the JPEG standard."""


def block_coded(picture: Tensor, quality: Tensor, *, jpeg: bool) -> Tensor:
    """What coding in blocks of 8x8 leaves of pictures.

    Parameters
    ----------
    picture : Tensor
        (n, 3, H, W) R,G,B in [0, 1], with sides that are multiples of 16.
    quality : Tensor
        (n,): JPEG's quality, 1 to 100; or else an H.264 quantiser, 0 to 51, and the blocks' edges are smoothed.
    jpeg : bool
        Which of the two.
    """
    x = picture.float() * 255 - 128
    r, g, b = x.unbind(1)
    luma = 0.299 * r + 0.587 * g + 0.114 * b
    chroma = torch.stack([0.564 * (b - luma), 0.713 * (r - luma)], dim=1)
    chroma = F.avg_pool2d(chroma, 2)
    if jpeg:
        scale = torch.where(quality < 50, 50 / quality, 2 - quality / 50)[:, None, None]
        tables = [(scale * x.new_tensor(table)).round().clamp(1, 255) for table in (_LUMA, _CHROMA)]
    else:
        step = (0.625 * 2 ** (quality / 6))[:, None, None]
        tables = [step * x.new_ones(1, 8, 8), step * x.new_ones(1, 8, 8)]
    luma = _quantised(luma[:, None], tables[0])
    chroma = _quantised(chroma, tables[1])
    if not jpeg:
        smooth = F.avg_pool2d(F.pad(luma, (1, 1, 1, 1), mode="replicate"), 3, 1)
        at = torch.arange(8, device=x.device) % 7 == 0
        h, w = luma.shape[-2:]
        edge = at.repeat(h // 8)[:, None] | at.repeat(w // 8)[None]
        luma = torch.where(edge, smooth, luma)
    chroma = F.interpolate(chroma, scale_factor=2.0, mode="bilinear", align_corners=False)
    cb, cr = chroma[:, :1], chroma[:, 1:]
    red, blue = luma + cr / 0.713, luma + cb / 0.564
    green = (luma - 0.299 * red - 0.114 * blue) / 0.587
    out = (torch.cat([red, green, blue], dim=1) + 128) / 255
    return out.clamp(0, 1).to(picture.dtype)


def _quantised(plane: Tensor, table: Tensor) -> Tensor:
    """Planes (n, C, H, W) through the cosine transform of 8x8 blocks, rounded to steps of `table` (n, 8, 8)."""
    n, c, h, w = plane.shape
    k = torch.arange(8, device=plane.device, dtype=torch.float32)
    basis = torch.cos(math.pi / 8 * (k[None] + 0.5) * k[:, None]) / 2  # (frequency, place)
    basis[0] /= math.sqrt(2)
    both_ways = torch.kron(basis, basis)  # (64, 64)
    blocks = plane.reshape(n, c, h // 8, 8, w // 8, 8).transpose(3, 4).reshape(n, -1, 64)  # -> (n, blocks, 64)
    table = table.expand(n, 8, 8).reshape(n, 1, 64)
    coded = (blocks @ both_ways.T / table).round() * table
    return (coded @ both_ways).reshape(n, c, h // 8, w // 8, 8, 8).transpose(3, 4).reshape(n, c, h, w)
