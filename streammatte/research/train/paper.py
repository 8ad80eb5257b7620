"""Pictures as section 3 of the paper makes them: one cut-out on one background, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from streammatte.research.train.data import Person, TrainingSet
from streammatte.research.train.mix import Hardness, Lottery

__all__ = ["PaperComposer", "PaperMix", "jittered"]

PATCH_PX = 512
"""The side of the paper's patches; smaller ones show the same at a smaller scale."""

WHOLE_PX = 640
"""The side of the square that a whole foreground is at times resized to, at patches of `PATCH_PX`."""


@dataclass(frozen=True)
class PaperMix:
    """The numbers of section 3, and for those that it leaves out, the ones of GCA (Li and Lu 2020) or near them.

    Attributes
    ----------
    whole_foreground : float
        Probability that the whole foreground is resized to a square of 640 pixels; the paper's.
    mirror : float
        Probability of a mirror image.
    rotation_degrees, shear_degrees : float
        Drawn evenly up to this, to both sides.
    scale : tuple of float
        Along x and along y, each drawn evenly between the two.
    hue_degrees, saturation, value : float
        The jitter in HSV, drawn evenly up to this, to both sides; saturation and value lie in [0, 1].
    """

    whole_foreground: float = 0.25
    mirror: float = 0.5
    rotation_degrees: float = 30.0
    shear_degrees: float = 10.0
    scale: tuple[float, float] = (0.8, 1.25)
    hue_degrees: float = 40.0
    saturation: float = 0.1
    value: float = 0.1


class PaperComposer:
    """Draws training pictures: `picture, alpha = composer.draw(rng, width, height)`.

    Parameters
    ----------
    training_set : TrainingSet
        Those of its people are used whose alpha is somewhere between 0 and 1.
    mix : PaperMix
    hardness : Hardness, optional
        How often each person and each background is taken; all alike by default.
    """

    def __init__(self, training_set: TrainingSet, mix: PaperMix, hardness: Hardness | None = None) -> None:
        self.mix = mix
        weights = hardness or Hardness.equal(training_set)
        groups = [tuple(person for person in group if len(_unknown(person))) for group in training_set.people]
        self._people = Lottery(groups, weights.people * np.array([len(group) > 0 for group in groups]))
        self._backgrounds = Lottery(training_set.backgrounds, weights.backgrounds)

    def draw(self, rng: np.random.Generator, width: int, height: int) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
        """Draw a patch centred on an unknown pixel.

        Returns
        -------
        picture : ndarray
            (height, width, 3) uint8, R,G,B.
        alpha : ndarray
            (height, width) float32 in [0, 1].
        """
        group = self._people.draw(rng)
        person = group[int(rng.integers(len(group)))]
        unknown = _unknown(person)
        pixel = unknown[int(rng.integers(len(unknown)))]
        matrix = self.placement(rng, person, pixel, width, height)
        alpha = cv2.warpAffine(person.alpha, matrix, (width, height)).astype(np.float32) / 255
        colours = cv2.warpAffine(person.foreground, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE)
        foreground = self._jittered(rng, np.asarray(colours, np.uint8))
        background = _covering(rng, self._backgrounds.draw(rng), width, height)
        weight = alpha[..., None]  # (H, W) -> (H, W, 1)
        picture = np.rint(weight * foreground + (1 - weight) * background).astype(np.uint8)
        return picture, alpha

    def placement(
        self, rng: np.random.Generator, person: Person, pixel: NDArray[np.intp], width: int, height: int
    ) -> NDArray[np.float64]:
        """Resizing, affine map and crop in one: a (2, 3) map from photo to patch; `pixel` (x, y) gets to the middle."""
        mix = self.mix
        resized = np.ones(2)
        if rng.random() < mix.whole_foreground:
            resized = WHOLE_PX / np.array(person.alpha.shape[::-1])  # (w, h)
        angle = np.deg2rad(rng.uniform(-mix.rotation_degrees, mix.rotation_degrees))
        shear = np.tan(np.deg2rad(rng.uniform(-mix.shear_degrees, mix.shear_degrees)))
        scale = rng.uniform(*mix.scale, 2)
        if rng.random() < mix.mirror:
            scale[0] = -scale[0]
        rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        linear = rotation @ np.array([[1, shear], [0, 1]]) @ np.diag(scale * resized) * (height / PATCH_PX)
        offset = np.array([width // 2, height // 2]) - linear @ pixel
        return np.concatenate([linear, offset[:, None]], axis=1)

    def _jittered(self, rng: np.random.Generator, foreground: NDArray[np.uint8]) -> NDArray[np.float32]:
        most = np.array([self.mix.hue_degrees, self.mix.saturation, self.mix.value])
        hue_degrees, saturation, value = rng.uniform(-most, most)
        return jittered(foreground, hue_degrees, saturation, value)


def jittered(picture: NDArray[np.uint8], hue_degrees: float, saturation: float, value: float) -> NDArray[np.float32]:
    """Shift a picture's hue, saturation and value.

    Parameters
    ----------
    picture : ndarray
        (H, W, 3) uint8, R,G,B.
    hue_degrees : float
        Goes round.
    saturation, value : float
        Added; what leaves [0, 1] is clipped.

    Returns
    -------
    ndarray
        (H, W, 3) float32, R,G,B in [0, 255].
    """
    hsv = cv2.cvtColor(picture.astype(np.float32) / 255, cv2.COLOR_RGB2HSV)
    hsv[..., 0] = np.mod(hsv[..., 0] + np.float32(hue_degrees), 360)
    hsv[..., 1:] = np.clip(hsv[..., 1:] + np.array((saturation, value), np.float32), 0, 1)
    return np.asarray(cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB) * 255, np.float32)


def _unknown(person: Person) -> NDArray[np.intp]:
    """Where alpha lies between 0 and 1, (pixels, 2) of x and y."""
    return np.argwhere((person.alpha > 0) & (person.alpha < 255))[:, ::-1]


def _covering(rng: np.random.Generator, image: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    """A part of `image` as large as possible, at a random place, at the size of the patch."""
    h, w = image.shape[:2]
    scale = max(width / w, height / h)
    size = (max(width, round(w * scale)), max(height, round(h * scale)))
    resized = cv2.resize(image, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    x, y = (int(rng.integers(0, whole - part + 1)) for whole, part in zip(size, (width, height), strict=True))
    return np.asarray(resized[y : y + height, x : x + width], np.uint8)
