"""Training pictures, made by OpenCV from what chance has decided."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from streammatte.research.train.camera import exposed, sensed
from streammatte.research.train.clothes import dressed
from streammatte.research.train.colour import enlarged, over, recoloured, shadowed, toned
from streammatte.research.train.data import TrainingSet
from streammatte.research.train.extras import painted_headphones, with_extra
from streammatte.research.train.geometry import cut_out, mapped
from streammatte.research.train.limbs import Arm, painted_arm
from streammatte.research.train.mix import Hardness, Mix
from streammatte.research.train.plan import Figure, Photo, Planner, Scene
from streammatte.research.train.screens import painted_screen
from streammatte.research.train.things import Thing, folded, masked

__all__ = ["Composer", "rendered"]

_Picture = NDArray[np.uint8]
_Plane = NDArray[np.float32]


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
        self._training_set = training_set
        self._planner = Planner(training_set, mix, hardness or Hardness.equal(training_set))

    def draw(self, rng: np.random.Generator, width: int, height: int) -> tuple[_Picture, _Plane]:
        """Plan a scene, and render it."""
        return rendered(self._planner.draw(rng, width, height), self._training_set)


def rendered(scene: Scene, training_set: TrainingSet) -> tuple[_Picture, _Plane]:
    """Make the picture of a scene.

    Returns
    -------
    picture : ndarray
        (height, width, 3) uint8, R,G,B.
    alpha : ndarray
        (height, width) float32 in [0, 1].
    """
    picture, alpha = _Rendering(scene, training_set).scene()
    picture, alpha = exposed(picture, alpha, scene.exposure)
    return sensed(picture, scene.sensor), alpha


class _Rendering:
    """A scene in the making."""

    def __init__(self, scene: Scene, training_set: TrainingSet) -> None:
        self._scene, self._size = scene, (scene.width, scene.height)
        self._people, self._backgrounds = training_set.everybody, training_set.backgrounds

    def scene(self) -> tuple[_Picture, _Plane]:
        behind, size = self._scene.behind, self._size
        if isinstance(behind, Photo):
            person, matrix = self._people[behind.shown.index], behind.shown.matrix
            picture = mapped(person.photo, matrix, *size)
            alpha = mapped(person.alpha, matrix, *size).astype(np.float32) / np.float32(255)
            if behind.relit is not None:
                picture = over(picture, alpha, recoloured(picture, behind.relit))
            furnished = self._furnished(picture)
            if furnished is not picture:
                picture = over(picture, alpha, furnished)  # what was added stands behind
        else:
            picture = mapped(self._backgrounds[behind.shown.index], behind.shown.matrix, *size)
            if behind.colours is not None:
                picture = recoloured(picture, behind.colours)
            picture = self._furnished(picture, behind.blur)
            alpha = np.zeros((size[1], size[0]), np.float32)
            for figure in self._scene.people:
                picture, alpha = self._with_figure(picture, alpha, figure)
        if self._scene.occluder is not None:
            picture, mask = self._with_thing(picture, self._scene.occluder)
            alpha = alpha * (1 - mask)
        return picture, alpha

    def _furnished(self, picture: _Picture, blur: float | None = None) -> _Picture:
        """With things and a screen in it; the same array if there are none."""
        for thing in self._scene.clutter:
            picture, _ = self._with_thing(picture, thing)
        if blur is not None:
            picture = np.asarray(cv2.GaussianBlur(picture, (0, 0), blur), np.uint8)
        screen = self._scene.screen
        if screen is not None:
            shown = None if screen.shown is None else self._backgrounds[screen.shown]
            layer = painted_screen(screen, shown, *self._size)
            picture = over(layer.colours, layer.alpha.astype(np.float32) / np.float32(255), picture)
        return picture

    def _with_thing(self, picture: _Picture, thing: Thing) -> tuple[_Picture, _Plane]:
        """Picture and where the thing is, (H, W) in [0, 1]."""
        size = self._size
        if thing.poster is not None:
            photo = self._people[thing.poster.index].photo
            look = recoloured(mapped(photo, thing.poster.matrix, *size), thing.colours)
        elif thing.background is not None:
            other = self._backgrounds[thing.background.index]
            look = recoloured(mapped(other, thing.background.matrix, *size), thing.colours)
        else:
            assert thing.plain is not None
            look = enlarged(thing.plain, *size)
        if thing.folds is not None:
            look = folded(look, thing.folds)
        mask, shade = masked(thing.outline, *size)
        look = np.asarray(cv2.multiply(look, cv2.merge([shade, shade, shade]), dtype=cv2.CV_8U), np.uint8)
        return over(look, mask, picture), mask

    def _with_figure(self, picture: _Picture, alpha: _Plane, figure: Figure) -> tuple[_Picture, _Plane]:
        person = self._people[figure.shown.index]
        colours = person.foreground
        if figure.clothes is not None:
            cloth = figure.clothes.cloth
            colours = dressed(person, figure.clothes, None if cloth is None else self._backgrounds[cloth.index])
        front, a = cut_out(colours, person.alpha, figure.shown.matrix, self._size, figure.bend)
        for extra in figure.extras:
            if isinstance(extra, Arm):
                layer, behind = painted_arm(extra, person, colours, *self._size), extra.behind
            else:
                layer, behind = painted_headphones(extra, *self._size), False
            front, a = with_extra(layer, behind, front, a)
        front = recoloured(front, figure.colours)
        if figure.tone is not None:
            column, row = figure.tone.spot
            picture = toned(picture, front[row, column], figure.tone)
        if figure.shadow is not None:
            picture = shadowed(picture, a, figure.shadow)
        return over(front, a, picture), np.asarray(a + (1 - a) * alpha, np.float32)
