"""Sources and sinks without files or devices: for programs that have their pictures already, and for tests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import TYPE_CHECKING

from streammatte.compositing.frames import Frame, Rgb, check_rgb
from streammatte.errors import ShapeError, UsageError
from streammatte.stages import Sink, Source, SourceInfo

if TYPE_CHECKING:
    from streammatte.compositing.layers import Layers

__all__ = ["ArraySource", "ListSink", "NullSink"]


class ArraySource(Source):
    """Frames from arrays.

    Parameters
    ----------
    frames : iterable of ndarray or Frame
        Pictures (H, W, 3) uint8, R,G,B, all of one size, which are taken one at a time; or frames, which keep their
        times.
    rate : Fraction or int
        Frames per second; the n-th array is shown at n / rate seconds.
    live : bool
        Whether the pipeline may skip frames, as it does for a camera.

    Raises
    ------
    UsageError
        If there is no frame, or the rate is not positive.
    ShapeError
        If the first picture is none; a later one, or one of another size, while iterating.
    """

    def __init__(self, frames: Iterable[Rgb | Frame], rate: Fraction | int = 25, *, live: bool = False) -> None:
        if rate <= 0:
            raise UsageError(f"rate is {rate}; expected frames per second, more than 0")
        self._step_s = 1 / Fraction(rate)
        self._closed = False
        self._rest = iter(frames)
        first = next(self._rest, None)
        if first is None:
            raise UsageError("there are no frames; expected at least one array (H, W, 3)")
        self._first = self._frame(0, first)
        self._info = SourceInfo(self._first.size, Fraction(rate), live)

    @property
    def info(self) -> SourceInfo:
        """What it is."""
        return self._info

    def __iter__(self) -> Iterator[Frame]:
        """Iterate over the frames, once."""
        if self._closed:
            return
        yield self._first
        for index, picture in enumerate(self._rest, 1):
            if self._closed:
                return
            frame = self._frame(index, picture)
            if frame.size != self.size:
                (w, h), (wide, high) = frame.size, self.size
                raise ShapeError(f"frame {index} is {w}x{h}; expected {wide}x{high}, as the first")
            yield frame

    def close(self) -> None:
        """End the iteration."""
        self._closed = True

    def _frame(self, index: int, picture: Rgb | Frame) -> Frame:
        if isinstance(picture, Frame):
            return picture
        return Frame(check_rgb(picture, f"frame {index}"), index, self._step_s)


class ListSink(Sink):
    """Keeps all layers in a list.

    Attributes
    ----------
    layers : list of Layers
        What was written, in order.
    closed, aborted : bool
        How the writing ended; both False before.
    """

    def __init__(self) -> None:
        self.layers: list[Layers] = []
        self.closed = False
        self.aborted = False

    def write(self, layers: Layers) -> None:
        """Keep `layers`."""
        self.layers.append(layers)

    def close(self) -> None:
        """Note that all went well."""
        self.closed = not self.aborted

    def abort(self) -> None:
        """Drop what was written, as a file is dropped."""
        if not self.closed:
            self.layers.clear()
            self.aborted = True


class NullSink(Sink):
    """Composites every frame, as a sink that shows it must, and drops it: for measuring."""

    def write(self, layers: Layers) -> None:
        """Composite `layers`."""
        layers.composite  # noqa: B018

    def close(self) -> None:
        """Do nothing."""

    def abort(self) -> None:
        """Do nothing."""
