"""Decodes the pictures of a video stream, and counts what goes wrong."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from av import VideoFrame
from av.error import FFmpegError
from av.video.stream import VideoStream

from streammatte.io.packets import PacketReader
from streammatte.io.video_deinterlacer import Deinterlacer

__all__ = ["Decoder"]


class Decoder:
    """Whatever can be decoded of a stream.

    Parameters
    ----------
    packets : PacketReader
    stream : VideoStream
    deinterlace : bool
        Whether interlaced pictures become full ones, of both fields.
    """

    def __init__(self, packets: PacketReader, stream: VideoStream, *, deinterlace: bool) -> None:
        self._packets = packets
        self._stream = stream
        self._deinterlacer = Deinterlacer(stream) if deinterlace else None
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
        for packet in chain(self._packets, [None]):  # for None the decoder gives out what it holds back
            if packet is None or packet.stream is self._stream:
                self._due += packet is not None and not packet.is_discard
                try:
                    for frame in self._stream.decode(packet):
                        self._decoded += 1
                        self._damaged += frame.is_corrupt
                        self._interlaced += frame.interlaced_frame
                        yield frame
                except FFmpegError:
                    self._errors += 1

    def told(self) -> Iterator[str]:
        """Say what went wrong so far."""
        # Decoders pass over much in silence; but the two fields of an interlaced picture may come in two packets.
        lost = self._errors if self._interlaced else max(self._errors, self._due - self._decoded)
        if lost:
            yield f"pictures that could not be decoded, and are left out: {lost} of {self._due}"
        if self._damaged:
            yield f"pictures that are damaged: {self._damaged}"
        if self._interlaced:
            done = "deinterlaced" if self._deinterlacer else "read as they are"
            yield f"pictures that are interlaced, and are {done}: {self._interlaced}"
