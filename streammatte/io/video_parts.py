"""Where a video can be cut into parts that are read by themselves."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

from streammatte.io.packets import PacketReader, Span
from streammatte.io.video_file import fraction, video_stream
from streammatte.io.video_input import Raw, VideoInput

__all__ = ["parts"]


def parts(spec: str | Path, span: Span, shortest_s: Fraction, raw: Raw | None = None) -> list[Span]:
    """Return spans that follow on each other and cover `span`, each of which but the first begins with a keyframe.

    The whole file is read for that, but nothing of it is decoded.

    Parameters
    ----------
    spec : str or Path
        A file.
    span : Span
        What is read of it.
    shortest_s : Fraction
        No part but the last is shorter; one is as much longer as its keyframes lie apart.
    raw : Raw, optional
        What its pictures are, where nothing in it tells.

    Raises
    ------
    MediaError
        If it cannot be read.
    """
    source = VideoInput(spec, raw)
    try:
        stream = video_stream(source.container, source.name)
        unit = fraction(stream.time_base) or Fraction(1, 1000)
        packets = (each for each in PacketReader(source.container) if each.stream is stream)
        keys = sorted(each.pts * unit for each in packets if each.is_keyframe and each.pts is not None)
    finally:
        source.close()
    starts = [span.start]
    for key in keys:
        if key >= starts[-1] + shortest_s and (span.end is None or key < span.end):
            starts.append(key)
    return [Span(start, end) for start, end in zip(starts, [*starts[1:], span.end], strict=True)]
