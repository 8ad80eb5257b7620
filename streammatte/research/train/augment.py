"""Pictures for training, made anew for each step from the packs: geometry, composition, light and camera faults."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Generic, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from streammatte.research.train.colour import dressed, light, motion_kernel, over, recoloured, shadowed, strange, toned
from streammatte.research.train.compression import video_coded
from streammatte.research.train.data import Person, TrainingSet
from streammatte.research.train.extras import Extra, drawn_headphones, with_extra
from streammatte.research.train.geometry import cut_out, drawn_spot, fits, hung, mapped, placement, view
from streammatte.research.train.limbs import drawn_arms, drawn_hand
from streammatte.research.train.screens import drawn_screen, outline_spot, with_screen
from streammatte.research.train.things import drawn_outline, drawn_plain, folded_cloth

__all__ = ["EXTRAS", "Composer", "Hardness", "Lottery", "Mix", "drawn_extras"]

_Picture = NDArray[np.uint8]
_Plane = NDArray[np.float32]
T = TypeVar("T")

EXTRAS = 4
"""The most that is drawn for a person: two arms that reach out, headphones, a hand near the lens."""


@dataclass(frozen=True)
class Mix:
    """How often each thing happens, as probabilities in [0, 1].

    Attributes
    ----------
    own_background, nobody : float
        A photo with its own background; a picture without people. The rest are composites.
    relit : float
        In a photo with its own background: other colours and light behind the person than on them.
    with_head : float
        The top of a person, whom the photo does not cut off there, is not above the frame: cameras point at faces. For
        the others chance decides.
    two_people, at_the_edge, bent, alike, shadow, other_clothes, arms, headphones, near_hand : float
        In a composite: a second person; one cut off by a side of the frame; a body bent by a smooth warp; a
        background in the colour of something on the person; a shadow beside the person; clothes, hair or hat of
        another colour and pattern; drawn arms that reach out; drawn headphones; a drawn hand near the lens.
    occluder, clutter : float
        Something in front of the person; pasted things behind, which are no person though their edges are pasted too.
    poster, plain : float
        Of screens and frames on the wall: showing a photo of a person, who is none here. Of other things: of one
        colour, as monitors, fridges and coats are. The rest show a piece of another picture.
    screen : float
        A monitor, behind the people if there are any, half of these touching the outline of one.
    strange : float
        Textures that no camera shows, so that outlines and shapes count for more than they (Xu et al. 2021).
    blur_background, motion_blur, uneven_light, low_light, noise, jpeg, video_compression, low_resolution, grey : float
        Faults of camera and light.
    """

    own_background: float = 0.38
    nobody: float = 0.10
    relit: float = 0.4
    with_head: float = 0.9
    two_people: float = 0.18
    at_the_edge: float = 0.12
    bent: float = 0.5
    alike: float = 0.15
    shadow: float = 0.2
    other_clothes: float = 0.5
    arms: float = 0.35
    headphones: float = 0.08
    near_hand: float = 0.06
    occluder: float = 0.08
    clutter: float = 0.4
    poster: float = 0.4
    plain: float = 0.4
    screen: float = 0.0
    strange: float = 0.12
    blur_background: float = 0.25
    motion_blur: float = 0.06
    uneven_light: float = 0.3
    low_light: float = 0.06
    noise: float = 0.3
    jpeg: float = 0.2
    video_compression: float = 0.15
    low_resolution: float = 0.15
    grey: float = 0.06

    @classmethod
    def still(cls, **odds: float) -> Mix:
        """Cut-outs on backgrounds, to which nothing happens but what `odds` name."""
        return replace(cls(**{field.name: 0.0 for field in fields(cls)}), **odds)

    def composer(self, training_set: TrainingSet, hardness: Hardness) -> Composer:
        """What draws pictures of this mix."""
        return Composer(training_set, self, hardness)


@dataclass(frozen=True)
class Hardness:
    """How often to take each group of people and each background, as weights above 0.

    Attributes
    ----------
    people, backgrounds : ndarray
        (groups,) and (backgrounds,) float64.
    """

    people: NDArray[np.float64]
    backgrounds: NDArray[np.float64]

    @classmethod
    def equal(cls, training_set: TrainingSet) -> Hardness:
        """All alike."""
        return cls(np.ones(len(training_set.people)), np.ones(len(training_set.backgrounds)))

    def summary(self) -> dict[str, float]:
        """How much more than the median the hardest tenth of people and of backgrounds is taken, for a log."""
        weights = {"people": self.people, "backgrounds": self.backgrounds}
        return {f"hardest_{name}": float(np.quantile(each, 0.9) / np.median(each)) for name, each in weights.items()}


class Composer:
    """Draws training pictures: `picture, alpha = composer.draw(rng, width, height)`.

    Parameters
    ----------
    training_set : TrainingSet
    mix : Mix
    hardness : Hardness, optional
        How often each person and each background is taken; all alike by default.
    """

    def __init__(self, training_set: TrainingSet, mix: Mix, hardness: Hardness | None = None) -> None:
        self.mix = mix
        people, backgrounds = training_set.people, training_set.backgrounds
        weights = hardness or Hardness.equal(training_set)
        own = [tuple(person for person in group if person.own_background) for group in people]
        shares = np.array([len(mine) / len(group) for mine, group in zip(own, people, strict=True)])
        self._people = Lottery(people, weights.people)
        self._own = Lottery(own, weights.people * shares)
        self._backgrounds = Lottery(backgrounds, weights.backgrounds)
        self._grain = np.random.default_rng(0).standard_normal((1400, 1400, 3), dtype=np.float32)

    def draw(self, rng: np.random.Generator, width: int, height: int) -> tuple[_Picture, _Plane]:
        """Draw a scene.

        Returns
        -------
        picture : ndarray
            (height, width, 3) uint8, R,G,B.
        alpha : ndarray
            (height, width) float32 in [0, 1].
        """
        kind = rng.random()
        if kind < self.mix.nobody:
            picture = self._clutter(rng, self._background(rng, width, height))
            if rng.random() < self.mix.screen:
                picture = self._with_screen(rng, picture)
            alpha = np.zeros((height, width), np.float32)
        elif kind < self.mix.nobody + self.mix.own_background:
            person = _choose(rng, self._own.draw(rng))
            while not fits(rng, person, width, height):
                person = _choose(rng, self._own.draw(rng))
            matrix = placement(rng, person, width, height, cut_out=False, with_head=self.mix.with_head)
            picture = mapped(person.photo, matrix, width, height)
            alpha = mapped(person.alpha, matrix, width, height).astype(np.float32) / np.float32(255)
            if rng.random() < self.mix.relit:
                picture = over(picture, alpha, recoloured(rng, picture))
            cluttered = self._clutter(rng, picture)
            if rng.random() < self.mix.screen:
                cluttered = self._with_screen(rng, cluttered, person, matrix)
            if cluttered is not picture:
                picture = over(picture, alpha, cluttered)  # what was added stands behind
        else:
            picture, alpha = self._composite(rng, width, height)
        if kind >= self.mix.nobody and rng.random() < self.mix.occluder:
            picture, mask = self._paste(rng, picture)
            alpha = alpha * (1 - mask)
        picture, alpha, dark = self._expose(rng, picture, alpha)
        return self._sense(rng, picture, dark), alpha

    def _background(self, rng: np.random.Generator, width: int, height: int) -> _Picture:
        image = self._backgrounds.draw(rng)
        return mapped(image, view(rng, image.shape[1::-1], width, height), width, height)

    def _composite(self, rng: np.random.Generator, width: int, height: int) -> tuple[_Picture, _Plane]:
        picture = self._clutter(rng, recoloured(rng, self._background(rng, width, height)))
        if rng.random() < self.mix.blur_background:
            picture = cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.5, 0.012 * (width + height)))
        screened = rng.random() < self.mix.screen
        alpha = np.zeros((height, width), np.float32)
        for _ in range(2 if rng.random() < self.mix.two_people else 1):
            person = _choose(rng, self._people.draw(rng))
            at_the_edge = rng.random() < self.mix.at_the_edge
            head = self.mix.with_head
            matrix = placement(rng, person, width, height, cut_out=True, with_head=head, at_the_edge=at_the_edge)
            if screened:
                picture, screened = self._with_screen(rng, picture, person, matrix), False
            colours = person.foreground
            if rng.random() < self.mix.other_clothes:
                colours = dressed(rng, person, self._background(rng, *reversed(person.alpha.shape)))
            front, a = cut_out(rng, colours, person.alpha, matrix, (width, height), bent=rng.random() < self.mix.bent)
            for extra in drawn_extras(rng, self.mix, person, colours, matrix, (width, height)):
                front, a = with_extra(extra, front, a)
            front = recoloured(rng, front)
            if rng.random() < self.mix.alike:
                column, row = drawn_spot(rng, person, matrix, width, height)
                picture = toned(rng, picture, front[row, column])
            if rng.random() < self.mix.shadow:
                picture = shadowed(rng, picture, a)
            picture = over(front, a, picture)
            alpha = a + (1 - a) * alpha
        return picture, alpha

    def _clutter(self, rng: np.random.Generator, picture: _Picture) -> _Picture:
        if rng.random() < self.mix.clutter:
            for _ in range(rng.integers(1, 4)):
                picture, _ = self._paste(rng, picture)
        return picture

    def _paste(self, rng: np.random.Generator, picture: _Picture) -> tuple[_Picture, _Plane]:
        """Something with a picture of its own; returns the picture and where that is, (H, W) in [0, 1]."""
        height, width = picture.shape[:2]
        mask, shade, screen = drawn_outline(rng, width, height)
        if screen is not None and rng.random() < self.mix.poster:
            person = _choose(rng, self._people.draw(rng))
            look = recoloured(rng, mapped(person.photo, hung(rng, person, screen), width, height))
        elif rng.random() < self.mix.plain:
            look = cv2.resize(drawn_plain(rng, 1)[0] * 255, (width, height)).astype(np.uint8)
        else:
            look = recoloured(rng, self._background(rng, width, height))
        if rng.random() < 0.4:
            look = folded_cloth(rng, look)
        look = cv2.multiply(look, cv2.merge([shade, shade, shade]), dtype=cv2.CV_8U)
        return over(look, mask, picture), mask

    def _with_screen(
        self,
        rng: np.random.Generator,
        picture: _Picture,
        person: Person | None = None,
        matrix: NDArray[np.float32] | None = None,
    ) -> _Picture:
        """A screen in a picture; half of them beside `person`, whom `matrix` maps to the frame."""
        height, width = picture.shape[:2]
        beside = None
        if person is not None and matrix is not None and rng.random() < 0.5:
            beside = outline_spot(rng, person, matrix)
        shown = recoloured(rng, self._backgrounds.draw(rng)) if rng.random() < 0.5 else None
        return with_screen(picture, drawn_screen(rng, width, height, beside), shown, rng.uniform(0.5, 1.2))

    def _expose(self, rng: np.random.Generator, picture: _Picture, alpha: _Plane) -> tuple[_Picture, _Plane, bool]:
        """Light and motion, before the sensor; returns picture, alpha and whether it is dark."""
        mix = self.mix
        height, width = picture.shape[:2]
        picture = recoloured(rng, picture)
        if rng.random() < mix.strange:
            picture = strange(rng, picture)
        if rng.random() < mix.grey:
            picture = cv2.cvtColor(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
        if rng.random() < mix.motion_blur:
            kernel = motion_kernel(rng, height)
            picture, alpha = cv2.filter2D(picture, -1, kernel), cv2.filter2D(alpha, -1, kernel)
        if rng.random() < mix.uneven_light:
            picture = cv2.multiply(picture, light(rng, width, height), dtype=cv2.CV_8U)
        dark = rng.random() < mix.low_light
        if dark:
            picture = cv2.convertScaleAbs(picture, alpha=rng.uniform(0.15, 0.5))
        return picture, alpha, dark

    def _sense(self, rng: np.random.Generator, picture: _Picture, dark: bool) -> _Picture:
        """What sensor and encoder add to a picture."""
        mix = self.mix
        height, width = picture.shape[:2]
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
        return picture

    def _noise(self, rng: np.random.Generator, width: int, height: int) -> _Plane:
        """Sensor noise of a random strength, coarser at times, as noise reduction leaves it."""
        strength = abs(rng.normal(0, 7)) + 1
        factor = int(rng.choice((1, 1, 2)))
        h, w = height // factor, width // factor
        y, x = (int(rng.integers(side - length)) for side, length in zip(self._grain.shape, (h, w), strict=False))
        noise = self._grain[y : y + h, x : x + w] * np.float32(strength)
        return noise if factor == 1 else cv2.resize(noise, (width, height), interpolation=cv2.INTER_LINEAR)


class Lottery(Generic[T]):
    """Draws items by their weights."""

    def __init__(self, items: Sequence[T], weights: NDArray[np.float64]) -> None:
        self._items = items
        self._sums = np.cumsum(weights)

    def draw(self, rng: np.random.Generator) -> T:
        return self._items[int(np.searchsorted(self._sums, rng.random() * self._sums[-1], side="right"))]


def drawn_extras(
    rng: np.random.Generator,
    mix: Mix,
    person: Person,
    foreground: _Picture,
    matrix: NDArray[np.float32],
    size: tuple[int, int],
) -> list[Extra]:
    """What chance draws for a person, EXTRAS at most, in its order; the parameters are those of `drawn_arms`."""
    extras = drawn_arms(rng, person, foreground, matrix, size) if rng.random() < mix.arms else []
    headphones = drawn_headphones(rng, person, matrix, size) if rng.random() < mix.headphones else None
    extras += [headphones] if headphones else []
    return extras + ([drawn_hand(rng, person, foreground, matrix, size)] if rng.random() < mix.near_hand else [])


def _choose(rng: np.random.Generator, items: Sequence[T]) -> T:
    return items[int(rng.integers(len(items)))]
