"""What whole files and live sessions cost."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain, repeat
from pathlib import Path
from time import monotonic, perf_counter, sleep

from streammatte.bench.clips import LOOKS, scaled
from streammatte.compositing.frames import Frame
from streammatte.errors import MediaError
from streammatte.io import open_source
from streammatte.matting.matter import NetworkMatter
from streammatte.stages import Source, SourceInfo

__all__ = ["FileRun", "LiveRun", "file_runs", "live_run"]


@dataclass(frozen=True)
class FileRun:
    """The command `streammatte video` on a clip.

    Attributes
    ----------
    look : str
    frames_per_s : float
        Frames written per second after the first.
    cpu_ms : float
        CPU time for each of these.
    first_frame_s : float
        From the start of the command to its first frame in a file of one frame.
    peak_mb : float or None
        Highest memory of the process; None where the system does not tell.
    """

    look: str
    frames_per_s: float
    cpu_ms: float
    first_frame_s: float
    peak_mb: float | None


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


def file_runs(
    clip: str | Path,
    size: tuple[int, int],
    *,
    looks: Sequence[str] = tuple(LOOKS),
    frames: int = 150,
    options: Sequence[str] = (),
) -> Iterator[FileRun]:
    """Run `streammatte video` with some options on a clip of a size for each look, in processes of their own."""
    with tempfile.TemporaryDirectory() as folder:
        one, many = (scaled(clip, size, Path(folder), count) for count in (1, frames))
        for look in looks:
            out = Path(folder) / ("out.webm" if look == "transparent" else "out.mp4")
            first_s, first_cpu_s, _ = _run_command(one, out, LOOKS[look], options)
            wall_s, cpu_s, peak_mb = _run_command(many, out, LOOKS[look], options)
            more = frames - 1
            yield FileRun(look, more / (wall_s - first_s), 1000 * (cpu_s - first_cpu_s) / more, first_s, peak_mb)


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
    from streammatte.allocator import keep_freed_memory, share_arena
    from streammatte.live.controls import LiveControls
    from streammatte.live.session import LiveSession

    share_arena()
    keep_freed_memory()
    with tempfile.TemporaryDirectory() as folder:
        camera = _Camera(scaled(clip, size, Path(folder), 90))
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


def _run_command(clip: Path, out: Path, background: str, options: Sequence[str]) -> tuple[float, float, float | None]:
    """Seconds by the clock and of CPU time, and the highest memory in MB, of `streammatte video`."""
    begin = perf_counter()
    arguments = [str(clip), str(out), "--bg", background, "--quiet", *options]
    command = [sys.executable, "-c", _PROGRAM, "video", *arguments]
    result = subprocess.run(command, capture_output=True, text=True)
    wall_s = perf_counter() - begin
    if result.returncode:
        raise MediaError(f"'streammatte video {' '.join(arguments)}' failed: {result.stderr.strip()}", subject=clip)
    used = json.loads(result.stdout)
    return wall_s, used["cpu_s"], used["peak_mb"]


_PROGRAM = """
import json, sys
from pathlib import Path
from streammatte.__main__ import main
from streammatte.cli.config import ConfigFile
ConfigFile.read = classmethod(lambda cls: cls(Path()))  # what is measured does not depend on anybody's settings
try:
    main()
finally:
    import time
    cpu_s, peak_mb = time.process_time(), None
    if sys.platform == "darwin":
        import resource
        peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    status = Path("/proc/self/status")  # where Linux does not begin with what the parent held at the fork
    if status.exists():
        peak_mb = next(int(line.split()[1]) / 1e3 for line in status.read_text().splitlines() if "VmHWM" in line)
    print(json.dumps({"cpu_s": cpu_s, "peak_mb": peak_mb}))
"""
