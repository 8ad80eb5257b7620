"""Scenes stacked into a sheet of tensors; small masks and layers are painted here, by the workers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

import cv2
import numpy as np
import torch
from torch import Tensor

from streammatte.research.train.batched.sheets import (
    Clothing,
    Colours,
    Exposures,
    Extras,
    Figures,
    Layers,
    Looks,
    Sensors,
    Sheet,
    Things,
    Views,
)
from streammatte.research.train.camera import Exposure, Sensor
from streammatte.research.train.clothes import Checks, Clothes
from streammatte.research.train.colour import Layer, Recolouring, Tone
from streammatte.research.train.data import Person, TrainingSet
from streammatte.research.train.extras import painted_headphones
from streammatte.research.train.geometry import CELLS, Shown
from streammatte.research.train.limbs import Arm, painted_arm
from streammatte.research.train.looks import Look
from streammatte.research.train.plan import CLUTTER, EXTRAS, Figure, Photo, Room, Scene
from streammatte.research.train.screens import painted_screen
from streammatte.research.train.things import Thing, masked

__all__ = ["stacked"]

MASK_SCALE, LAYER_SCALE = 0.25, 0.5
"""Masks of things, and layers, are painted so much smaller than the frame."""

SAME = Recolouring(np.eye(3, 4), 1.0)
NOWHERE = Shown(0, np.eye(2, 3, dtype=np.float32))
NO_CHECKS = Checks(np.ones(2), np.zeros(2), np.ones(2), np.zeros((4, 3)))
NO_TONE = Tone((0, 0), 0.0, 1.0)

T = TypeVar("T")


def stacked(scenes: Sequence[Scene], training_set: TrainingSet, looks: Sequence[Look] = ()) -> Sheet:
    """Stack scenes of one size; `looks` are a first look at each of them, then a second at each, or none."""
    size = scenes[0].width, scenes[0].height
    rooms_at, rooms = _there([scene.behind if isinstance(scene.behind, Room) else None for scene in scenes])
    photos_at, photos = _there([scene.behind if isinstance(scene.behind, Photo) else None for scene in scenes])
    blur_at, blur = _there([scene.behind.blur if isinstance(scene.behind, Room) else None for scene in scenes])
    relit_at, relit = _there([scene.behind.relit if isinstance(scene.behind, Photo) else None for scene in scenes])
    turns = [
        [scene.clutter[turn] if turn < len(scene.clutter) else None for scene in scenes] for turn in range(CLUTTER)
    ]
    return Sheet(
        *size,
        len(scenes),
        rooms_at,
        _views([room.shown for room in rooms]),
        _colours([room.colours or SAME for room in rooms]),
        blur_at,
        _floats(blur),
        photos_at,
        _views([photo.shown for photo in photos]),
        relit_at,
        _colours(relit),
        tuple(_things(turn, size) for turn in turns),
        _screens(scenes, training_set),
        _figures(scenes, training_set),
        _things([scene.occluder for scene in scenes], size),
        _exposures([scene.exposure for scene in scenes]),
        _sensors([scene.sensor for scene in scenes]),
        _looks(looks) if looks else None,
    )


def _there(items: Sequence[T | None]) -> tuple[Tensor, list[T]]:
    """Numbers (n,) of the items that are there, and these items."""
    found = [(number, item) for number, item in enumerate(items) if item is not None]
    return torch.tensor([number for number, _ in found], dtype=torch.int64), [item for _, item in found]


def _floats(values: Iterable[Any], *shape: int) -> Tensor:
    """(n, *shape) float32; `shape` is needed where there are none."""
    return torch.from_numpy(np.array(list(values), np.float32).reshape(-1, *shape))


def _views(shown: Sequence[Shown]) -> Views:
    index = torch.tensor([each.index for each in shown], dtype=torch.int64)
    return Views(index, _floats([cv2.invertAffineTransform(each.matrix) for each in shown], 2, 3))


def _colours(colours: Sequence[Recolouring]) -> Colours:
    return Colours(_floats([each.matrix for each in colours], 3, 4), _floats([each.gamma for each in colours]))


def _layers(at: Tensor, layers: Sequence[Layer], size: tuple[int, int]) -> Layers:
    pixels = np.array([np.dstack(layer) for layer in layers], np.uint8).reshape(-1, size[1], size[0], 4)
    return Layers(at, torch.from_numpy(pixels))


def _scaled(size: tuple[int, int], scale: float) -> tuple[int, int]:
    return int(size[0] * scale), int(size[1] * scale)


def _things(things: Sequence[Thing | None], size: tuple[int, int]) -> Things:
    at, found = _there(things)
    small = _scaled(size, MASK_SCALE)
    masks = np.array([masked(thing.outline, *small, MASK_SCALE) for thing in found], np.float32)
    backgrounds_at, backgrounds = _there([thing.background for thing in found])
    posters_at, posters = _there([thing.poster for thing in found])
    plain_at, plain = _there([thing.plain for thing in found])
    folds = [thing.folds for thing in found]
    return Things(
        at,
        torch.from_numpy(np.rint(masks.reshape(-1, 2, small[1], small[0]) * 255).astype(np.uint8)),
        backgrounds_at,
        _views(backgrounds),
        posters_at,
        _views(posters),
        plain_at,
        _floats([look.transpose(2, 0, 1) for look in plain], 3, 3, 3),
        _colours([thing.colours for thing in found]),
        _floats([0 if fold is None else fold.depth for fold in folds]),
        _floats([1 if fold is None else fold.length for fold in folds]),
        _floats([0 if fold is None else fold.slant for fold in folds]),
        _floats([np.zeros((4, 8)) if fold is None else fold.sway for fold in folds], 1, 4, 8),
    )


def _screens(scenes: Sequence[Scene], training_set: TrainingSet) -> Layers:
    small = _scaled((scenes[0].width, scenes[0].height), LAYER_SCALE)
    at, screens = _there([scene.screen for scene in scenes])
    shown = [None if screen.shown is None else training_set.backgrounds[screen.shown] for screen in screens]
    painted = [painted_screen(each, on, *small, LAYER_SCALE) for each, on in zip(screens, shown, strict=True)]
    return _layers(at, painted, small)


def _figures(scenes: Sequence[Scene], training_set: TrainingSet) -> Figures:
    ranks = [[(n, s.people[rank]) for n, s in enumerate(scenes) if len(s.people) > rank] for rank in range(2)]
    at = torch.tensor([number for rank in ranks for number, _ in rank], dtype=torch.int64)
    figures = [figure for rank in ranks for _, figure in rank]
    people = [training_set.everybody[figure.shown.index] for figure in figures]
    size = scenes[0].width, scenes[0].height
    still = np.zeros((CELLS, CELLS, 2))
    tones = [figure.tone or NO_TONE for figure in figures]
    shadows = [figure.shadow for figure in figures]
    return Figures(
        at,
        len(ranks[0]),
        _views([figure.shown for figure in figures]),
        _floats([still if f.bend is None else f.bend for f in figures], CELLS, CELLS, 2).permute(0, 3, 1, 2),
        _clothing([figure.clothes for figure in figures], people),
        tuple(_extras(figures, people, turn, size) for turn in range(EXTRAS)),
        _colours([figure.colours for figure in figures]),
        torch.tensor([tone.spot for tone in tones], dtype=torch.int64).reshape(-1, 2),
        _floats([tone.share for tone in tones]),
        _floats([tone.contrast for tone in tones]),
        _floats([0 if shadow is None else shadow.depth for shadow in shadows]),
        _floats([1 if shadow is None else shadow.sigma for shadow in shadows]),
        _floats([np.zeros(2) if shadow is None else shadow.shift for shadow in shadows], 2),
    )


def _extras(figures: Sequence[Figure], people: Sequence[Person], turn: int, size: tuple[int, int]) -> Extras:
    small = _scaled(size, LAYER_SCALE)
    there = [number for number, figure in enumerate(figures) if len(figure.extras) > turn]
    extras = [figures[number].extras[turn] for number in there]
    painted = []
    for number, extra in zip(there, extras, strict=True):
        if isinstance(extra, Arm):
            painted.append(painted_arm(extra, people[number], people[number].foreground, *small, LAYER_SCALE))
        else:
            painted.append(painted_headphones(extra, *small, LAYER_SCALE))
    behind = _floats([isinstance(extra, Arm) and extra.behind for extra in extras])
    return Extras(_layers(torch.tensor(there, dtype=torch.int64), painted, small), behind)


def _clothing(worn: Sequence[Clothes | None], people: Sequence[Person]) -> Clothing:
    at, clothes = _there(worn)
    tall = [people[number].alpha.shape[0] for number in at.tolist()]
    checks = [each.checks or NO_CHECKS for each in clothes]
    return Clothing(
        at,
        _floats([each.brow for each in clothes]),
        _floats([each.chin for each in clothes]),
        _floats([1 / (0.03 * height) for height in tall]),
        _floats([1 / (0.05 * height) for height in tall]),
        _floats([each.above for each in clothes]),
        _floats([each.below for each in clothes]),
        _floats([each.bare for each in clothes]),
        _floats([each.inverted for each in clothes]),
        _floats([0.5 * (each.cloth is not None) for each in clothes]),
        _floats([0.5 * (each.checks is not None) for each in clothes]),
        _floats([each.dye for each in clothes], 3, 3),
        _views([each.cloth or NOWHERE for each in clothes]),
        _floats([np.maximum(each.period, 1) for each in checks], 2),
        _floats([each.phase for each in checks], 2),
        _floats([each.share for each in checks], 2),
        _floats([each.colours for each in checks], 4, 3),
        _colours([each.colours for each in clothes]),
    )


def _exposures(exposures: Sequence[Exposure]) -> Exposures:
    strange_at, filters = _there([each.strange for each in exposures])
    grey_at, _ = _there([True if each.grey else None for each in exposures])
    motion_at, motions = _there([each.motion for each in exposures])
    side = max((len(kernel) for kernel in motions), default=1) // 2 * 2 + 1
    strokes = np.zeros((len(motions), side, side))
    for stroke, kernel in zip(strokes, motions, strict=True):
        start = side // 2 - len(kernel) // 2  # the anchors of OpenCV's kernels, of even sides too, lie on each other
        stroke[start : start + len(kernel), start : start + len(kernel)] = kernel
    light = [np.ones((3, 3, 3)) if each.light is None else each.light for each in exposures]
    dark = [1.0 if each.dark is None else each.dark for each in exposures]
    return Exposures(
        _colours([each.colours for each in exposures]),
        strange_at,
        _floats([each.kernels for each in filters], 3, 3, 3),
        _floats([each.mixing for each in filters], 3, 3),
        _floats([each.share for each in filters]),
        grey_at,
        motion_at,
        _floats(strokes, side, side),
        _floats([gain * field.transpose(2, 0, 1) for gain, field in zip(dark, light, strict=True)], 3, 3, 3),
    )


def _sensors(sensors: Sequence[Sensor]) -> Sensors:
    jpeg_at, jpeg = _there([sensor.jpeg for sensor in sensors])
    video_at, video = _there([sensor.video for sensor in sensors])
    small = [(number, sensor.resolution) for number, sensor in enumerate(sensors) if sensor.resolution is not None]
    return Sensors(
        tuple(small),
        _floats([(sensor.noise or 0) / 255 for sensor in sensors]),
        _floats([sensor.coarse for sensor in sensors]),
        sensors[0].seed,
        jpeg_at,
        _floats(jpeg),
        video_at,
        _floats([each.crf for each in video]),
    )


def _looks(looks: Sequence[Look]) -> Looks:
    return Looks(
        _floats([cv2.invertAffineTransform(look.matrix) for look in looks], 2, 3),
        _floats([look.gain for look in looks]),
        _floats([look.offset / 255 for look in looks]),
        _floats([look.noise / 255 for look in looks]),
    )
