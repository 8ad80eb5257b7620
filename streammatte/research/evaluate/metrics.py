"""Metrics of alpha, each one pure function without scale factors: tables state theirs in the header.

All take alpha and the true alpha as (H, W) float arrays in [0, 1]; the video metrics take (T, H, W).
"""

from __future__ import annotations

import itertools

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["boundary_f", "conn", "dtssd", "flicker", "grad", "iou", "mad", "mse", "sad", "soft_band", "still"]

_Array = NDArray[np.floating]


def sad(alpha: _Array, target: _Array) -> float:
    """Sum of absolute differences."""
    return float(np.abs(np.subtract(alpha, target, dtype=np.float64)).sum())


def mad(alpha: _Array, target: _Array, where: NDArray[np.bool_] | None = None) -> float:
    """Mean absolute difference, over the pixels of `where` if it is given (NaN if there are none)."""
    difference = np.abs(np.subtract(alpha, target, dtype=np.float64))
    if where is not None:
        difference = difference[where]
    return float(difference.mean()) if difference.size else float("nan")


def mse(alpha: _Array, target: _Array) -> float:
    """Mean squared error."""
    return float(np.square(np.subtract(alpha, target, dtype=np.float64)).mean())


def iou(alpha: _Array, target: _Array, threshold: float = 0.5) -> float:
    """Intersection over union of the pixels above `threshold`; 1 where both are empty."""
    found, true = alpha > threshold, target > threshold
    union = np.count_nonzero(found | true)
    return np.count_nonzero(found & true) / union if union else 1.0


def boundary_f(alpha: _Array, target: _Array, tolerance: float = 0.008) -> float:
    """Boundary F-score (Csurka et al. 2013, Perazzi et al. 2016): how well the outlines at alpha 0.5 lie on each other.

    The harmonic mean of the part of the found outline that is near the true one and the part of the true outline that
    is near the found one; near is a distance of at most `tolerance` times the picture's diagonal, rounded up to
    pixels. 1 where neither has an outline, 0 where one alone has.
    """
    outlines = [_outline(values > 0.5) for values in (alpha, target)]
    if not (outlines[0].any() and outlines[1].any()):
        return float(not (outlines[0].any() or outlines[1].any()))
    reach = int(np.ceil(tolerance * np.hypot(*alpha.shape)))
    y, x = np.ogrid[-reach : reach + 1, -reach : reach + 1]
    disk = (x**2 + y**2 <= reach**2).astype(np.uint8)
    near = [cv2.dilate(outline.astype(np.uint8), disk).astype(np.bool_) for outline in outlines]
    precision = np.count_nonzero(outlines[0] & near[1]) / np.count_nonzero(outlines[0])
    recall = np.count_nonzero(outlines[1] & near[0]) / np.count_nonzero(outlines[1])
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def _outline(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Pixels that differ from their right, lower or lower right neighbour."""
    padded = np.pad(mask, ((0, 1), (0, 1)), mode="edge")
    return np.asarray((mask != padded[:-1, 1:]) | (mask != padded[1:, :-1]) | (mask != padded[1:, 1:]))


def grad(alpha: _Array, target: _Array, sigma: float = 1.4) -> float:
    """Gradient error (Rhemann et al. 2009): the squared difference of gradient magnitudes, summed.

    Gradients are those of first-order Gaussian derivative filters of standard deviation `sigma`, over each alpha
    stretched to its own range, as the authors' code has it.
    """
    return float(np.square(_gradient(alpha, sigma) - _gradient(target, sigma)).sum())


def _gradient(alpha: _Array, sigma: float) -> NDArray[np.float64]:
    half = int(np.ceil(sigma * np.sqrt(-2 * np.log(np.sqrt(2 * np.pi) * sigma * 1e-2))))
    x = np.arange(-half, half + 1, dtype=np.float64)
    gauss = np.exp(-(x**2) / (2 * sigma**2)) / (sigma * np.sqrt(2 * np.pi))
    kernel = np.outer(gauss, -x * gauss / sigma**2)
    kernel /= np.sqrt(np.square(kernel).sum())
    spread = float(np.ptp(alpha)) or 1.0
    stretched = (alpha.astype(np.float64) - float(alpha.min())) / spread
    dx = cv2.filter2D(stretched, cv2.CV_64F, kernel, borderType=cv2.BORDER_REPLICATE)
    dy = cv2.filter2D(stretched, cv2.CV_64F, kernel.T, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(np.hypot(dx, dy), np.float64)


def conn(alpha: _Array, target: _Array, step: float = 0.1) -> float:
    """Connectivity error (Rhemann et al. 2009), summed.

    For each threshold the pixels above it in both alphas form a set; the largest connected part of it is the source
    region. A pixel's degree of connectedness falls with the height of its alpha above the last threshold at which it
    still belonged to that part (differences below 0.15 are ignored).
    """
    thresholds = np.arange(0, 1 + step, step)
    last = np.full(alpha.shape, -1.0)
    for previous, threshold in itertools.pairwise(thresholds):
        both = ((alpha >= threshold) & (target >= threshold)).astype(np.uint8)
        count, labels, stats, _ = cv2.connectedComponentsWithStats(both, connectivity=4)
        largest = 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA])) if count > 1 else -1
        source = labels == largest
        last[(last == -1) & ~source] = previous
    last[last == -1] = 1
    degrees = []
    for values in (alpha, target):
        distance = values.astype(np.float64) - last
        degrees.append(1 - distance * (distance >= 0.15))
    return float(np.abs(degrees[0] - degrees[1]).sum())


def dtssd(alphas: _Array, targets: _Array) -> float:
    """Temporal error (Erofeev et al. 2015): the root mean square difference of the changes, meant over time."""
    errors = (np.subtract(alpha, target, dtype=np.float64) for alpha, target in zip(alphas, targets, strict=True))
    return float(np.mean([np.sqrt(np.square(b - a).mean()) for a, b in itertools.pairwise(errors)]))


def still(previous: NDArray[np.uint8], current: NDArray[np.uint8], levels: float = 3.0) -> NDArray[np.bool_]:
    """Pixels (H, W) whose colour, meant over 5x5, moved by less than `levels` between two pictures (H, W, 3)."""
    means = [cv2.blur(picture.astype(np.float32), (5, 5)) for picture in (previous, current)]
    return np.asarray(np.abs(means[1] - means[0]).max(axis=2) < levels)


def flicker(alphas: _Array, pictures: NDArray[np.uint8], targets: _Array | None = None) -> float:
    """Mean change of alpha from frame to frame over the pixels where the picture stood still.

    With `targets` only those count where the truth stood still too: its change, meant over 5x5, is less than 0.02.
    """
    changes = []
    for t in range(1, len(alphas)):
        where = still(pictures[t - 1], pictures[t])
        if targets is not None:
            true_change = np.abs(targets[t].astype(np.float32) - targets[t - 1].astype(np.float32))
            where &= cv2.blur(true_change, (5, 5)) < 0.02
        changes.append(np.abs(alphas[t].astype(np.float64) - alphas[t - 1])[where])
    return float(np.concatenate(changes).mean())


def soft_band(target: _Array) -> NDArray[np.bool_]:
    """Pixels that are neither clear nor opaque: more than a twentieth from both, beyond the noise of a filmed matte."""
    return (target > 0.05) & (target < 0.95)
