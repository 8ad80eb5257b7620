"""ENA against loops over single pixels, written from equations 2 to 4."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from streammatte.nn.attention import EfficientNonLocalAttention


def slow_softmax_attention(query: list[Tensor], keys: list[Tensor], values: list[Tensor]) -> list[Tensor]:
    out = []
    for q in query:
        weights = torch.stack([torch.exp((q * k).sum() / q.numel() ** 0.5) for k in keys])
        weights = weights / weights.sum()
        out.append(sum(w * v for w, v in zip(weights, values, strict=True)))
    return out


def slow_stage(query: Tensor, key: Tensor, value: Tensor, subset_of: Callable[[int, int], object]) -> Tensor:
    """Attention of each pixel over the pixels of its own subset; tensors are (C, H, W)."""
    _, height, width = query.shape
    result = torch.zeros_like(value)
    for i in range(height):
        for j in range(width):
            mine = [(y, x) for y in range(height) for x in range(width) if subset_of(y, x) == subset_of(i, j)]
            keys, values = [key[:, y, x] for y, x in mine], [value[:, y, x] for y, x in mine]
            (result[:, i, j],) = slow_softmax_attention([query[:, i, j]], keys, values)
    return result


@pytest.mark.parametrize("kind", ["non-local", "long", "short", "short+long"])
@pytest.mark.parametrize(("interval", "size"), [(1, (4, 4)), (2, (8, 4)), (4, (8, 4)), (8, (12, 4))])
def test_equations_2_to_4(kind: str, interval: int, size: tuple[int, int]) -> None:
    torch.manual_seed(0)
    module = EfficientNonLocalAttention(5, 3, kind, interval).double().eval()
    feature, image = torch.randn(1, 5, *size).double(), torch.randn(1, 3, *size).double()
    unknown = torch.rand(1, 1, *size).double()

    query = module.query(feature * unknown)[0]
    key, value = module.key(image)[0], module.value(image)[0]
    if kind == "non-local":
        query = slow_stage(query, key, value, lambda y, x: 0)
    if "long" in kind:
        query = slow_stage(query, key, value, lambda y, x: (y % interval, x % interval))
    if "short" in kind:
        query = slow_stage(query, key, value, lambda y, x: (y // interval, x // interval))
    expected = feature + module.fuse(query[None])

    torch.testing.assert_close(module(feature, image, unknown), expected)
