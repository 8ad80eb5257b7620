"""One long video, matted in parts: alpha is found anywhere and in any order, all else is done here and in order.

So nothing has a seam: the smoother, whose memory has no end, sees every frame after the one before, and every alpha is
to the bit what a single process finds. It comes with a checksum of the picture that it was found in; where that is not
the picture that is read here, or where none comes, the frame is matted here.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from typing import Generic, NamedTuple, TypeAlias, TypeVar
from zlib import compress, crc32, decompress

import numpy as np

from streammatte.batch.jobs import OpenMatter
from streammatte.compositing.frames import Alpha, Frame
from streammatte.compositing.planes import Planes
from streammatte.io import open_source
from streammatte.io.packets import Span
from streammatte.io.video_input import Raw
from streammatte.stages import Matter

__all__ = ["Film", "Found", "PartsMatter", "matte_part"]

Ticket = TypeVar("Ticket")


class Film(NamedTuple):
    """A video, as it is read everywhere."""

    source: str
    deinterlace: bool
    raw: Raw | None


class Found(NamedTuple):
    """An alpha on its way: (height, width), and the float32 of it, compressed, which they are well."""

    shape: tuple[int, int]
    data: bytes


Part: TypeAlias = "dict[tuple[Fraction, int], Found]"
"""The alphas of a part, by the time in the file, in seconds, and the checksum of the picture."""


def matte_part(film: Film, span: Span, matter: Matter) -> Part:
    """Matte a part of a video.

    Raises
    ------
    StreammatteError
        If it cannot be read.
    """
    found = {}
    with open_source(
        film.source, start_s=span.start, end_s=span.end, deinterlace=film.deinterlace, raw=film.raw
    ) as source:
        for frame in source:
            alpha = matter.matte(frame)
            shape = alpha.shape[0], alpha.shape[1]
            found[_key(frame, span.start)] = Found(shape, compress(alpha.tobytes(), 1))
    return found


class PartsMatter(Generic[Ticket]):
    """Finds alpha by asking others for it, some parts ahead; a `Matter`.

    Parameters
    ----------
    spans : sequence of Span
        The parts, in order.
    ask : callable
        Takes a part's span and returns at once.
    fetch : callable
        Waits for what `ask` returned to come true, and returns it, or why it cannot be had.
    ahead : int
        How many parts are asked for before the first of them is here.
    matter : callable
        Opens what finds alpha here, where others have not.
    name : str
        Of those who are asked.
    """

    engine = "ray"

    def __init__(
        self,
        spans: Sequence[Span],
        ask: Callable[[Span], Ticket],
        fetch: Callable[[Ticket], Part | str],
        *,
        ahead: int,
        matter: OpenMatter,
        name: str,
    ) -> None:
        self.device = name
        self._starts = [each.start for each in spans]
        self._spans = spans
        self._ask = ask
        self._fetch = fetch
        self._ahead = ahead
        self._matter = matter
        self._tickets: dict[int, Ticket] = {}
        self._index = -1
        self._part: Part = {}
        self._here = 0
        self._reasons: set[str] = set()

    def matte(self, frame: Frame) -> Alpha:
        """Return the alpha of the next frame, float32 in [0, 1], as the matter would."""
        key = _key(frame, self._starts[0])
        index = max(0, bisect_right(self._starts, key[0]) - 1)
        if index != self._index:
            self._turn_to(index)
        found = self._part.pop(key, None)
        if found is None:
            self._here += 1
            return self._matter().matte(frame)
        return np.frombuffer(decompress(found.data), np.float32).reshape(found.shape)

    def reset(self) -> None:
        """Do nothing: each frame is looked at by itself."""

    def told(self) -> Iterator[str]:
        """Say what was found here, as others did not."""
        if self._here:
            reasons = "; ".join(sorted(self._reasons)) or "they were decoded otherwise elsewhere"
            yield f"frames that were matted on this machine: {self._here} ({reasons})"

    def _turn_to(self, index: int) -> None:
        for each in range(index, min(index + self._ahead, len(self._spans))):
            if each not in self._tickets:
                self._tickets[each] = self._ask(self._spans[each])
        for each in [each for each in self._tickets if each < index]:
            del self._tickets[each]
        part = self._fetch(self._tickets[index])
        if isinstance(part, str):
            self._reasons.add(part)
            part = {}
        self._index, self._part = index, part


def _key(frame: Frame, start: Fraction) -> tuple[Fraction, int]:
    picture = frame.picture
    checksum = 0
    for plane in (picture.y, picture.u, picture.v) if isinstance(picture, Planes) else (picture,):
        checksum = crc32(np.ascontiguousarray(plane).data, checksum)
    return start + frame.pts * frame.time_base, checksum
