"""The seams of the pipeline: what a source, matter, smoother, filter and sink must do."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, TypeVar, runtime_checkable

if TYPE_CHECKING:  # so that sources and sinks load no cv2
    from streammatte.compositing.frames import Alpha, Frame
    from streammatte.compositing.layers import Layers

__all__ = ["Filter", "Matter", "Sink", "Smoother", "Source", "SourceInfo", "close_all", "engine_of", "reset_all"]

AnySource = TypeVar("AnySource", bound="Source")
AnySink = TypeVar("AnySink", bound="Sink")


@dataclass(frozen=True)
class SourceInfo:
    """What a source is, as far as it knows.

    Attributes
    ----------
    size : tuple of int
        (width, height) in pixels of every frame.
    rate : Fraction or None
        Frames per second on average; None where that is not known.
    live : bool
        Whether frames come at their own pace, so that a late reader must skip to the newest.
    path : Path or None
        The file that is read.
    device, name : str
        What a camera is opened by, and what programs call it; of a pipe or an address the name alone.
    coding : str
        How a camera codes its pictures: mjpeg, rawvideo, h264.
    frames : int or None
        How many to expect, for a progress bar.
    duration_s : float or None
        Seconds for which the pictures last, or, where a file does not say that, the longest of its streams.
    depth : int
        Bits of each value in its frames: 8, or 10 in planes.
    dynamic_range : str
        "PQ" or "HLG"; empty where frames are ordinary pictures.
    read_s : float
        Seconds of these that were read so far.
    """

    size: tuple[int, int]
    rate: Fraction | None = None
    live: bool = False
    path: Path | None = None
    device: str = ""
    name: str = ""
    coding: str = ""
    frames: int | None = None
    duration_s: float | None = None
    depth: int = 8
    dynamic_range: str = ""
    read_s: float = 0.0

    @property
    def beyond_8_bits(self) -> bool:
        """Whether frames hold more than R,G,B of 8 bits can tell."""
        return self.depth > 8 or self.dynamic_range != ""


@runtime_checkable
class Source(Protocol):
    """Gives frames, all of one size, in order of time; `with` closes it.

    Derive from it: three members are yours to write, the others follow from them.
    """

    @property
    @abstractmethod
    def info(self) -> SourceInfo:
        """What it is."""

    @abstractmethod
    def __iter__(self) -> Iterator[Frame]:
        """Iterate over the frames, once."""

    @abstractmethod
    def close(self) -> None:
        """Free file or device; a second call does nothing. Safe to call from another thread, to end the iteration."""

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in pixels of every frame."""
        return self.info.size

    @property
    def rate(self) -> Fraction | None:
        """Frames per second on average; None where it is not known."""
        return self.info.rate

    @property
    def live(self) -> bool:
        """Whether frames come at their own pace, so that a late reader must skip to the newest."""
        return self.info.live

    def __enter__(self: AnySource) -> AnySource:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


@runtime_checkable
class Matter(Protocol):
    """Finds the alpha of a frame."""

    def matte(self, frame: Frame) -> Alpha:
        """Return alpha, float32 in [0, 1], at the frame's size (H, W) or smaller."""

    def reset(self) -> None:
        """Forget earlier frames."""


@runtime_checkable
class _OnEngine(Protocol):
    @property
    def engine(self) -> str: ...
    @property
    def device(self) -> str: ...


def engine_of(matter: Matter) -> tuple[str, str]:
    """The engine and the device of a matter that tells them as attributes; else its class and nothing."""
    return (matter.engine, matter.device) if isinstance(matter, _OnEngine) else (type(matter).__name__, "")


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
    """Takes the layers of each frame; `with` closes it, or aborts it where an error comes out.

    An opaque sink shows `layers.composite`, one that keeps alpha the layers. Derive from it: three methods are yours to
    write.
    """

    @abstractmethod
    def write(self, layers: Layers) -> None:
        """Take the next frame."""

    @abstractmethod
    def close(self) -> None:
        """Complete the output; only a closed sink leaves a file under the asked name. A second call does nothing."""

    @abstractmethod
    def abort(self) -> None:
        """Give up the output and leave nothing half-written; does nothing once closed."""

    def __enter__(self: AnySink) -> AnySink:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()
        else:
            self.abort()
