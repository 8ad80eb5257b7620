from __future__ import annotations

import numpy as np
import pytest
import torch

from streammatte.train.losses import gradient_loss, region_target, segmentation_loss, steadiness_loss, weighted_l1_loss


def test_weighted_l1_is_equation_8() -> None:
    alpha, target = torch.rand(1, 1, 4, 4), torch.tensor([[[[0, 1, 0.5, 0.2]] * 4]])
    total = 0.0
    for a, t in zip(alpha.flatten().tolist(), target.flatten().tolist(), strict=True):
        total += (1.0 if 0 < t < 1 else 0.1) * abs(a - t)
    assert abs(weighted_l1_loss(alpha, target).item() - total / 16) < 1e-6


def test_gradient_loss_is_equation_9() -> None:
    rng = np.random.default_rng(0)
    a, t = rng.random((5, 6)), rng.random((5, 6))
    dx = np.mean([abs((a[y, x + 1] - a[y, x]) - (t[y, x + 1] - t[y, x])) for y in range(5) for x in range(5)])
    dy = np.mean([abs((a[y + 1, x] - a[y, x]) - (t[y + 1, x] - t[y, x])) for y in range(4) for x in range(6)])
    loss = gradient_loss(torch.tensor(a)[None, None], torch.tensor(t)[None, None])
    assert abs(loss.item() - (dx + dy)) < 1e-9


def test_region_target_is_equation_6_over_cells() -> None:
    alpha = np.zeros((64, 64), np.float32)
    alpha[20:, 20:] = 1
    alpha[40, 40] = 0.5
    target = region_target(torch.tensor(alpha)[None, None], stride=8)[0].numpy()
    for i in range(8):
        for j in range(8):
            cell = alpha[max(0, 8 * i - 4) : 8 * i + 12, max(0, 8 * j - 4) : 8 * j + 12]
            expected = 0 if (cell == 0).all() else 1 if (cell == 1).all() else 2
            assert target[i, j] == expected, (i, j)


def test_segmentation_loss_is_equation_7() -> None:
    torch.manual_seed(0)
    alpha = torch.zeros(1, 1, 64, 64)
    alpha[..., 30:] = 1
    levels = [torch.randn(1, 3, 64 // s, 64 // s) for s in (8, 16, 32)]
    expected = 0.0
    for level, stride in zip(levels, (8, 16, 32), strict=True):
        target = region_target(alpha, stride)[0]
        log = level[0] - level[0].exp().sum(0).log()
        cells = [-log[target[i, j], i, j] for i in range(target.shape[0]) for j in range(target.shape[1])]
        expected += torch.stack(cells).mean().item()
    assert abs(segmentation_loss(levels, alpha).item() - expected) < 1e-5


def test_steadiness_compares_the_halves() -> None:
    alpha = torch.rand(6, 1, 4, 5)
    slow = sum((alpha[i] - alpha[i + 3]).abs().sum().item() for i in range(3)) / (3 * 4 * 5)
    assert steadiness_loss(alpha).item() == pytest.approx(slow)
