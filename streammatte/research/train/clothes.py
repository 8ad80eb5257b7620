"""Other clothes, hair or hat on people who have been cut out."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from streammatte.research.train.colour import Recolouring, drawn_colours, over, recoloured
from streammatte.research.train.data import Person
from streammatte.research.train.geometry import Shown, mapped

__all__ = ["Checks", "Clothes", "drawn_clothes", "dressed", "skin_of"]


@dataclass(frozen=True)
class Checks:
    """Woven stripes, down and across.

    Attributes
    ----------
    period, phase : ndarray
        (2,) pixels of the photo.
    share : ndarray
        (2,): how much of the period the stripe takes.
    colours : ndarray
        (4, 3) in [0, 1]: of the stripes down and between them, and of those across.
    """

    period: NDArray[np.float64]
    phase: NDArray[np.float64]
    share: NDArray[np.float64]
    colours: NDArray[np.float64]


@dataclass(frozen=True)
class Clothes:
    """The person's colours change below about the chin, above about the brow or both; the shading stays.

    Attributes
    ----------
    brow, chin : float
        Rows of the photo.
    above, below : bool
        Whether what is above the brow and below the chin changes.
    bare : bool
        As bare as the face; or else dyed.
    dye : ndarray
        (3, 3): what colours are multiplied by.
    inverted : bool
        The dyed as in a negative.
    cloth : Shown or None
        Half of the dyed is a background, mapped to the photo.
    checks : Checks or None
        Half of the dyed is checks.
    colours : Recolouring
        Of all that has changed.
    """

    brow: float
    chin: float
    above: bool
    below: bool
    bare: bool
    dye: NDArray[np.float64]
    inverted: bool
    cloth: Shown | None
    checks: Checks | None
    colours: Recolouring


def drawn_clothes(rng: np.random.Generator, person: Person, cloth: Shown) -> Clothes:
    """Other clothes for somebody; `cloth` is a background as a pattern, which some of them have."""
    _, top, width, height = person.box
    head = min(0.5 * height, 0.8 * width)
    where, pattern = rng.random(), rng.random()
    return Clothes(
        brow=top + rng.uniform(0.3, 0.5) * head,
        chin=top + rng.uniform(0.85, 1.2) * head,
        above=where > 0.6,
        below=where < 0.8,
        bare=rng.random() < 0.2,
        dye=rng.dirichlet((0.6, 0.6, 0.6), 3) * 1.1,
        inverted=rng.random() < 0.2,
        cloth=cloth if pattern < 0.2 else None,
        checks=_drawn_checks(rng, person.alpha.shape[0]) if pattern > 0.8 else None,
        colours=drawn_colours(rng),
    )


def _drawn_checks(rng: np.random.Generator, height: int) -> Checks:
    period = rng.uniform(0.01, 0.08, 2) * height
    return Checks(period, rng.uniform(0, 1, 2) * period, rng.uniform(0.2, 0.8, 2), rng.uniform(0, 1, (4, 3)))


def dressed(person: Person, clothes: Clothes, cloth: NDArray[np.uint8] | None) -> NDArray[np.uint8]:
    """The person's foreground (H, W, 3) in other clothes; `cloth` is the picture that the clothes show."""
    foreground = person.foreground
    h, w = person.alpha.shape
    rows = np.arange(h, dtype=np.float32)
    below = np.clip((rows - clothes.chin) / (0.05 * h) + 0.5, 0, 1) * clothes.below
    above = np.clip((clothes.brow - rows) / (0.03 * h) + 0.5, 0, 1) * clothes.above
    weight = np.repeat((below + above)[:, None], w, axis=1)  # (H,) -> (H, W)
    if clothes.bare:
        dyed = _bare(foreground, skin_of(person))
    else:
        dyed = cv2.transform(foreground, clothes.dye.astype(np.float32))
        if clothes.inverted:
            dyed = 255 - dyed
        if clothes.cloth is not None and cloth is not None:
            dyed = cv2.addWeighted(dyed, 0.5, mapped(cloth, clothes.cloth.matrix, w, h), 0.5, 0)
        if clothes.checks is not None:
            dyed = cv2.addWeighted(dyed, 0.5, _woven(clothes.checks, w, h), 0.5, 0)
    return over(recoloured(dyed, clothes.colours), weight.astype(np.float32), foreground)


def skin_of(person: Person) -> NDArray[np.float64]:
    """The colour of the person's face, (3,) in levels of 255."""
    _, top, width, height = person.box
    head = min(0.5 * height, 0.8 * width)
    rows = slice(int(top + 0.4 * head), int(top + head) + 1)
    face = person.foreground[rows][person.alpha[rows] > 200]
    return np.asarray(np.median(face, axis=0) if len(face) else np.full(3, 128.0))


def _bare(foreground: NDArray[np.uint8], skin: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Skin of the colour `skin`, (3,), shaded mildly as `foreground` is."""
    shading = cv2.GaussianBlur(cv2.cvtColor(foreground, cv2.COLOR_RGB2GRAY), (0, 0), 2).astype(np.float32)
    shading = 1 + 0.5 * (shading - shading.mean()) / np.float32(max(60.0, shading.mean()))
    return np.asarray(np.clip(shading[..., None] * skin.astype(np.float32), 0, 255), np.uint8)


def _woven(checks: Checks, width: int, height: int) -> NDArray[np.uint8]:
    """The checks as a picture (height, width, 3)."""
    stripes = []
    for number, side in enumerate((width, height)):
        period = max(1.0, checks.period[number])
        on = (np.arange(side) + checks.phase[number]) % period < period * checks.share[number]
        stripes.append(np.where(on[:, None], checks.colours[2 * number], checks.colours[2 * number + 1]))
    down, across = stripes
    return np.asarray(255 * (down[None] + across[:, None]) / 2, np.uint8)
