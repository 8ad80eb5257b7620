"""Each metric against a slow second version of its definition."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from streammatte.research.evaluate import metrics


@pytest.fixture
def pair() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Two blobs with soft rims, one a little moved, on 8-bit steps as mattes from files are."""
    y, x = np.mgrid[:24, :30]

    def blob(cx: float, cy: float) -> NDArray[np.float32]:
        distance = np.hypot(x - cx, y - cy)
        return np.rint(np.clip((9 - distance) / 5, 0, 1) * 255).astype(np.float32) / 255

    first = np.maximum(blob(14, 11), 0.6 * blob(27, 22))
    return first.astype(np.float32), blob(15, 12)


def test_differences(pair: tuple[NDArray[np.float32], NDArray[np.float32]]) -> None:
    alpha, target = pair
    a, t = alpha.astype(float).ravel().tolist(), target.astype(float).ravel().tolist()
    absolute = [abs(p - q) for p, q in zip(a, t, strict=True)]
    assert metrics.sad(alpha, target) == pytest.approx(sum(absolute), abs=1e-6)
    assert metrics.mad(alpha, target) == pytest.approx(sum(absolute) / len(a), abs=1e-6)
    assert metrics.mse(alpha, target) == pytest.approx(sum(d * d for d in absolute) / len(a), abs=1e-6)
    soft = [d for d, q in zip(absolute, t, strict=True) if 0.05 < q < 0.95]
    assert metrics.mad(alpha, target, metrics.soft_band(target)) == pytest.approx(sum(soft) / len(soft), abs=1e-6)
    both = sum(p > 0.5 and q > 0.5 for p, q in zip(a, t, strict=True))
    either = sum(p > 0.5 or q > 0.5 for p, q in zip(a, t, strict=True))
    assert metrics.iou(alpha, target) == pytest.approx(both / either, abs=1e-6)
    assert metrics.iou(alpha * 0, target * 0) == 1


def slow_gradient(alpha: NDArray[np.float32], sigma: float) -> NDArray[np.float64]:
    """Rhemann's gauss.m, dgauss.m and their filter, pixel by pixel."""
    half = math.ceil(sigma * math.sqrt(-2 * math.log(math.sqrt(2 * math.pi) * sigma * 0.01)))

    def gauss(v: float) -> float:
        return math.exp(-(v**2) / (2 * sigma**2)) / (sigma * math.sqrt(2 * math.pi))

    offsets = range(-half, half + 1)
    kernel = {(u, v): gauss(u) * -v * gauss(v) / sigma**2 for u in offsets for v in offsets}
    norm = math.sqrt(sum(k * k for k in kernel.values()))
    scaled = (alpha.astype(float) - alpha.min()) / (alpha.max() - alpha.min())
    height, width = alpha.shape
    result = np.zeros(alpha.shape)
    for y in range(height):
        for x in range(width):
            dx = dy = 0.0
            for (u, v), k in kernel.items():
                dx += k / norm * scaled[min(max(y + u, 0), height - 1), min(max(x + v, 0), width - 1)]
                dy += k / norm * scaled[min(max(y + v, 0), height - 1), min(max(x + u, 0), width - 1)]
            result[y, x] = math.hypot(dx, dy)
    return result


def test_grad(pair: tuple[NDArray[np.float32], NDArray[np.float32]]) -> None:
    alpha, target = pair
    expected = np.square(slow_gradient(alpha, 1.4) - slow_gradient(target, 1.4)).sum()
    assert metrics.grad(alpha, target) == pytest.approx(expected, abs=1e-6)


def largest_part(mask: NDArray[np.bool_]) -> set[tuple[int, int]]:
    left = {(int(y), int(x)) for y, x in np.argwhere(mask)}
    parts = []
    while left:
        part, todo = set(), [next(iter(left))]
        while todo:
            y, x = todo.pop()
            if (y, x) in left:
                left.remove((y, x))
                part.add((y, x))
                todo += [(y + 1, x), (y - 1, x), (y, x + 1), (y, x - 1)]
        parts.append(part)
    return max(parts, key=len, default=set())


def test_conn(pair: tuple[NDArray[np.float32], NDArray[np.float32]]) -> None:
    alpha, target = pair
    last = dict.fromkeys(np.ndindex(alpha.shape), 1.0)
    open_pixels = set(last)
    for i in range(1, 11):
        part = largest_part((alpha >= i * 0.1) & (target >= i * 0.1))
        for pixel in open_pixels - part:
            last[pixel] = (i - 1) * 0.1
        open_pixels &= part
    total = 0.0
    for pixel, level in last.items():
        distances = [float(values[pixel]) - level for values in (alpha, target)]
        degrees = [1 - (d if d >= 0.15 else 0) for d in distances]
        total += abs(degrees[0] - degrees[1])
    assert total > 1
    assert metrics.conn(alpha, target) == pytest.approx(total, abs=1e-6)


def test_video_metrics() -> None:
    rng = np.random.default_rng(0)
    alphas, targets = rng.random((3, 8, 8)).astype(np.float32), rng.random((3, 8, 8)).astype(np.float32)
    frames = []
    for t in (1, 2):
        squares = [
            ((float(alphas[t, y, x]) - alphas[t - 1, y, x]) - (float(targets[t, y, x]) - targets[t - 1, y, x])) ** 2
            for y in range(8)
            for x in range(8)
        ]
        frames.append(math.sqrt(sum(squares) / 64))
    assert metrics.dtssd(alphas, targets) == pytest.approx(sum(frames) / 2, abs=1e-6)

    pictures = np.full((3, 8, 8, 3), 100, np.uint8)
    pictures[1:, :, 5:] = 200  # moves once, at the right; a 5x5 mean carries that two pixels further
    calm = [abs(float(alphas[1, y, x]) - alphas[0, y, x]) for y in range(8) for x in range(3)]
    calm += [abs(float(alphas[2, y, x]) - alphas[1, y, x]) for y in range(8) for x in range(8)]
    assert metrics.flicker(alphas, pictures) == pytest.approx(sum(calm) / len(calm), abs=1e-6)


def test_flicker_where_the_truth_stands_still_leaves_out_what_moves() -> None:
    alphas = np.random.default_rng(6).random((2, 12, 16), np.float32)
    pictures = np.full((2, 12, 16, 3), 100, np.uint8)
    targets = np.zeros((2, 12, 16), np.float32)
    targets[1, :, 12:] = 1  # a 5x5 mean carries that two pixels further
    change = np.abs(alphas[1].astype(np.float64) - alphas[0])
    assert metrics.flicker(alphas, pictures, targets) == pytest.approx(change[:, :10].mean(), abs=1e-6)


def slow_outline(mask: NDArray[np.bool_]) -> list[tuple[int, int]]:
    height, width = mask.shape
    found = []
    for y in range(height):
        for x in range(width):
            others = [(y + dy, x + dx) for dy, dx in ((0, 1), (1, 0), (1, 1)) if y + dy < height and x + dx < width]
            if any(mask[y, x] != mask[other] for other in others):
                found.append((y, x))
    return found


def test_boundary_f(pair: tuple[NDArray[np.float32], NDArray[np.float32]]) -> None:
    alpha, target = pair
    found, true = slow_outline(alpha > 0.5), slow_outline(target > 0.5)
    scores = set()
    for tolerance in (0.001, 0.03, 0.05):  # 1, 2 and 2 pixels of a diagonal of 38.4
        reach = math.ceil(tolerance * math.hypot(*alpha.shape))
        shares = [
            sum(any(math.dist(p, q) <= reach for q in others) for p in points) / len(points)
            for points, others in ((found, true), (true, found))
        ]
        expected = 2 * shares[0] * shares[1] / sum(shares)
        assert metrics.boundary_f(alpha, target, tolerance) == pytest.approx(expected, abs=1e-6)
        scores.add(expected)
    assert len(scores) > 1
    assert metrics.boundary_f(target, target) == 1
    assert metrics.boundary_f(target * 0, target * 0) == 1
    assert metrics.boundary_f(target * 0, target) == 0
    assert metrics.boundary_f(np.roll(target, 12, axis=1), target, 0.001) < 0.5
