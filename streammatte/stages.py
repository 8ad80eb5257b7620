"""The seams of the pipeline: what a source, matter, smoother, filter and sink must do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from fractions import Fraction
from typing import Protocol, runtime_checkable

from streammatte.frames import Alpha, Frame
from streammatte.layers import Layers

__all__ = ["Filter", "Matter", "Sink", "Smoother", "Source", "close_all", "reset_all"]


@runtime_checkable
class Source(Protocol):
    """Gives frames, all of one size, in order of time."""

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in pixels of every frame."""

    @property
    def rate(self) -> Fraction | None:
        """Frames per second on average; None where it is not known."""

    @property
    def live(self) -> bool:
        """Whether frames come at their own pace, so that a late reader must skip to the newest."""

    def __iter__(self) -> Iterator[Frame]:
        """Iterate over the frames, once."""

    def close(self) -> None:
        """Free file or device; a second call does nothing. Safe to call from another thread, to end the iteration."""


@runtime_checkable
class Matter(Protocol):
    """Finds the alpha of a frame."""

    def matte(self, frame: Frame) -> Alpha:
        """Return alpha at the frame's size, (H, W) float32 in [0, 1]."""

    def reset(self) -> None:
        """Forget earlier frames."""


@runtime_checkable
class Smoother(Protocol):
    """Steadies alpha over time."""

    def smooth(self, alpha: Alpha, frame: Frame) -> Alpha:
        """Return the steadied alpha of `frame`, of the same size."""

    def reset(self) -> None:
        """Forget earlier frames."""


@runtime_checkable
class Filter(Protocol):
    """Edits foreground, alpha or background. Any callable that takes and returns layers is one.

    One that remembers earlier frames, or holds a file, has one or both of two methods more, which are called where
    they are there:

    ``reset()``
        Forget earlier frames. Called before each video and each picture, and where a camera comes back.
    ``close()``
        Free what is held. Called once, when no frame follows.
    """

    def __call__(self, layers: Layers) -> Layers:
        """Return the edited layers."""


@runtime_checkable
class _Resets(Protocol):
    def reset(self) -> None: ...


@runtime_checkable
class _Closes(Protocol):
    def close(self) -> None: ...


def reset_all(stages: Iterable[object]) -> None:
    """Reset the stages that can be."""
    for stage in stages:
        if isinstance(stage, _Resets):
            stage.reset()


def close_all(stages: Iterable[object]) -> None:
    """Close the stages that can be, each of them, even if one of them raises."""
    with ExitStack() as closing:
        for stage in stages:
            if isinstance(stage, _Closes):
                closing.callback(stage.close)


@runtime_checkable
class Sink(Protocol):
    """Takes the layers of each frame: an opaque sink shows `layers.composite`, one that keeps alpha the layers."""

    def write(self, layers: Layers) -> None:
        """Take the next frame."""

    def close(self) -> None:
        """Complete the output; only a closed sink leaves a file under the asked name. A second call does nothing."""

    def abort(self) -> None:
        """Give up the output and leave nothing half-written; does nothing once closed."""
