"""Makes full pictures of interlaced ones."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction

from av import VideoFrame
from av.filter import Graph
from av.video.format import VideoFormat

__all__ = ["Deinterlacer"]


class Deinterlacer:
    """Puts the frames through FFmpeg's bwdif, which leaves those that are not interlaced as they are.

    It looks one frame ahead. Before the first interlaced frame, and in a stream without any, it does nothing.

    Parameters
    ----------
    time_base : Fraction
        Seconds per unit of the frames' `pts`; those that come last do not tell it themselves.
    """

    def __init__(self, time_base: Fraction) -> None:
        self._time_base = time_base
        self._graph: Graph | None = None
        self._shape: tuple[int, int, str] | None = None

    def __call__(self, frame: VideoFrame) -> Iterator[VideoFrame]:
        """Take a frame; give those that are done."""
        shape = frame.width, frame.height, frame.format.name
        if self._graph is not None and self._shape != shape:
            yield from self.rest()
        if self._graph is None:
            if not frame.interlaced_frame:
                yield frame
                return
            self._graph, self._shape = self._made_for(frame), shape
        self._graph.vpush(frame)
        yield from self._done(self._graph)

    def rest(self) -> Iterator[VideoFrame]:
        """Give what is held back."""
        graph, self._graph = self._graph, None
        if graph is not None:
            graph.vpush(None)
            yield from self._done(graph)

    def _made_for(self, frame: VideoFrame) -> Graph:
        graph, unit = Graph(), self._time_base
        picture = VideoFormat(frame.format.name, frame.width, frame.height)
        source = graph.add_buffer(width=frame.width, height=frame.height, format=picture, time_base=unit)
        deinterlace = graph.add("bwdif", "mode=send_frame:deint=interlaced")
        graph.link_nodes(source, deinterlace, graph.add("settb", str(unit)), graph.add("buffersink"))
        graph.configure()
        return graph

    @staticmethod
    def _done(graph: Graph) -> Iterator[VideoFrame]:
        with suppress(BlockingIOError, EOFError):
            while True:
                yield graph.vpull()
