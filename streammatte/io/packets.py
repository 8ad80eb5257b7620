"""The packets of a file, in its order and on one clock."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeAlias

import av
from av.container import InputContainer
from av.error import ExitError, FFmpegError
from av.packet import Packet

from streammatte.errors import UsageError
from streammatte.io.video_file import fine, fraction

__all__ = ["EVERYTHING", "AnyPacket", "PacketReader", "Span"]

AnyPacket: TypeAlias = "Packet[Any]"

_JUMPS = 0x0200
"""FFmpeg's flag of the formats, above all transport streams, whose clock may be set anew within a file."""

_BACK_S, _AHEAD_S = Fraction(1, 10), 10
"""How far a stream's time may go back, or ahead, without a new setting of the clock; as FFmpeg's own program has it."""

_STEADY = ("video", "audio")
"""The kinds of stream whose times tell the clock; subtitles may be silent for long, and go with the others."""

_SKEW_S = 2
"""How far back it may go where the clock has just been set anew: one stream may have ended before the other."""

_INDEXED = ("mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm")
"""The formats whose index can be trusted to lead to a time or before it."""

_BEFORE_S = 10
"""How long before that time the reading begins, so that sound is there which lies before its pictures in the file."""


@dataclass(frozen=True, slots=True)
class Span:
    """The part of a file that is wanted, in seconds of its own time.

    Attributes
    ----------
    start : Fraction
    end : Fraction or None
        None for the end of the file.
    """

    start: Fraction = Fraction(0)
    end: Fraction | None = None

    def __post_init__(self) -> None:
        if self.start < 0 or (self.end is not None and self.end <= self.start):
            end = "the end" if self.end is None else f"{float(self.end):g} s"
            raise UsageError(
                f"there is nothing from {float(self.start):g} s to {end}; expected a start from 0 on, before the end"
            )

    @property
    def length(self) -> Fraction | None:
        """Seconds; None where it reaches to the end of the file."""
        return None if self.end is None else self.end - self.start

    def of(self, duration_s: float | None) -> float | None:
        """Return the seconds of it that lie in a file of `duration_s`, below 0 where it begins after the end."""
        ends = [float(each) for each in (self.end, duration_s) if each is not None]
        return min(ends) - float(self.start) if ends else None


EVERYTHING = Span()


class PacketReader:
    """Reads the packets of all streams; the file that breaks off ends there.

    The arbitrary time at which a transport stream begins, and what comes through a pipe or from an address, is taken
    off. Where several of them were joined, times jump: each part is shown after the one before, as players do.

    Parameters
    ----------
    container : InputContainer
    begin : Fraction
        Seconds of the file's time that become 0, to the millisecond at least. What lies before may be passed over.
    once : bool
        Whether it can only be read from its beginning to its end, as a pipe.

    Attributes
    ----------
    ends : dict of int to Fraction
        By the index of the stream, when what was read of it ends, in seconds of the file's own clock from `begin` on.
    """

    def __init__(self, container: InputContainer, begin: Fraction = Fraction(0), *, once: bool = False) -> None:
        arbitrary = once or container.format.name in ("mpegts", "mpeg")
        start = begin + (Fraction(container.start_time or 0, av.time_base) if arbitrary else 0)
        if begin > _BEFORE_S and not once and container.format.name in _INDEXED:
            with suppress(FFmpegError):
                container.seek(int((begin - _BEFORE_S) * av.time_base))
        self._container = container
        self._once = once
        self._broken: str | None = None
        self._begin = begin
        self._joined = bool(container.format.flags & _JUMPS)
        self._shifts = [-start]  # of each part
        self._parts: dict[int, int] = {}  # in which each stream is
        self._due: dict[int, Fraction] = {}  # when each stream goes on
        self.ends: dict[int, Fraction] = {}

    @property
    def jumps(self) -> int:
        """How often the times jumped so far."""
        return len(self._shifts) - 1

    def told(self) -> Iterator[str]:
        """Say how the times were changed so far, and whether a pipe or an address broke off."""
        if self.jumps:
            yield f"its times jump, as where recordings were joined (jumps: {self.jumps}); they are made to run on"
        if self._once and self._broken:
            yield f"it breaks off ({self._broken}); what came before that is there"

    def __iter__(self) -> Iterator[AnyPacket]:
        """Iterate over the packets, once; none is empty."""
        try:
            for packet in self._container.demux():
                if packet.size:
                    self._set_time(packet)
                    yield packet
        except FFmpegError as error:
            self._broken = "it fell silent" if isinstance(error, ExitError) else error.strerror

    def _set_time(self, packet: AnyPacket) -> None:
        unit = fraction(packet.time_base)
        if unit is not None and self._begin:
            steps, unit = int(unit / fine(unit)), fine(unit)
            packet.pts = None if packet.pts is None else packet.pts * steps
            packet.dts = None if packet.dts is None else packet.dts * steps
            packet.duration, packet.time_base = (packet.duration or 0) * steps, unit
        ticks = packet.pts if packet.dts is None else packet.dts
        if ticks is None or unit is None:
            return
        index, time, duration = packet.stream_index, ticks * unit, (packet.duration or 0) * unit
        end = (ticks if packet.pts is None else packet.pts) * unit + duration
        self.ends[index] = max(end + self._shifts[0], self.ends.get(index, end + self._shifts[0]))
        shift = round(self._shift(index, time, packet.stream.type) / unit)
        if packet.stream.type in _STEADY:
            self._due[index] = time + shift * unit + duration
        packet.pts = None if packet.pts is None else packet.pts + shift
        packet.dts = None if packet.dts is None else packet.dts + shift

    def _shift(self, index: int, time: Fraction, kind: str) -> Fraction:
        """The seconds to add to `time` in a stream."""
        now = max(self._due.values(), default=time)
        if kind not in _STEADY:
            return min(self._shifts, key=lambda shift: abs(time + shift - now))
        part, due = self._parts.setdefault(index, len(self._shifts) - 1), self._due.get(index)
        if due is None or not self._joined or -_BACK_S <= time + self._shifts[part] - due <= _AHEAD_S:
            return self._shifts[part]
        later = (each for each in range(part + 1, len(self._shifts)) if time + self._shifts[each] - due >= -_SKEW_S)
        self._parts[index] = next(later, len(self._shifts))
        if self._parts[index] == len(self._shifts):
            self._shifts.append(now - time)
        return self._shifts[self._parts[index]]
