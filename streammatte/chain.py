"""From a frame to its layers: matter, smoother and filters, one after the other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from time import perf_counter
from types import TracebackType
from typing import NamedTuple, TypeVar

import numpy as np

from streammatte.compositing.frames import Frame, check_alpha, check_range
from streammatte.compositing.layers import Layers
from streammatte.errors import FilterError, ShapeError
from streammatte.stages import Filter, Matter, Smoother, close_all, reset_all

__all__ = ["Chain", "ChainTimes", "filtered", "makers_of_colours"]

C = TypeVar("C", bound="Chain")


class ChainTimes(NamedTuple):
    """What the parts of a chain took for one frame, in milliseconds."""

    matte_ms: float = 0.0
    smooth_ms: float = 0.0
    filter_ms: float = 0.0


class Chain:
    """Makes the layers of one frame after the other.

    Parameters
    ----------
    matter : Matter
    smoother : Smoother, optional
    filters : iterable of Filter
        Applied in this order. They belong to the chain: they are closed with it.

    Raises
    ------
    FilterError
        If one of the filters is none, but its text or its class.
    """

    def __init__(self, matter: Matter, smoother: Smoother | None = None, filters: Iterable[Filter] = ()) -> None:
        self._matter = matter
        self._smoother = smoother
        self._filters = tuple(filters)
        for each in self._filters:
            if isinstance(each, type) or not callable(each):
                raise FilterError(
                    f"{each!r} is no filter; expected what takes layers and returns layers",
                    remedy="parse_filter('blur:30') makes one of a text, load_filter('blur')() one of its class",
                )

    def __call__(self, frame: Frame) -> tuple[Layers, ChainTimes]:
        """Return the layers of `frame`, and what each part took.

        Raises
        ------
        ShapeError
            If the matter returns an alpha that is larger than the frame or not in [0, 1], or the smoother one of
            another size than it was given.
        FilterError
            If a filter returns something else than layers of the frame's size.
        """
        start = perf_counter()
        alpha = check_range(check_alpha(self._matter.matte(frame), most=frame.size))
        matted = perf_counter()
        if self._smoother is not None:
            alpha = check_alpha(self._smoother.smooth(alpha, frame), alpha.shape[::-1])
        smoothed = perf_counter()
        layers = Layers.of(frame, alpha)
        for each in self._filters:
            layers = filtered(layers, each)
        ended = perf_counter()
        return layers, ChainTimes(*(1000 * passed for passed in (matted - start, smoothed - matted, ended - smoothed)))

    def reset(self) -> None:
        """Let every part forget earlier frames: what comes next does not follow on them."""
        reset_all([self._matter, self._smoother, *self._filters])

    def close(self) -> None:
        """Free what the filters hold; no frame follows."""
        close_all(self._filters)

    def __enter__(self: C) -> C:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def filtered(layers: Layers, edit: Filter) -> Layers:
    """Return the layers as a filter edits them; only arrays that it has replaced are looked at.

    Raises
    ------
    FilterError
        If it returns what is no layers of the frame's size, or an alpha that is not in [0, 1].
    """
    edited = edit(layers)
    if edited is layers:
        return layers
    if not isinstance(edited, Layers):
        raise FilterError(f"the filter {_name(edit)} returned a {type(edited).__name__}; expected Layers")
    try:
        edited.check_edits(layers)
    except ShapeError as error:
        raise FilterError(f"the filter {_name(edit)} returned layers whose {error}") from error
    return edited


def makers_of_colours(filters: Sequence[Filter], size: tuple[int, int]) -> list[str]:
    """Return the names of the filters that make colours of their own for the person, and so of 8 bits.

    They are tried on a black picture of `size` (w, h), and forget it.
    """
    layers, found = Layers.of(Frame(np.zeros((size[1], size[0], 3), np.uint8)), np.full((1, 1), 0.5, np.float32)), []
    for each in filters:
        edited = filtered(layers, each)
        front = edited.holds("foreground")
        if isinstance(front, np.ndarray) and front is not layers.holds("foreground"):
            found.append(_name(each))
        layers = edited
    reset_all(filters)
    return found


def _name(edit: Filter) -> str:
    """Where to look for a filter: the module and name of its function or class."""
    named = edit if hasattr(edit, "__qualname__") else type(edit)
    return f"{named.__module__}.{named.__qualname__}"
