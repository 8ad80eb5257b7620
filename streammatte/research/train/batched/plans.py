"""What chance decides about the pictures of a batch, drawn ahead of making them on a device."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from streammatte.research.train.augment import EXTRAS, Hardness, Lottery, Mix, drawn_extras
from streammatte.research.train.colour import drawn_colours, drawn_filters, drawn_tones, motion_kernel
from streammatte.research.train.data import Person, TrainingSet
from streammatte.research.train.extras import Extra
from streammatte.research.train.geometry import CELLS, drawn_shifts, drawn_spot, fits, hung, placement, view
from streammatte.research.train.things import drawn_outline, drawn_plain

__all__ = ["CLUTTER", "Plan", "Planner"]

_Array = NDArray[Any]
CLUTTER = 3
"""The most things in a picture."""
MASK_SCALE = 4
"""Masks of things are drawn so many times smaller than the picture."""


@dataclass
class Plan:
    """The decisions about one batch: first pictures of nobody, then composites, then photos with their own background.

    Attributes
    ----------
    width, height : int
        Pixels of the frame.
    nobody, composites, photos : int
        How many of each.
    copies : int
        How often each scene is taken.
    seed : int
        Of the noise, which is drawn on the device.
    choices : dict of ndarray
        Each has one row for each thing that it is about. Entries whose names end in `at` say which picture, person or
        photo the rows of their fellows belong to; those that end in `matrix` are affine maps from the frame to a
        picture's pixels.
    """

    width: int
    height: int
    nobody: int
    composites: int
    photos: int
    copies: int
    seed: int
    choices: dict[str, _Array] = field(default_factory=dict)


class Planner:
    """Draws plans: `plan = planner.draw(rng, width, height, pictures)`.

    Parameters
    ----------
    training_set : TrainingSet
    mix : Mix
    hardness : Hardness
        How often each group of people and each background is taken.
    """

    def __init__(self, training_set: TrainingSet, mix: Mix, hardness: Hardness) -> None:
        self.mix = mix
        self._everybody = [person for group in training_set.people for person in group]
        numbers = np.cumsum([0, *(len(group) for group in training_set.people)])
        ranges = [range(a, b) for a, b in pairwise(numbers)]
        own = [[who for who in group if self._everybody[who].own_background] for group in ranges]
        shares = np.array([len(mine) / len(group) for mine, group in zip(own, ranges, strict=True)])
        self._people = Lottery(ranges, hardness.people)
        self._own = Lottery(own, hardness.people * shares)
        self._sizes = [picture.shape[1::-1] for picture in training_set.backgrounds]
        self._backgrounds = Lottery(range(len(self._sizes)), hardness.backgrounds)

    def draw(self, rng: np.random.Generator, width: int, height: int, pictures: int, copies: int = 1) -> Plan:
        """Decide about so many scenes, each of them taken `copies` times with other noise and compression."""
        mix = self.mix
        kinds = rng.random(pictures)
        nobody = int((kinds < mix.nobody).sum())
        photos = int((kinds > 1 - mix.own_background).sum())
        plan = Plan(width, height, nobody, pictures - nobody - photos, photos, copies, int(rng.integers(2**31)))
        say = plan.choices
        behind = nobody + plan.composites
        say["background"], say["background_matrix"] = self._views(rng, behind, width, height)
        say["background_colour"], say["background_gamma"] = drawn_colours(rng, behind)
        say["background_colour"][:nobody], say["background_gamma"][:nobody] = np.eye(3, 4), 1
        say["blur_at"] = np.flatnonzero((rng.random(behind) < mix.blur_background) & (np.arange(behind) >= nobody))
        say["blur_sigma"] = rng.uniform(0.5, 0.012 * (width + height), len(say["blur_at"]))
        self._draw_photos(rng, plan)
        self._draw_people(rng, plan)
        cluttered = rng.random(pictures) < mix.clutter
        self._draw_things(rng, plan, "clutter", cluttered & (np.arange(pictures) < behind), CLUTTER)
        self._draw_things(rng, plan, "photo_clutter", cluttered & (np.arange(pictures) >= behind), CLUTTER)
        occluded = (rng.random(pictures) < mix.occluder) & (np.arange(pictures) >= nobody)
        self._draw_things(rng, plan, "occluder", occluded, 1)
        self._expose(rng, plan, pictures)
        for copy in range(copies):
            self._sense(rng, say, f"copy{copy}_", pictures)
        return plan

    def _views(self, rng: np.random.Generator, count: int, width: int, height: int) -> tuple[_Array, _Array]:
        """Backgrounds that cover a frame, and maps from frame to picture."""
        index, matrices = [], []
        for _ in range(count):
            which = self._backgrounds.draw(rng)
            matrix = view(rng, self._sizes[which], width, height)
            index.append(which)
            matrices.append(matrix)
        return np.array(index, np.int64), _inverted(matrices)

    def _draw_photos(self, rng: np.random.Generator, plan: Plan) -> None:
        say, head = plan.choices, self.mix.with_head
        chosen: list[int] = []
        while len(chosen) < plan.photos:
            who = int(rng.choice(self._own.draw(rng)))
            if fits(rng, self._everybody[who], plan.width, plan.height):
                chosen.append(who)
        photos = (self._everybody[who] for who in chosen)
        maps = [placement(rng, photo, plan.width, plan.height, cut_out=False, with_head=head) for photo in photos]
        say["photo"] = np.array(chosen, np.int64)
        say["photo_matrix"] = _inverted(maps)
        say["relit_at"] = np.flatnonzero(rng.random(plan.photos) < self.mix.relit)
        say["relit_colour"], say["relit_gamma"] = drawn_colours(rng, len(say["relit_at"]))

    def _draw_people(self, rng: np.random.Generator, plan: Plan) -> None:
        mix, say = self.mix, plan.choices
        first = np.arange(plan.composites) + plan.nobody
        second = first[rng.random(plan.composites) < mix.two_people]
        say["person_at"] = np.concatenate([first, second])
        count = len(say["person_at"])
        chosen = [int(rng.choice(self._people.draw(rng))) for _ in range(count)]
        people = [self._everybody[who] for who in chosen]
        say["person"] = np.array(chosen, np.int64)
        edge = rng.random(count) < mix.at_the_edge
        maps = [
            placement(rng, who, plan.width, plan.height, cut_out=True, with_head=mix.with_head, at_the_edge=bool(at))
            for who, at in zip(people, edge, strict=True)
        ]
        say["person_matrix"] = _inverted(maps)
        shifts = [drawn_shifts(rng, p.alpha, matrix, plan.height) for p, matrix in zip(people, maps, strict=True)]
        say["bend"] = np.array(shifts, np.float32).reshape(-1, CELLS, CELLS, 2).transpose(0, 3, 1, 2)
        say["bend"] = say["bend"] * (rng.random((count, 1, 1, 1)) < mix.bent)
        self._draw_extras(rng, plan, people, maps)
        say["person_colour"], say["person_gamma"] = drawn_colours(rng, count)
        spots = [drawn_spot(rng, p, matrix, plan.width, plan.height) for p, matrix in zip(people, maps, strict=True)]
        say["tone_spot"] = np.array(spots, np.int64).reshape(-1, 2)
        share, contrast = drawn_tones(rng, count)
        alike = rng.random(count) < mix.alike
        say["tone_share"], say["tone_contrast"] = np.where(alike, share, 0), np.where(alike, contrast, 1)
        cast = rng.random(count) < mix.shadow
        say["shadow_depth"] = np.where(cast, rng.uniform(0.15, 0.6, count), 0)
        say["shadow_sigma"] = rng.uniform(0.01, 0.06, count) * plan.height
        say["shadow_shift"] = rng.normal(0, 1, (count, 2)) * (0.08, 0.05)
        self._dress(rng, plan, people)

    def _draw_extras(
        self, rng: np.random.Generator, plan: Plan, people: list[Person], maps: list[NDArray[np.float32]]
    ) -> None:
        """At most one arm or other thing of each person in each of some rounds, at half the size of the frame."""
        size = (plan.width // 2, plan.height // 2)
        drawn: list[list[tuple[int, Extra]]] = [[] for _ in range(EXTRAS)]
        for who, (person, matrix) in enumerate(zip(people, maps, strict=True)):
            small = 0.5 * matrix - np.array([[0, 0, 0.25]], np.float32)
            extras = drawn_extras(rng, self.mix, person, person.foreground, small, size)
            for turn, extra in zip(drawn, extras, strict=False):
                turn.append((who, extra))
        for number, turn in enumerate(drawn):
            say, key = plan.choices, f"extra{number}_"
            say[key + "at"] = np.array([who for who, _ in turn], np.int64)
            say[key + "behind"] = np.array([extra.behind for _, extra in turn], np.float32)
            pictures = [np.dstack([extra.colours, extra.alpha]) for _, extra in turn]
            say[key + "picture"] = np.array(pictures, np.uint8).reshape(-1, *reversed(size), 4)

    def _dress(self, rng: np.random.Generator, plan: Plan, people: list[Person]) -> None:
        say = plan.choices
        at = np.flatnonzero(rng.random(len(people)) < self.mix.other_clothes)
        count = len(at)
        boxes = np.array([people[who].box for who in at], np.float64).reshape(-1, 4)
        head = np.minimum(0.5 * boxes[:, 3], 0.8 * boxes[:, 2])
        tall = np.array([people[who].alpha.shape[0] for who in at], np.float64)
        where = rng.random(count)
        say["dress_at"] = at
        say["brow"] = boxes[:, 1] + rng.uniform(0.3, 0.5, count) * head
        say["chin"] = boxes[:, 1] + rng.uniform(0.85, 1.2, count) * head
        say["brow_slope"], say["chin_slope"] = 1 / (0.03 * tall), 1 / (0.05 * tall)
        say["below"], say["above"] = (where < 0.8).astype(float), (where > 0.6).astype(float)
        say["bare"] = (rng.random(count) < 0.2).astype(float)
        say["dye"] = rng.dirichlet((0.6, 0.6, 0.6), (count, 3)) * 1.1
        say["inverted"] = (rng.random(count) < 0.2).astype(float)
        patterned = rng.random(count) < 0.4
        checked = rng.random(count) < 0.5
        say["cloth"], say["cloth_matrix"] = self._views(rng, count, plan.width, plan.height)
        say["cloth_weight"] = 0.5 * (patterned & checked)
        say["check_weight"] = 0.5 * (patterned & ~checked)
        say["check_period"] = rng.uniform(0.01, 0.08, (count, 2)) * tall[:, None]
        say["check_phase"] = rng.uniform(0, 1, (count, 2))
        say["check_share"] = rng.uniform(0.2, 0.8, (count, 2))
        say["check_colours"] = rng.uniform(0, 1, (count, 4, 3))
        say["dye_colour"], say["dye_gamma"] = drawn_colours(rng, count)

    def _draw_things(self, rng: np.random.Generator, plan: Plan, name: str, which: _Array, most: int) -> None:
        """Rounds of pasted things: a picture has at most one in each round."""
        say, (width, height) = plan.choices, (plan.width, plan.height)
        left = np.where(which, rng.integers(1, most + 1, len(which)), 0)
        for turn in range(most):
            at = np.flatnonzero(left > turn)
            small = (width // MASK_SCALE, height // MASK_SCALE)
            outlines = [drawn_outline(rng, *small) for _ in at]
            planes = np.array([(o.mask, o.shade) for o in outlines], np.float32).reshape(-1, 2, *reversed(small))
            key = f"{name}{turn}_"
            say[key + "at"] = at
            say[key + "planes"] = (planes * 255).astype(np.uint8)  # mask and shade
            say[key + "look"], say[key + "matrix"] = self._views(rng, len(at), width, height)
            say[key + "colour"], say[key + "gamma"] = drawn_colours(rng, len(at))
            screens = {
                i: outline.screen
                for i, outline in enumerate(outlines)
                if outline.screen is not None and rng.random() < self.mix.poster
            }
            say[key + "poster_at"] = np.array(list(screens), np.int64)
            say[key + "poster"], say[key + "poster_matrix"] = self._posters(rng, list(screens.values()))
            say[key + "is_plain"] = (rng.random(len(at)) < self.mix.plain).astype(float)
            say[key + "is_plain"][say[key + "poster_at"]] = 0
            say[key + "plain"] = drawn_plain(rng, len(at)).transpose(0, 3, 1, 2)
            folded = rng.random(len(at)) < 0.4
            say[key + "folds"] = np.where(folded, rng.uniform(0.1, 0.45, len(at)), 0)
            say[key + "fold_length"] = rng.uniform(0.02, 0.12, len(at)) * width
            say[key + "fold_slant"] = rng.uniform(-0.4, 0.4, len(at))
            say[key + "sway"] = rng.normal(0, 1, (len(at), 1, 4, 8))

    def _posters(self, rng: np.random.Generator, screens: list[NDArray[np.float64]]) -> tuple[_Array, _Array]:
        """Photos of people for screens, given at the scale of masks, and maps from frame to photo."""
        chosen = [int(rng.choice(self._people.draw(rng))) for _ in screens]
        matrices = [hung(rng, self._everybody[who], screen) for who, screen in zip(chosen, screens, strict=True)]
        for matrix in matrices:
            matrix *= MASK_SCALE
            matrix[:, 2] += (MASK_SCALE - 1) / 2
        return np.array(chosen, np.int64), _inverted(matrices)

    def _expose(self, rng: np.random.Generator, plan: Plan, count: int) -> None:
        mix, say = self.mix, plan.choices
        say["colour"], say["gamma"] = drawn_colours(rng, count)
        say["strange_at"] = np.flatnonzero(rng.random(count) < mix.strange)
        filters = [drawn_filters(rng) for _ in say["strange_at"]]
        say["strange_filter"] = np.array([f[0] for f in filters]).reshape(-1, 3, 3, 3)
        say["strange_mixing"] = np.array([f[1] for f in filters]).reshape(-1, 3, 3)
        say["strange_share"] = np.array([f[2] for f in filters])
        say["grey"] = (rng.random(count) < mix.grey).astype(float)
        say["motion_at"] = np.flatnonzero(rng.random(count) < mix.motion_blur)
        drawn = [motion_kernel(rng, plan.height) for _ in say["motion_at"]]
        side = max((len(kernel) for kernel in drawn), default=1) // 2 * 2 + 1
        say["motion"] = np.zeros((len(drawn), side, side))
        for kernel, stroke in zip(say["motion"], drawn, strict=True):
            start = (side - len(stroke)) // 2
            kernel[start : start + len(stroke), start : start + len(stroke)] = stroke
        uneven = (rng.random(count) < mix.uneven_light)[:, None, None, None]
        field = rng.normal(0, 0.25, (count, 1, 3, 3)) + rng.normal(0, 0.05, (count, 3, 3, 3))
        say["dark"] = rng.random(count) < mix.low_light
        gain = np.where(say["dark"], rng.uniform(0.15, 0.5, count), 1)
        say["light"] = np.where(uneven, np.exp(field), 1) * gain[:, None, None, None]

    def _sense(self, rng: np.random.Generator, say: dict[str, _Array], key: str, count: int) -> None:
        mix = self.mix
        say[key + "small_at"] = np.flatnonzero(rng.random(count) < mix.low_resolution)
        say[key + "small"] = rng.uniform(0.3, 0.8, len(say[key + "small_at"]))
        noisy = say["dark"] | (rng.random(count) < mix.noise)
        say[key + "noise"] = np.where(noisy, np.abs(rng.normal(0, 7, count)) + 1, 0) / 255
        say[key + "coarse"] = (rng.random(count) < 1 / 3).astype(float)
        say[key + "jpeg_at"] = np.flatnonzero(rng.random(count) < mix.jpeg)
        say[key + "jpeg"] = rng.uniform(15, 90, len(say[key + "jpeg_at"]))
        say[key + "video_at"] = np.flatnonzero(rng.random(count) < mix.video_compression)
        say[key + "video"] = rng.uniform(22, 40, len(say[key + "video_at"]))


def _inverted(matrices: list[NDArray[np.float32]]) -> NDArray[np.float32]:
    """Maps from frame to picture (n, 2, 3), of maps from picture to frame."""
    return np.array([cv2.invertAffineTransform(matrix) for matrix in matrices], np.float32).reshape(-1, 2, 3)
