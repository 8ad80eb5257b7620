"""What each part of a frame's way costs."""

from __future__ import annotations

import tempfile
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path

from streammatte.bench.clips import LOOKS, filters_of, scaled
from streammatte.bench.clock import Clock, Cost, median
from streammatte.compositing.frames import Frame
from streammatte.compositing.layers import Layers
from streammatte.io.paint import TRANSPARENT_PAINTS
from streammatte.io.video_colour import ToVideo
from streammatte.io.video_source import VideoSource
from streammatte.matting.matter import NetworkMatter
from streammatte.matting.smoothing import MotionSmoother
from streammatte.stages import Filter

__all__ = ["STAGES", "stage_costs"]

STAGES = ("read", "fit", "network", "smooth", "look", "enlarge", "composite", "convert")
"""
read        decoding, and the planes taken out of the decoder; of all frames before the rest, so that it does not go on
            beside that
fit         the frame at the network's size; on a GPU, brought there
network     alpha at that size
smooth      steadied over time
look        the filters, as far as they do not wait for what is asked of them
enlarge     alpha at the frame's size, along its edges; from a GPU also fetched, which opaque outputs do without
composite   the layers put together, with the foreground's own colours
convert     the composite, or colours with alpha, as the encoder takes them
"""

_ROUNDS = 4
"""How often each look has its turn; the rounds are interleaved, so that no look has the machine's better minute."""


def stage_costs(
    clip: str | Path,
    size: tuple[int, int],
    matter: NetworkMatter,
    *,
    looks: Sequence[str] = tuple(LOOKS),
    frames: int = 40,
) -> dict[str, dict[str, Cost]]:
    """Time the stages for each look on a clip's first frames at a size.

    Parameters
    ----------
    clip : str or Path
        As `open_source` takes it.
    size : tuple of int
        (w, h) to which the frames are brought beforehand.
    matter : NetworkMatter
        Finds alpha.
    looks : sequence of str
        Of `LOOKS`, perhaps with some of `EDITS`.
    frames : int
        How many are timed for each look in each round.

    Returns
    -------
    dict
        Look to stage (of `STAGES`) to cost.
    """
    times: dict[str, dict[str, list[tuple[float, float]]]] = {}
    with tempfile.TemporaryDirectory() as folder:
        film = scaled(clip, size, Path(folder), frames)
        for _ in range(_ROUNDS):
            for look in looks:
                for stage, cpu_s, wall_s in _timed(film, matter, filters_of(look)):
                    times.setdefault(look, {}).setdefault(stage, []).append((cpu_s, wall_s))
    return {look: {stage: median(found) for stage, found in stages.items()} for look, stages in times.items()}


def _timed(film: Path, matter: NetworkMatter, filters: tuple[Filter, ...]) -> Iterator[tuple[str, float, float]]:
    """Take each frame through the stages as a session does, and tell what each took, in seconds."""
    clock = Clock()
    with VideoSource(film) as source:
        frames: deque[Frame] = deque(source)
    stage, cpu_s, wall_s = clock.passed("read")
    count, steady = len(frames), MotionSmoother()
    opaque, with_alpha = (ToVideo(source.colour, pixels) for pixels in ("yuv420p", "yuva420p"))
    while frames:
        yield stage, cpu_s / count, wall_s / count
        frame, clock = frames.popleft(), Clock()
        matter.bring(frame)
        frame.at(matter.fit(frame.size).fitted)
        yield clock.passed("fit")
        alpha = matter.matte(frame)
        yield clock.passed("network")
        alpha = steady.smooth(alpha, frame)
        yield clock.passed("smooth")
        layers = Layers.of(frame, alpha)
        for step in filters:
            layers = step(layers)
        yield clock.passed("look")
        _ = layers.levels
        yield clock.passed("enlarge")
        if layers.holds("background") is None:
            yield clock.passed("composite")
            with_alpha(TRANSPARENT_PAINTS["straight", "planes"](layers))
        else:
            picture = layers.composite.picture
            yield clock.passed("composite")
            opaque(picture)
        yield clock.passed("convert")
