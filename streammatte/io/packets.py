"""The packets of a file, in its order and on one clock."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any, TypeAlias

import av
from av.container import InputContainer
from av.error import FFmpegError
from av.packet import Packet

from streammatte.io.video_file import fraction

__all__ = ["AnyPacket", "PacketReader"]

AnyPacket: TypeAlias = "Packet[Any]"

_JUMPS = 0x0200
"""FFmpeg's flag of the formats, above all transport streams, whose clock may be set anew within a file."""

_BACK_S, _AHEAD_S = Fraction(1, 10), 10
"""How far a stream's time may go back, or ahead, without a new setting of the clock; as FFmpeg's own program has it."""

_STEADY = ("video", "audio")
"""The kinds of stream whose times tell the clock; subtitles may be silent for long, and go with the others."""

_SKEW_S = 2
"""How far back it may go where the clock has just been set anew: one stream may have ended before the other."""


class PacketReader:
    """Reads the packets of all streams; the file that breaks off ends there.

    The arbitrary time at which a transport stream begins is taken off. Where several of them were joined, times jump:
    each part is shown after the one before, as players do.

    Parameters
    ----------
    container : InputContainer

    Attributes
    ----------
    ends : dict of int to Fraction
        By the index of the stream, when what was read of it ends, in seconds of the file's own clock.
    """

    def __init__(self, container: InputContainer) -> None:
        arbitrary = container.format.name in {"mpegts", "mpeg"}
        start = Fraction(container.start_time or 0, av.time_base) if arbitrary else Fraction(0)
        self._container = container
        self._joined = bool(container.format.flags & _JUMPS)
        self._shifts = [-start]  # of each part
        self._parts: dict[int, int] = {}  # in which each stream is
        self._due: dict[int, Fraction] = {}  # when each stream goes on
        self.ends: dict[int, Fraction] = {}

    def told(self) -> Iterator[str]:
        """Say how the times were changed so far."""
        jumps = len(self._shifts) - 1
        if jumps:
            yield f"its times jump, as where recordings were joined (jumps: {jumps}); they are made to run on"

    def __iter__(self) -> Iterator[AnyPacket]:
        """Iterate over the packets, once; none is empty."""
        try:
            for packet in self._container.demux():
                if packet.size:
                    self._set_time(packet)
                    yield packet
        except FFmpegError:
            return

    def _set_time(self, packet: AnyPacket) -> None:
        ticks = packet.pts if packet.dts is None else packet.dts
        unit = fraction(packet.time_base)
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
