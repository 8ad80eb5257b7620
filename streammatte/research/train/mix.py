"""How often each thing happens in training pictures, and how often each person and background is taken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from streammatte.research.train.data import TrainingSet

__all__ = ["Hardness", "Lottery", "Mix"]

T = TypeVar("T")


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
    touching : float
        Of things behind, where there is somebody: on the outline of one, as chairs, bags and the rims of things are.
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
    touching: float = 0.0
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

    def fits(self, training_set: TrainingSet) -> bool:
        """Whether it is of as many groups of people and backgrounds."""
        counts = len(training_set.people), len(training_set.backgrounds)
        return counts == (len(self.people), len(self.backgrounds))

    def summary(self) -> dict[str, float]:
        """How much more than the median the hardest tenth of people and of backgrounds is taken, for a log."""
        weights = {"people": self.people, "backgrounds": self.backgrounds}
        return {f"hardest_{name}": float(np.quantile(each, 0.9) / np.median(each)) for name, each in weights.items()}


class Lottery(Generic[T]):
    """Draws items by their weights."""

    def __init__(self, items: Sequence[T], weights: NDArray[np.float64]) -> None:
        self._items = items
        self._sums = np.cumsum(weights)

    def draw(self, rng: np.random.Generator) -> T:
        return self._items[int(np.searchsorted(self._sums, rng.random() * self._sums[-1], side="right"))]
