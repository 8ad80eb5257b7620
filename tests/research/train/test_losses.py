from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from streammatte.nn.network import MattingOutput
from streammatte.research.train.losses import (
    Losses,
    gradient_loss,
    pixel_segmentation_loss,
    region_target,
    segmentation_loss,
    steadiness_loss,
    weighted_l1_loss,
)


def slow_l1(alpha: np.ndarray, target: np.ndarray, weigh_by: np.ndarray) -> float:
    """Equation 8 as a mean, pixel by pixel; what 8 bits hold as 0 or 255 is 0 or 1."""
    terms = []
    for a, t, w in zip(alpha.flat, target.flat, weigh_by.flat, strict=True):
        terms.append((1.0 if 0 < round(float(w) * 255) < 255 else 0.1) * abs(float(a) - float(t)))
    return math.fsum(terms) / len(terms)


def slow_gradient(a: np.ndarray, t: np.ndarray) -> float:
    """Equation 9 as a mean, pixel by pixel."""
    h, w = a.shape
    dx = [abs((a[y, x + 1] - a[y, x]) - (t[y, x + 1] - t[y, x])) for y in range(h) for x in range(w - 1)]
    dy = [abs((a[y + 1, x] - a[y, x]) - (t[y + 1, x] - t[y, x])) for y in range(h - 1) for x in range(w)]
    return float(np.mean(dx) + np.mean(dy))


def slow_entropy(logits: np.ndarray, classes: np.ndarray, unknown: float = 1.0) -> float:
    """Softmax cross-entropy of (3, H, W) logits and (H, W) classes, pixel by pixel; unknown ones count so often."""
    terms, weights = [], []
    for y in range(classes.shape[0]):
        for x in range(classes.shape[1]):
            powers = [math.exp(v) for v in logits[:, y, x]]
            weights.append(unknown if classes[y, x] == 2 else 1.0)
            terms.append(-weights[-1] * math.log(powers[classes[y, x]] / sum(powers)))
    return math.fsum(terms) / math.fsum(weights)


def slow_bilinear(plane: np.ndarray, height: int, width: int) -> np.ndarray:
    """Resize with pixel centres at halves and the edge repeated."""
    h, w = plane.shape
    out = np.empty((height, width))
    for y in range(height):
        for x in range(width):
            v, u = max(0.0, (y + 0.5) * h / height - 0.5), max(0.0, (x + 0.5) * w / width - 0.5)
            top, left = int(v), int(u)
            bottom, right = min(top + 1, h - 1), min(left + 1, w - 1)
            upper = plane[top, left] * (1 - (u - left)) + plane[top, right] * (u - left)
            lower = plane[bottom, left] * (1 - (u - left)) + plane[bottom, right] * (u - left)
            out[y, x] = upper * (1 - (v - top)) + lower * (v - top)
    return out


def classes_of_equation_6(alpha: np.ndarray) -> np.ndarray:
    classes = {0.0: 0, 1.0: 1}
    return np.array([[classes.get(float(a), 2) for a in row] for row in alpha])


@pytest.fixture
def target() -> np.ndarray:
    """A square person with a soft edge, (32, 32)."""
    alpha = np.zeros((32, 32), np.float32)
    alpha[5:27, 6:30] = np.float32(0.3)
    alpha[8:25, 9:27] = 1
    return alpha


def as_tensor(array: np.ndarray) -> torch.Tensor:
    return torch.tensor(array, dtype=torch.float32)[None, None]


@pytest.mark.parametrize("weighed_by", ["target", "prediction"])
def test_weighted_l1_is_equation_8(weighed_by: str, target: np.ndarray) -> None:
    rng = np.random.default_rng(0)
    alpha = rng.random((32, 32)).astype(np.float32)
    alpha[:10], alpha[10:14], alpha[14:18] = 0, 1, 0.001  # the last is 0 in 8 bits
    weigh_by = target if weighed_by == "target" else alpha
    loss = weighted_l1_loss(as_tensor(alpha), as_tensor(target), as_tensor(weigh_by)).item()
    assert loss == pytest.approx(slow_l1(alpha, target, weigh_by), rel=1e-5)
    soft = (target > 0) & (target < 1)
    more = weighted_l1_loss(as_tensor(alpha), as_tensor(target), as_tensor(weigh_by), soft=3.0).item()
    on_soft = slow_l1(np.where(soft, alpha, target), target, weigh_by)
    assert more == pytest.approx(slow_l1(alpha, target, weigh_by) + 2 * on_soft, rel=1e-5)


def test_gradient_loss_is_equation_9() -> None:
    rng = np.random.default_rng(0)
    a, t = rng.random((5, 6)), rng.random((5, 6))
    assert gradient_loss(as_tensor(a), as_tensor(t)).item() == pytest.approx(slow_gradient(a, t), rel=1e-5)


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


@pytest.mark.parametrize("unknown", [1.0, 2.5])
def test_segmentation_loss_is_equation_7(unknown: float) -> None:
    rng = np.random.default_rng(0)
    alpha = torch.zeros(1, 1, 64, 64)
    alpha[..., 30:] = 1
    levels = [rng.normal(size=(3, 64 // s, 64 // s)) for s in (8, 16, 32)]
    expected = sum(
        slow_entropy(level, region_target(alpha, stride)[0].numpy(), unknown)
        for level, stride in zip(levels, (8, 16, 32), strict=True)
    )
    tensors = [torch.tensor(level)[None] for level in levels]
    assert segmentation_loss(tensors, alpha, unknown).item() == pytest.approx(expected, rel=1e-6)
    assert Losses(unknown=unknown).sn(tensors, alpha).item() == pytest.approx(expected, rel=1e-6)


def slow_pixel_segmentation(levels: list[np.ndarray], target: np.ndarray) -> float:
    classes = classes_of_equation_6(target)
    return sum(
        slow_entropy(np.stack([slow_bilinear(plane, *target.shape) for plane in level]), classes) for level in levels
    )


def test_pixel_segmentation_loss_is_equation_7_at_each_pixel(target: np.ndarray) -> None:
    rng = np.random.default_rng(1)
    levels = [rng.normal(size=(3, 32 // s, 32 // s)) for s in (4, 8, 16)]
    loss = pixel_segmentation_loss([torch.tensor(level)[None] for level in levels], as_tensor(target))
    assert loss.item() == pytest.approx(slow_pixel_segmentation(levels, target), rel=1e-6)


@pytest.mark.parametrize("weighed_by", ["target", "prediction"])
def test_the_total_is_equation_10_with_the_paper_s_weights(weighed_by: str, target: np.ndarray) -> None:
    rng = np.random.default_rng(2)
    levels = [rng.normal(size=(3, 32 // s, 32 // s)) for s in (8, 16, 32)]
    alpha = np.clip(target + rng.normal(0, 0.3, target.shape), 0, 1).astype(np.float32)
    expected = (
        1 * slow_pixel_segmentation(levels, target)
        + 5 * slow_l1(alpha, target, target if weighed_by == "target" else alpha)
        + 0.5 * slow_gradient(alpha, target)
    )
    output = MattingOutput(as_tensor(alpha), tuple(torch.tensor(level)[None] for level in levels))
    losses = Losses(classes="pixels", weighed_by=weighed_by)  # type: ignore[arg-type]
    assert losses.total(output, as_tensor(target)).item() == pytest.approx(expected, rel=1e-5)


def slow_steadiness(estimate: np.ndarray, truth: np.ndarray) -> float:
    """Over the pixels in which the truths of a look and of a mirrored look at the same scene agree."""
    n, channels, height, width = estimate.shape
    found = []
    for i in range(n // 2):
        for y in range(height):
            for x in range(width):
                if abs(truth[i, 0, y, x] - truth[i + n // 2, 0, y, width - 1 - x]) <= 0.1:
                    pairs = [(estimate[i, c, y, x], estimate[i + n // 2, c, y, width - 1 - x]) for c in range(channels)]
                    found.append(np.mean([abs(a - b) for a, b in pairs]))
    return float(np.mean(found))


def test_steadiness_compares_a_look_with_the_mirrored_one_where_the_truth_agrees() -> None:
    rng = np.random.default_rng(3)
    estimate, truth = rng.random((6, 3, 8, 6)).astype(np.float32), rng.random((3, 1, 8, 6)).astype(np.float32)
    truth = np.concatenate([truth, truth[..., ::-1] + rng.choice((0, 0.3), truth.shape).astype(np.float32)])
    found = steadiness_loss(torch.from_numpy(estimate), torch.from_numpy(truth))
    assert found.item() == pytest.approx(slow_steadiness(estimate, truth), rel=1e-5)


def test_pairs_add_half_of_their_difference() -> None:
    rng = np.random.default_rng(4)
    alpha = rng.random((4, 1, 32, 32)).astype(np.float32)
    target = np.repeat(rng.random((4, 1, 4, 4)), 8, axis=2).repeat(8, axis=3).astype(np.float32)
    target[2:] = target[:2, ..., ::-1]
    output = MattingOutput(torch.from_numpy(alpha), tuple(torch.randn(4, 3, 32 // s, 32 // s) for s in (8, 16, 32)))
    true = torch.from_numpy(target)
    added = Losses().total(output, true, pairs=True) - Losses().total(output, true)
    probabilities = torch.softmax(output.logits[0], 1).numpy()
    assert added.item() == pytest.approx(0.5 * slow_steadiness(alpha, target), abs=1e-5)
    alone = Losses().sn(output.logits, true, pairs=True) - Losses().sn(output.logits, true)
    assert alone.item() == pytest.approx(0.5 * slow_steadiness(probabilities, target[..., ::8, ::8]), abs=1e-5)
