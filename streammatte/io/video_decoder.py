"""Decodes the pictures of a video stream, and counts what goes wrong."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import chain

from av import VideoFrame
from av.error import FFmpegError
from av.video.stream import VideoStream

from streammatte.io.packets import AnyPacket
from streammatte.io.video_deinterlacer import Deinterlacer
from streammatte.io.video_gaps import Gaps

__all__ = ["Decoder"]

_INDEXED = ("avi", "mov,mp4,m4a,3gp,3g2,mj2")
"""The formats whose index knows every picture: a gap in their times is meant, and none is lost in silence."""


class Decoder:
    """Whatever can be decoded of a stream.

    Parameters
    ----------
    packets : iterable of Packet
    stream : VideoStream
    time_base : Fraction
        Seconds per unit of the packets' times.
    deinterlace : bool
        Whether interlaced pictures become full ones, of both fields.
    cut : bool
        Whether what comes before time 0 is not wanted, so that the last keyframe before it is where to begin.
    """

    def __init__(
        self, packets: Iterable[AnyPacket], stream: VideoStream, time_base: Fraction, *, deinterlace: bool, cut: bool
    ) -> None:
        self._packets = packets
        self._stream = stream
        self._cut = cut
        self._ended = False
        self._deinterlacer = Deinterlacer(time_base) if deinterlace else None
        self._gaps = Gaps()
        self._timed = stream.container.format.name not in _INDEXED
        self._due = self._decoded = self._errors = self._damaged = self._interlaced = 0

    def __iter__(self) -> Iterator[VideoFrame]:
        """Iterate over the pictures, once."""
        if self._deinterlacer is None:
            yield from self._decode()
            return
        for frame in self._decode():
            yield from self._deinterlacer(frame)
        yield from self._deinterlacer.rest()

    def _decode(self) -> Iterator[VideoFrame]:
        packets = (each for each in self._packets if each.stream is self._stream)
        for packet in chain(_from_keyframe(packets) if self._cut else packets, [None]):
            self._due += packet is not None and not packet.is_discard
            try:
                for frame in self._stream.decode(packet):  # for None the decoder gives out what it holds back
                    self._decoded += 1
                    self._damaged += frame.is_corrupt
                    self._interlaced += frame.interlaced_frame
                    if self._timed and frame.pts is not None:
                        self._gaps.see(frame.pts, frame.duration)
                    yield frame
            except FFmpegError:
                self._errors += 1
        self._ended = True

    def told(self, *, joined: bool) -> Iterator[str]:
        """Say what went wrong so far; in a film that was `joined` of several, gaps in its times are no loss."""
        # Decoders pass over much in silence; but the two fields of an interlaced picture may come in two packets.
        whole = self._ended and not self._interlaced
        lost = max(self._errors, self._due - self._decoded) if whole else self._errors
        if lost:
            yield f"pictures that could not be decoded, and are left out: {lost} of {self._due}"
        missing = self._gaps.missing() - lost
        if missing > 0 and not joined:
            yield f"pictures that are missing in it, by the gaps in its times: {missing}"
        if self._damaged:
            yield f"pictures that are damaged: {self._damaged}"
        if self._interlaced:
            done = "deinterlaced" if self._deinterlacer else "read as they are"
            yield f"pictures that are interlaced, and are {done}: {self._interlaced}"


def _from_keyframe(packets: Iterator[AnyPacket]) -> Iterator[AnyPacket]:
    """Leave out what comes before the last keyframe that is not later than 0."""
    held: list[AnyPacket] = []
    for packet in packets:
        time = packet.pts if packet.dts is None else packet.dts
        if time is not None and time > 0:
            yield from (*held, packet)
            break
        if packet.is_keyframe and (packet.pts or 0) <= 0:
            held.clear()
        held.append(packet)
    else:
        yield from held
    yield from packets
