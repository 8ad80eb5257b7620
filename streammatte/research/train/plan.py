"""What chance decides about training pictures, as plain values that any renderer can draw."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from streammatte.research.train.camera import Exposure, Sensor, drawn_exposure, drawn_sensor
from streammatte.research.train.clothes import Clothes, drawn_clothes
from streammatte.research.train.colour import Recolouring, Shadow, Tone, drawn_colours, drawn_shadow, drawn_tone
from streammatte.research.train.data import Person, TrainingSet
from streammatte.research.train.extras import Headphones, drawn_headphones
from streammatte.research.train.geometry import (
    Shown,
    drawn_shifts,
    drawn_spot,
    fits,
    hung,
    outline_spot,
    placement,
    view,
)
from streammatte.research.train.limbs import Arm, drawn_arms, drawn_hand
from streammatte.research.train.mix import Hardness, Lottery, Mix
from streammatte.research.train.screens import Screen, drawn_screen
from streammatte.research.train.things import Thing, drawn_folds, drawn_outline, drawn_plain

__all__ = ["CLUTTER", "EXTRAS", "Figure", "Photo", "Planner", "Room", "Scene"]

CLUTTER = 3
"""The most things that are pasted into a scene."""

EXTRAS = 4
"""The most that is drawn for a person: two arms that reach out, headphones, a hand near the lens."""


@dataclass(frozen=True)
class Room:
    """A background; recoloured where people are set before it, and blurred after things were laid on it.

    Attributes
    ----------
    shown : Shown
    colours : Recolouring or None
    blur : float or None
        Sigma in pixels.
    """

    shown: Shown
    colours: Recolouring | None
    blur: float | None


@dataclass(frozen=True)
class Photo:
    """Somebody's photo with its own background, which at times is relit."""

    shown: Shown
    relit: Recolouring | None


@dataclass(frozen=True)
class Figure:
    """Somebody who has been cut out.

    Attributes
    ----------
    shown : Shown
    bend : ndarray or None
        (CELLS, CELLS, 2): shifts that bend the body, in pixels.
    clothes : Clothes or None
    extras : tuple of Arm or Headphones
        At most EXTRAS.
    colours : Recolouring
    tone : Tone or None
    shadow : Shadow or None
    """

    shown: Shown
    bend: NDArray[np.float32] | None
    clothes: Clothes | None
    extras: tuple[Arm | Headphones, ...]
    colours: Recolouring
    tone: Tone | None
    shadow: Shadow | None


@dataclass(frozen=True)
class Scene:
    """A training picture.

    Attributes
    ----------
    width, height : int
        Pixels of the frame.
    behind : Room or Photo
    clutter : tuple of Thing
        In the room, or behind the person of the photo; at most CLUTTER.
    screen : Screen or None
        The same, before those.
    people : tuple of Figure
        From the back to the front, two at most; none in a photo.
    occluder : Thing or None
        Before all.
    exposure : Exposure
    sensor : Sensor
    """

    width: int
    height: int
    behind: Room | Photo
    clutter: tuple[Thing, ...]
    screen: Screen | None
    people: tuple[Figure, ...]
    occluder: Thing | None
    exposure: Exposure
    sensor: Sensor


_Somebody = tuple[Person, NDArray[np.float32]]


class Planner:
    """Plans training pictures: `scene = planner.draw(rng, width, height)`.

    Parameters
    ----------
    training_set : TrainingSet
        Its people are numbered group by group.
    mix : Mix
    hardness : Hardness
        How often each group of people and each background is taken.
    """

    def __init__(self, training_set: TrainingSet, mix: Mix, hardness: Hardness) -> None:
        self._mix = mix
        self._people = training_set.everybody
        self._sizes = [picture.shape[1::-1] for picture in training_set.backgrounds]
        groups: list[list[int]] = []
        for group in training_set.people:
            start = groups[-1][-1] + 1 if groups else 0
            groups.append(list(range(start, start + len(group))))
        own = [[who for who in group if self._people[who].own_background] for group in groups]
        shares = np.array([len(mine) / len(group) for mine, group in zip(own, groups, strict=True)])
        self._anybody = Lottery(groups, hardness.people)
        self._own = Lottery(own, hardness.people * shares)
        self._backgrounds = Lottery(range(len(self._sizes)), hardness.backgrounds)

    def draw(self, rng: np.random.Generator, width: int, height: int) -> Scene:
        """Decide about a picture of so many pixels."""
        mix, size = self._mix, (width, height)
        kind = rng.random()
        behind: Room | Photo
        people: tuple[Figure, ...] = ()
        beside: _Somebody | None = None
        if kind < mix.nobody:
            behind = Room(self._view(rng, size), None, None)
        elif kind < mix.nobody + mix.own_background:
            behind = self._photo(rng, size)
            beside = self._people[behind.shown.index], behind.shown.matrix
        else:
            blur = rng.uniform(0.5, 0.012 * sum(size)) if rng.random() < mix.blur_background else None
            behind = Room(self._view(rng, size), drawn_colours(rng), blur)
            people = tuple(self._figure(rng, size) for _ in range(2 if rng.random() < mix.two_people else 1))
            beside = self._people[people[0].shown.index], people[0].shown.matrix
        clutter = int(rng.integers(1, CLUTTER + 1)) if rng.random() < mix.clutter else 0
        exposure = drawn_exposure(rng, mix, height)
        return Scene(
            width,
            height,
            behind,
            tuple(self._thing(rng, size, beside) for _ in range(clutter)),
            self._screen(rng, size, beside) if rng.random() < mix.screen else None,
            people,
            self._thing(rng, size) if beside is not None and rng.random() < mix.occluder else None,
            exposure,
            drawn_sensor(rng, mix, dark=exposure.dark is not None),
        )

    def _view(self, rng: np.random.Generator, size: tuple[int, int]) -> Shown:
        """A part of a background that covers a frame of `size` (w, h)."""
        which = self._backgrounds.draw(rng)
        return Shown(which, view(rng, self._sizes[which], *size))

    def _photo(self, rng: np.random.Generator, size: tuple[int, int]) -> Photo:
        who = _choose(rng, self._own.draw(rng))
        while not fits(rng, self._people[who], *size):
            who = _choose(rng, self._own.draw(rng))
        matrix = placement(rng, self._people[who], *size, cut_out=False, with_head=self._mix.with_head)
        return Photo(Shown(who, matrix), drawn_colours(rng) if rng.random() < self._mix.relit else None)

    def _figure(self, rng: np.random.Generator, size: tuple[int, int]) -> Figure:
        mix, who = self._mix, _choose(rng, self._anybody.draw(rng))
        person = self._people[who]
        edge = bool(rng.random() < mix.at_the_edge)
        matrix = placement(rng, person, *size, cut_out=True, with_head=mix.with_head, at_the_edge=edge)
        cloth = self._view(rng, (person.alpha.shape[1], person.alpha.shape[0]))
        extras: list[Arm | Headphones] = []
        if rng.random() < mix.arms:
            extras += drawn_arms(rng, person, matrix)
        if rng.random() < mix.headphones:
            headphones = drawn_headphones(rng, person, matrix)
            extras += [headphones] if headphones else []
        if rng.random() < mix.near_hand:
            extras.append(drawn_hand(rng, person, matrix, size))
        return Figure(
            Shown(who, matrix),
            drawn_shifts(rng, person.alpha, matrix, size[1]) if rng.random() < mix.bent else None,
            drawn_clothes(rng, person, cloth) if rng.random() < mix.other_clothes else None,
            tuple(extras),
            drawn_colours(rng),
            drawn_tone(rng, drawn_spot(rng, person, matrix, *size)) if rng.random() < mix.alike else None,
            drawn_shadow(rng, size[1]) if rng.random() < mix.shadow else None,
        )

    def _thing(self, rng: np.random.Generator, size: tuple[int, int], somebody: _Somebody | None = None) -> Thing:
        """Something; where there is somebody, whom a map takes to the frame, at times on their outline."""
        touches = somebody is not None and rng.random() < self._mix.touching
        outline = drawn_outline(rng, *size, outline_spot(rng, *somebody)[0] if somebody and touches else None)
        poster = background = plain = None
        if outline.hung is not None and rng.random() < self._mix.poster:
            who = _choose(rng, self._anybody.draw(rng))
            poster = Shown(who, hung(rng, self._people[who], outline.hung))
        elif rng.random() < self._mix.plain:
            plain = drawn_plain(rng)
        else:
            background = self._view(rng, size)
        folds = drawn_folds(rng, size[0]) if rng.random() < 0.4 else None
        return Thing(outline, background, poster, plain, drawn_colours(rng), folds)

    def _screen(self, rng: np.random.Generator, size: tuple[int, int], somebody: _Somebody | None) -> Screen:
        """A screen; half of them beside somebody, whom a map takes to the frame."""
        shown = self._backgrounds.draw(rng) if rng.random() < 0.5 else None
        beside = outline_spot(rng, *somebody) if somebody is not None and rng.random() < 0.5 else None
        return drawn_screen(rng, *size, shown, beside)


def _choose(rng: np.random.Generator, numbers: list[int]) -> int:
    return numbers[int(rng.integers(len(numbers)))]
