"""What a person holds, found by what it hides of a background that stands still."""

from __future__ import annotations

from math import exp

import cv2
import numpy as np
import numpy.typing as npt

from streammatte import Alpha, FilterError, Layers

__all__ = ["HeldObjects"]

_REDUCTION = 4
"""Pixels of the frame for each pixel in which the background is remembered."""

_SURELY_NOBODY, _SURELY_SOMEBODY = 0.02, 0.5
"""Alpha up to which a reduced pixel shows the background, and from which it is a person's."""

_LEARN_S = 2.0
"""Seconds over which the background is averaged."""

_KNOWN_S = 1.0
"""Seconds for which a pixel must have shown the background before it is relied on."""

_TRUST_S = 30.0
"""Seconds after which a pixel that a person hid all the time is not relied on: the light may have changed."""

_CHANGE = 16.0
"""Levels of 255 by which a pixel must differ from the background at the least; half of it is half opaque."""

_NOISES = 5.0
"""Differences in units of the camera's noise that are still noise."""

_SHADOW, _TINT = 0.6, 0.025
"""A pixel that keeps at least so much of the background's light, and whose shares of red, green and blue differ from
the background's by no more, lies in a shadow."""

_GAP = 5
"""Reduced pixels: what is nearer to the person is held."""

_SMALLEST = 1 / 4000
"""Share of the picture that a held thing covers at the least."""

_LIKE_THE_WALL = 11
"""Reduced pixels: so wide may parts of a held thing be that look like what they hide, and more inside it."""

_UPSET = 0.5
"""Share of the known background that nobody hides: where more has changed, the camera was moved or the light switched
on."""

_Mask = npt.NDArray[np.bool_]
_Floats = npt.NDArray[np.float32]


class HeldObjects:
    """Keeps what the person holds, and hands and arms that were missed, before a camera that stands still.

    The background is remembered where nobody is. What differs from it and touches the person is kept, unless it is but
    a shadow. Whatever has lain still for `forget_s` is background again. Put it before the background, and before
    `people`.

    Parameters
    ----------
    forget_s : float
        Seconds after which what does not move is taken for background.
    """

    def __init__(self, forget_s: float = 10.0) -> None:
        if not forget_s > 0:
            raise FilterError(f"forget_s is {forget_s}; expected seconds above 0, such as 10")
        self._forget_s = forget_s
        self.reset()

    def reset(self) -> None:
        """Forget the background."""
        self._memory: _Memory | None = None

    def __call__(self, layers: Layers) -> Layers:
        """Return the layers with what is held opaque in alpha."""
        width, height = layers.frame.size
        size = max(1, width // _REDUCTION), max(1, height // _REDUCTION)
        picture = cv2.resize(layers.frame.rgb, size, interpolation=cv2.INTER_AREA).astype(np.float32)
        picture = np.asarray(cv2.blur(picture, (3, 3)), np.float32)
        alpha = np.asarray(cv2.resize(layers.alpha, size, interpolation=cv2.INTER_AREA), np.float32)
        near = cv2.dilate(alpha, np.ones((_GAP, _GAP), np.uint8))
        empty = np.asarray(near <= _SURELY_NOBODY)
        memory = self._memory
        if memory is None or memory.background.shape != picture.shape:
            self._memory = _Memory(picture, empty, layers.frame.time)
            return layers
        passed_s = memory.passed_s(layers.frame.time)
        memory.distrust(~empty, passed_s)
        shown = memory.known & empty
        change = memory.change(picture)
        opacity = memory.opacity(picture, change)
        if shown.any():
            if float(np.mean(opacity[shown] > 0.5)) > _UPSET:
                self._memory = _Memory(picture, empty, layers.frame.time)
                return layers
            memory.measure_noise(change[shown])
        memory.learn(picture, empty & (opacity < 0.5), passed_s)
        memory.forget(picture, empty & (opacity >= 0.5), passed_s, self._forget_s)
        held = _touching(opacity > 0.5, alpha > _SURELY_SOMEBODY)
        if not held.any():
            return layers
        around = cv2.dilate(held, np.ones((3, 3), np.uint8)) > 0
        opaque = np.where(held > 0, 1, np.where(around, opacity, 0)).astype(np.float32)
        kept: Alpha = np.maximum(layers.alpha, cv2.resize(opaque, (width, height), interpolation=cv2.INTER_LINEAR))
        return layers.with_alpha(kept)


class _Memory:
    """The background as far as it was seen; arrays are (h, w) or (h, w, 3) of the reduced picture."""

    def __init__(self, picture: _Floats, empty: _Mask, time_s: float) -> None:
        self.background = picture
        self._seen_s = np.where(empty, 0, -1).astype(np.float32)  # -1: somebody stood there all the time
        self._hidden_s = np.zeros(empty.shape, np.float32)
        self._strange = picture
        self._strange_s = np.zeros(empty.shape, np.float32)
        self._noise = _CHANGE / _NOISES
        self._time_s = time_s

    @property
    def known(self) -> _Mask:
        return np.asarray((self._seen_s >= _KNOWN_S) & (self._hidden_s < _TRUST_S))

    def passed_s(self, time_s: float) -> float:
        """Seconds since the frame before."""
        before, self._time_s = self._time_s, time_s
        return time_s - before

    def distrust(self, hidden: _Mask, passed_s: float) -> None:
        """Know less and less of what somebody hides."""
        self._hidden_s[hidden] += passed_s

    def change(self, picture: _Floats) -> _Floats:
        """Levels by which the picture differs from what is remembered, known or not."""
        return np.asarray(np.abs(picture - self.background).max(axis=2), np.float32)

    def opacity(self, picture: _Floats, change: _Floats) -> _Floats:
        """From 0, the background or a shadow on it, to 1, something else; 0 where the background is not known."""
        opacity = np.clip(change / self._least - 0.5, 0, 1)
        opacity[~self.known | _shadowed(picture, self.background)] = 0
        levels = cv2.medianBlur((opacity * 255).astype(np.uint8), 3)
        return np.asarray(levels.astype(np.float32) / 255, np.float32)

    def measure_noise(self, change: _Floats) -> None:
        """Learn the camera's noise from the changes (n) of what shows the background."""
        noise = float(np.quantile(change, 0.25)) / 0.319  # that quantile of |x| where x is normal with deviation 1
        self._noise += 0.1 * (noise - self._noise)

    @property
    def _least(self) -> float:
        """Levels by which a pixel must differ at the least."""
        return max(_CHANGE, _NOISES * self._noise)

    def learn(self, picture: _Floats, where: _Mask, passed_s: float) -> None:
        """Average the background over time, beginning where it is seen for the first time, or again after long."""
        first = where & ((self._seen_s < 0) | (self._hidden_s >= _TRUST_S))
        self.background = np.where(first[..., None], picture, self.background)
        self._seen_s[first] = 0
        self._seen_s[where] += passed_s
        self._hidden_s[where] = 0
        weight = where[..., None] * np.float32(1 - exp(-passed_s / _LEARN_S))
        self.background += weight * (picture - self.background)

    def forget(self, picture: _Floats, where: _Mask, passed_s: float, after_s: float) -> None:
        """Take for background what differs from it and has stayed the same for so many seconds."""
        moved = np.abs(picture - self._strange).max(axis=2) > self._least
        self._strange_s = np.where(where & ~moved, self._strange_s + np.float32(passed_s), 0).astype(np.float32)
        self._strange = np.where((moved | ~where)[..., None], picture, self._strange)
        stayed = self._strange_s >= after_s
        self.background = np.where(stayed[..., None], picture, self.background)


def _shadowed(picture: _Floats, background: _Floats) -> _Mask:
    """Where the picture is the background in less light."""
    light, before = picture.sum(axis=2) + 1, background.sum(axis=2) + 1
    tint = np.abs(picture / light[..., None] - background / before[..., None]).max(axis=2)
    return np.asarray((light < before) & (light > _SHADOW * before) & (tint < _TINT))


def _touching(strange: _Mask, person: _Mask) -> npt.NDArray[np.uint8]:
    """1 in the parts of `strange`, large enough, that reach the person, in the gap between and in their holes."""
    alone, joined = (
        cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((_GAP, _GAP), np.uint8))
        for mask in (person, person | strange)
    )
    count, labels = cv2.connectedComponents(joined)
    of_person = np.bincount(labels[person], minlength=count) > 0
    of_person[0] = False
    beside = of_person[labels] & (alone == 0)
    count, labels, boxes, _ = cv2.connectedComponentsWithStats(beside.astype(np.uint8))
    large = boxes[:, cv2.CC_STAT_AREA] >= _SMALLEST * strange.size
    large[0] = False
    held = large[labels].astype(np.uint8)
    solid = cv2.morphologyEx(held, cv2.MORPH_CLOSE, np.ones((_LIKE_THE_WALL, _LIKE_THE_WALL), np.uint8))
    outlines, _ = cv2.findContours(solid, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    return np.asarray(cv2.drawContours(np.zeros_like(held), outlines, -1, 1, cv2.FILLED), np.uint8)
