"""Pictures for training, made anew for each step from the packs: geometry, composition, light and camera faults."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from streammatte.train.compression import video_coded
from streammatte.train.data import Person, TrainingSet

__all__ = ["Composer", "Mix"]

_Picture = NDArray[np.uint8]
_Plane = NDArray[np.float32]
T = TypeVar("T")


@dataclass(frozen=True)
class Mix:
    """How often each thing happens, as probabilities in [0, 1].

    Attributes
    ----------
    own_background, nobody : float
        A photo with its own background; a picture without people. The rest are composites.
    two_people, occluder, other_clothes : float
        A second person in a composite; something in front of the person; clothes of another colour and pattern.
    blur_background, motion_blur, uneven_light, low_light, noise, jpeg, video_compression, low_resolution, grey : float
        Faults of camera and light.
    """

    own_background: float = 0.34
    nobody: float = 0.06
    two_people: float = 0.12
    occluder: float = 0.10
    other_clothes: float = 0.35
    blur_background: float = 0.35
    motion_blur: float = 0.08
    uneven_light: float = 0.4
    low_light: float = 0.12
    noise: float = 0.35
    jpeg: float = 0.25
    video_compression: float = 0.15
    low_resolution: float = 0.2
    grey: float = 0.08


class Composer:
    """Draws one training picture: `picture, alpha = composer.draw(rng, width, height)`."""

    def __init__(self, training_set: TrainingSet, mix: Mix) -> None:
        self.people = training_set.people
        self.backgrounds = training_set.backgrounds
        self.mix = mix
        self._grain = np.random.default_rng(0).standard_normal((1400, 1400, 3), dtype=np.float32)
        self._own = tuple(g for g in self.people if g[0].own_background)

    def draw(self, rng: np.random.Generator, width: int, height: int) -> tuple[_Picture, _Plane]:
        """Return a picture (height, width, 3) uint8 R,G,B and its alpha (height, width) float32 in [0, 1]."""
        kind = rng.random()
        if kind < self.mix.nobody:
            picture = self._background(rng, width, height)
            alpha = np.zeros((height, width), np.float32)
        elif kind < self.mix.nobody + self.mix.own_background:
            person = _choose(rng, _choose(rng, self._own))
            matrix = _placement(rng, person, width, height, cut_out=False)
            size = (width, height)
            picture = cv2.warpAffine(person.photo, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
            alpha = cv2.warpAffine(person.alpha, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
            alpha = alpha.astype(np.float32) / 255
        else:
            picture, alpha = self._composite(rng, width, height)
        if kind >= self.mix.nobody and rng.random() < self.mix.occluder:
            picture, alpha = self._occlude(rng, picture, alpha)
        return self._camera(rng, picture, alpha)

    def _background(self, rng: np.random.Generator, width: int, height: int) -> _Picture:
        image = _choose(rng, self.backgrounds)
        h, w = image.shape[:2]
        scale = max(width / w, height / h) * rng.uniform(1.0, 2.2)
        ox = rng.uniform(0, w * scale - width)
        oy = rng.uniform(0, h * scale - height)
        matrix = np.array([[scale, 0, -ox], [0, scale, -oy]], np.float32)
        if rng.random() < 0.5:
            matrix[0] = [-scale, 0, w * scale - ox]
        image = cv2.warpAffine(image, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
        return np.asarray(image, np.uint8)

    def _composite(self, rng: np.random.Generator, width: int, height: int) -> tuple[_Picture, _Plane]:
        picture = _recolour(rng, self._background(rng, width, height))
        if rng.random() < self.mix.blur_background:
            picture = cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.5, 0.012 * (width + height)))
        alpha = np.zeros((height, width), np.float32)
        for _ in range(2 if rng.random() < self.mix.two_people else 1):
            person = _choose(rng, _choose(rng, self.people))
            matrix = _placement(rng, person, width, height, cut_out=True)
            size = (width, height)
            colours = person.foreground
            if rng.random() < self.mix.other_clothes:
                colours = _dress(rng, person, self._background(rng, *reversed(person.alpha.shape)))
            front = cv2.warpAffine(colours, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
            a = cv2.warpAffine(person.alpha, matrix, size, flags=cv2.INTER_LINEAR).astype(np.float32) / 255
            picture = _over(_recolour(rng, front), a, picture)
            alpha = a + (1 - a) * alpha
        return picture, alpha

    def _occlude(self, rng: np.random.Generator, picture: _Picture, alpha: _Plane) -> tuple[_Picture, _Plane]:
        height, width = alpha.shape
        mask = np.zeros((height, width), np.uint8)
        centre = (int(rng.uniform(0, width)), int(rng.uniform(height * 0.4, height)))
        if rng.random() < 0.5:
            axes = (int(rng.uniform(0.03, 0.15) * width), int(rng.uniform(0.03, 0.15) * height))
            cv2.ellipse(mask, centre, axes, rng.uniform(0, 180), 0, 360, 255, -1)
        else:
            box = (centre, (rng.uniform(0.05, 0.35) * width, rng.uniform(0.05, 0.3) * height), rng.uniform(-30, 30))
            cv2.fillPoly(mask, [np.rint(cv2.boxPoints(box)).astype(np.int32)], 255)
        a = cv2.GaussianBlur(mask, (0, 0), rng.uniform(0.5, 1.5)).astype(np.float32) / 255
        front = _recolour(rng, self._background(rng, width, height))
        return _over(front, a, picture), alpha * (1 - a)

    def _camera(self, rng: np.random.Generator, picture: _Picture, alpha: _Plane) -> tuple[_Picture, _Plane]:
        mix = self.mix
        height, width = picture.shape[:2]
        picture = _recolour(rng, picture)
        if rng.random() < mix.grey:
            picture = cv2.cvtColor(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
        if rng.random() < mix.motion_blur:
            kernel = _motion_kernel(rng, height)
            picture, alpha = cv2.filter2D(picture, -1, kernel), cv2.filter2D(alpha, -1, kernel)
        if rng.random() < mix.uneven_light:
            picture = cv2.multiply(picture, _light(rng, width, height), dtype=cv2.CV_8U)
        dark = rng.random() < mix.low_light
        if dark:
            picture = cv2.convertScaleAbs(picture, alpha=rng.uniform(0.15, 0.5))
        if rng.random() < mix.low_resolution:
            factor = rng.uniform(0.3, 0.8)
            small = cv2.resize(picture, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
            picture = cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)
        if dark or rng.random() < mix.noise:
            picture = cv2.add(picture, self._noise(rng, width, height), dtype=cv2.CV_8U)
        if rng.random() < mix.jpeg:
            quality = int(rng.uniform(15, 90))
            coded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
            picture = np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), np.uint8)
        if rng.random() < mix.video_compression:
            shift = [int(v) for v in rng.integers(-4, 5, 2)]
            picture = video_coded(np.roll(picture, shift, axis=(0, 1)), picture, crf=int(rng.integers(22, 40)))
        return picture, alpha

    def _noise(self, rng: np.random.Generator, width: int, height: int) -> _Plane:
        """Sensor noise of a random strength, coarser at times, as noise reduction leaves it."""
        strength = abs(rng.normal(0, 7)) + 1
        factor = int(rng.choice((1, 1, 2)))
        h, w = height // factor, width // factor
        y, x = (int(rng.integers(side - length)) for side, length in zip(self._grain.shape, (h, w), strict=False))
        noise = self._grain[y : y + h, x : x + w] * np.float32(strength)
        return noise if factor == 1 else cv2.resize(noise, (width, height), interpolation=cv2.INTER_LINEAR)


def _choose(rng: np.random.Generator, items: Sequence[T]) -> T:
    return items[int(rng.integers(len(items)))]


def _over(front: _Picture, alpha: _Plane, back: _Picture) -> _Picture:
    weight = cv2.merge([alpha, alpha, alpha])
    parts = (cv2.multiply(layer, w, dtype=cv2.CV_8U) for layer, w in ((front, weight), (back, 1 - weight)))
    return np.asarray(cv2.add(*parts), np.uint8)


def _placement(rng: np.random.Generator, person: Person, width: int, height: int, cut_out: bool) -> _Plane:
    """An affine map from photo to frame that keeps the photo's cut edges at or beyond the frame's edges."""
    h, w = person.alpha.shape
    x0, y0, bw, bh = person.box
    if cut_out and rng.random() < 0.75 and bh > 1.6 * bw:  # a whole figure: often only its upper part is seen
        bh = int(bh * rng.uniform(0.25, 0.6))
    left, top, right, bottom = person.touches
    if cut_out:
        scale = height / bh * float(np.exp(rng.uniform(np.log(0.45), np.log(1.5))))
        scale = max(scale, 1.02 * width / w) if left and right else scale
        scale = max(scale, 1.02 * height / h) if top and bottom else scale
    else:
        scale = max(width / w, height / h) * float(np.exp(rng.uniform(np.log(1.0), np.log(1.9))))
    mirror = rng.random() < 0.5
    angle = np.deg2rad(rng.normal(0, 11))
    shear = rng.normal(0, 0.07)
    sx, sy = scale * rng.uniform(0.87, 1.15), scale
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    linear = rotation @ np.array([[sx, shear], [0, sy]])
    if mirror:
        linear = linear @ np.array([[-1, 0], [0, 1]])
        left, right = right, left
    focus = np.array([x0 + bw / 2, y0 + bh * (0.5 if not cut_out else rng.uniform(0.3, 0.7))])
    if not cut_out:
        focus = focus * 0.5 + np.array([w / 2, h / 2]) * 0.5
    target = np.array([width * rng.uniform(0.25, 0.75), height * rng.uniform(0.35, 0.65)])
    offset = target - linear @ focus
    corners = (linear @ np.array([[0, w, 0, w], [0, 0, h, h]])).T + offset
    if not cut_out:
        left = top = right = bottom = True
    # a cut edge, of the person or of the photo, may not be seen
    xs, ys = np.sort(corners, axis=0).T
    if bottom:
        offset[1] += max(0.0, height - ys[2])
    if top:
        offset[1] -= max(0.0, ys[1])
    if left:
        offset[0] -= max(0.0, xs[1])
    if right:
        offset[0] += max(0.0, width - xs[2])
    return np.concatenate([linear, offset[:, None]], axis=1).astype(np.float32)


def _dress(rng: np.random.Generator, person: Person, cloth: _Picture) -> _Picture:
    """The person's colours with other ones, at times patterned by `cloth`, below about the chin; the shading stays."""
    foreground = person.foreground
    h, w = person.alpha.shape
    _, top, bw, bh = person.box
    chin = top + rng.uniform(0.85, 1.2) * min(0.5 * bh, 0.8 * bw)
    below = np.clip((np.arange(h, dtype=np.float32) - chin) / (0.05 * h) + 0.5, 0, 1)
    weight = np.repeat(below[:, None], w, axis=1)  # (H,) -> (H, W)
    dyed = cv2.transform(foreground, rng.dirichlet((0.6, 0.6, 0.6), 3).astype(np.float32) * np.float32(1.1))
    if rng.random() < 0.2:
        dyed = 255 - dyed
    if rng.random() < 0.4:
        dyed = cv2.addWeighted(dyed, 0.5, cloth, 0.5, 0)
    return _over(_recolour(rng, dyed), weight, foreground)


def _recolour(rng: np.random.Generator, picture: _Picture) -> _Picture:
    """Gain, white balance, saturation and gamma of one layer."""
    gain = np.exp(rng.normal(0, 0.12)) * np.exp(rng.normal(0, 0.08, 3))
    saturation = rng.uniform(0.3, 1.6)
    matrix = (saturation * np.eye(3) + (1 - saturation) * np.full((3, 3), 1 / 3)) * gain[:, None]
    shift = np.full((3, 1), rng.normal(0, 8))
    picture = cv2.transform(picture, np.concatenate([matrix, shift], axis=1).astype(np.float32))
    gamma = np.exp(rng.normal(0, 0.25))
    return np.asarray(cv2.LUT(picture, (np.linspace(0, 1, 256) ** gamma * 255).astype(np.uint8)), np.uint8)


def _light(rng: np.random.Generator, width: int, height: int) -> _Plane:
    """A smooth field of gains."""
    field = np.exp(rng.normal(0, 0.25, (3, 3, 1)) + rng.normal(0, 0.05, (3, 3, 3))).astype(np.float32)
    return np.asarray(cv2.resize(field, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)


def _motion_kernel(rng: np.random.Generator, height: int) -> _Plane:
    length = int(rng.integers(3, max(4, height // 20)))
    kernel = np.zeros((length, length), np.float32)
    angle = rng.uniform(0, np.pi)
    dx, dy = np.cos(angle) * length / 2, np.sin(angle) * length / 2
    c = length / 2
    cv2.line(kernel, (int(c - dx), int(c - dy)), (int(c + dx), int(c + dy)), 1.0)
    kernel[length // 2, length // 2] = 1
    return np.asarray(kernel / kernel.sum(), np.float32)
