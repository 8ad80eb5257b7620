"""What the way of a frame costs on this machine, part by part and as a whole."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from importlib import resources
from itertools import chain, islice, repeat
from pathlib import Path
from time import monotonic, perf_counter, process_time, sleep
from typing import NamedTuple

import cv2

from streammatte.background import Background
from streammatte.frames import Frame
from streammatte.io import ArraySource, open_sink, open_source
from streammatte.io.paint import TRANSPARENT_PAINTS
from streammatte.io.video_colour import ToVideo
from streammatte.io.video_source import VideoSource
from streammatte.layers import Layers
from streammatte.matting import NetworkMatter, fit
from streammatte.smoothing import MotionSmoother
from streammatte.stages import Filter, Source, SourceInfo

__all__ = ["LOOKS", "SIZES", "STAGES", "Cost", "FileRun", "LiveRun", "file_runs", "live_run", "stage_costs"]

SIZES = {"480p": (640, 480), "720p": (1280, 720), "1080p": (1920, 1080), "4K": (3840, 2160)}

LOOKS: dict[str, str] = {
    "blur": "blur",
    "picture": str(resources.files("streammatte") / "assets" / "beach.jpg"),
    "colour": "#00b140",
    "transparent": "none",
}
"""What stands behind the person, as `--bg` takes it; the old background's colour is taken out of all but the blur."""

STAGES = ("read", "fit", "network", "smooth", "look", "enlarge", "composite", "convert")
"""
read        decoding, and the planes taken out of the decoder
fit         the frame at the network's size
network     alpha at that size
smooth      steadied over time
look        the filters, as far as they do not wait for what is asked of them
enlarge     alpha at the frame's size, along its edges
composite   the layers put together, with the foreground's own colours
convert     the composite, or colours with alpha, as the encoder takes them
"""

_ROUNDS = 4
"""How often each look has its turn; the rounds are interleaved, so that no look has the machine's better minute."""


class Cost(NamedTuple):
    """Milliseconds of one frame: of CPU time of the whole process, and by the clock; medians."""

    cpu_ms: float
    wall_ms: float


@dataclass(frozen=True)
class FileRun:
    """The command `streammatte video` on a clip.

    Attributes
    ----------
    look : str
    frames_per_s : float
        Frames written per second of the whole command.
    cpu_ms : float
        CPU time per frame, start and end of the program included.
    first_frame_s : float
        From the start of the command to its first frame in a file of one frame.
    peak_mb : float
        Highest memory of the process.
    """

    look: str
    frames_per_s: float
    cpu_ms: float
    first_frame_s: float
    peak_mb: float


@dataclass(frozen=True)
class LiveRun:
    """A live session of a camera of 30 frames a second, that writes nowhere.

    Attributes
    ----------
    look : str
    cpu_percent : float
        Of one core.
    frames_per_s, found_per_s : float
        Frames shown, and alphas found.
    latency_ms : float or None
        Median of the time from a frame's arrival to its being shown.
    """

    look: str
    cpu_percent: float
    frames_per_s: float
    found_per_s: float
    latency_ms: float | None


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
        Of `LOOKS`.
    frames : int
        How many are timed for each look in each round.

    Returns
    -------
    dict
        Look to stage (of `STAGES`) to cost.
    """
    times: dict[str, dict[str, list[tuple[float, float]]]] = {}
    with tempfile.TemporaryDirectory() as folder:
        scaled = _scaled(clip, size, Path(folder), frames)
        for _ in range(_ROUNDS):
            for look in looks:
                filters = Background.parse(LOOKS[look]).filters(decontaminate=True)
                with VideoSource(scaled) as source:
                    for stage, cpu_s, wall_s in _timed(source, matter, filters):
                        times.setdefault(look, {}).setdefault(stage, []).append((cpu_s, wall_s))
    return {look: {stage: _median(found) for stage, found in stages.items()} for look, stages in times.items()}


def file_runs(
    clip: str | Path, size: tuple[int, int], *, looks: Sequence[str] = tuple(LOOKS), frames: int = 150
) -> Iterator[FileRun]:
    """Run `streammatte video` on a clip of a size for each look, in processes of their own."""
    with tempfile.TemporaryDirectory() as folder:
        one, many = (_scaled(clip, size, Path(folder), count) for count in (1, frames))
        for look in looks:
            out = Path(folder) / ("out.webm" if look == "transparent" else "out.mp4")
            first_s, *_ = _run_command(one, out, LOOKS[look])
            wall_s, cpu_s, peak_mb = _run_command(many, out, LOOKS[look])
            yield FileRun(look, frames / wall_s, 1000 * cpu_s / frames, first_s, peak_mb)


def live_run(
    clip: str | Path,
    size: tuple[int, int],
    matter: NetworkMatter,
    look: str,
    *,
    seconds: float = 8.0,
    matte_fps: float | None = None,
    cpu_budget: float | None = None,
) -> LiveRun:
    """Run a live session on a clip's frames for so many seconds, after as many to warm up; limits as a session's."""
    from streammatte.live.allocator import share_arena
    from streammatte.live.controls import LiveControls
    from streammatte.live.session import LiveSession

    share_arena()
    with tempfile.TemporaryDirectory() as folder:
        camera = _Camera(_scaled(clip, size, Path(folder), 90))
        controls = LiveControls([LOOKS[look]], smoothing="motion")
        try:
            with LiveSession(lambda: camera, controls, matter, matte_fps=matte_fps, cpu_budget=cpu_budget) as session:
                session.wait(seconds)
                session.status()
                session.wait(seconds)
                status = session.status()
        finally:
            controls.close()
    return LiveRun(look, status.cpu_percent, status.fps_out, status.matte_fps, status.latency_median_ms)


class _Camera(Source):
    """A clip's frames, read beforehand and given forth and back at 30 a second, as a camera would."""

    def __init__(self, path: Path) -> None:
        with open_source(path) as source:
            self._frames = list(source)
        self._ended = False

    @property
    def info(self) -> SourceInfo:
        return SourceInfo(self._frames[0].size, Fraction(30), live=True)

    def __iter__(self) -> Iterator[Frame]:
        begin, last = monotonic(), len(self._frames) - 1
        for count in chain.from_iterable(repeat([*range(last), *range(last, 0, -1)])):
            begin += 1 / 30
            sleep(max(0.0, begin - monotonic()))
            if self._ended:
                return
            yield Frame(self._frames[count].picture, round(monotonic() * 1e6), Fraction(1, 1_000_000))

    def close(self) -> None:
        self._ended = True


def _scaled(clip: str | Path, size: tuple[int, int], folder: Path, frames: int) -> Path:
    """The clip's frames at a size in a file, again from its start where it has fewer."""
    path = folder / f"{frames}.mp4"
    if not path.exists():
        with open_source(clip) as source:
            pictures = [cv2.resize(frame.rgb, size, interpolation=cv2.INTER_CUBIC) for frame in islice(source, frames)]
        numbers = islice(chain.from_iterable(repeat(range(len(pictures)))), frames)
        with ArraySource([pictures[number] for number in numbers], rate=30) as source:
            sink = open_sink(path, source)
            for frame in source:
                sink.write(Layers.opaque(frame))
            sink.close()
    return path


def _timed(
    source: VideoSource, matter: NetworkMatter, filters: tuple[Filter, ...]
) -> Iterator[tuple[str, float, float]]:
    """Take each frame through the stages as a session does, and tell what each took, in seconds."""
    steady, frames = MotionSmoother(), iter(source)
    opaque, with_alpha = (ToVideo(source.colour, pixels) for pixels in ("yuv420p", "yuva420p"))
    while True:
        clock = _Clock()
        frame = next(frames, None)
        if frame is None:
            return
        yield clock.passed("read")
        frame.at(fit(frame.size).fitted)
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
            with_alpha(TRANSPARENT_PAINTS["straight", "8 bits"](layers))
        else:
            picture = layers.composite.picture
            yield clock.passed("composite")
            opaque(picture)
        yield clock.passed("convert")


class _Clock:
    def __init__(self) -> None:
        self._cpu_s, self._wall_s = process_time(), perf_counter()

    def passed(self, stage: str) -> tuple[str, float, float]:
        """The time since the call before."""
        cpu_s, wall_s = process_time(), perf_counter()
        times = stage, cpu_s - self._cpu_s, wall_s - self._wall_s
        self._cpu_s, self._wall_s = process_time(), perf_counter()
        return times


def _median(times: list[tuple[float, float]]) -> Cost:
    cpu_s, wall_s = (statistics.median(each) for each in zip(*times, strict=True))
    return Cost(1000 * cpu_s, 1000 * wall_s)


def _run_command(clip: Path, out: Path, background: str) -> tuple[float, float, float]:
    """Seconds by the clock and of CPU time, and the highest memory in MB, of `streammatte video`."""
    begin = perf_counter()
    command = [sys.executable, "-c", _PROGRAM, "video", str(clip), str(out), "--bg", background, "--quiet"]
    result = subprocess.run(command, check=True, capture_output=True, text=True)
    wall_s = perf_counter() - begin
    used = json.loads(result.stdout)
    return wall_s, used["cpu_s"], used["peak_mb"]


_PROGRAM = """
import json, sys
from streammatte.__main__ import main
try:
    main()
finally:
    import resource
    from pathlib import Path
    used = resource.getrusage(resource.RUSAGE_SELF)
    peak_mb = used.ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)
    status = Path("/proc/self/status")  # on Linux the figure above begins with what the parent held at the fork
    if status.exists():
        peak_mb = next(int(line.split()[1]) / 1e3 for line in status.read_text().splitlines() if "VmHWM" in line)
    print(json.dumps({"cpu_s": used.ru_utime + used.ru_stime, "peak_mb": peak_mb}))
"""
