"""What is asked of videos and pictures, and how it is done."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from streammatte.batch.jobs import Job, OpenMatter, Watch
from streammatte.chain import Chain, makers_of_colours
from streammatte.errors import MediaError, UsageError
from streammatte.io import file_of, open_sink, open_source
from streammatte.io.containers import DEEP, WRITTEN_PICTURES
from streammatte.io.encoders import Encoding
from streammatte.io.notices import Notify
from streammatte.io.pipes import is_address, is_pipe
from streammatte.io.tee import TeeSink
from streammatte.plugins.background import Background
from streammatte.plugins.text import files_of, parse_filter
from streammatte.stages import close_all

if TYPE_CHECKING:
    from streammatte.batch.split import Film
    from streammatte.compositing.fitting import FitMode
    from streammatte.io.paint import AlphaKind
    from streammatte.matting.smoothing import SmootherName
    from streammatte.stages import Filter, Sink, Source, SourceInfo

__all__ = ["Task", "Work"]

_WHOLE = 0.9
"""Part of the stated duration from which a video counts as whole; not every recorder states it to the frame."""


@dataclass(frozen=True)
class Task:
    """What is asked of all files alike; the attributes and their defaults are the options of `streammatte video`.

    A picture is a video of one frame, which nothing smooths. A task is told to other processes and machines, so it
    holds nothing but what was asked.

    Attributes
    ----------
    bg : str or None
    bg_fit, bg_end : str
    decontaminate : bool
    kept, filters : tuple of str
        Filters before the background, and after it.
    smooth : str
    alpha : str or None
    bits : {8, 16}
    encoding : Encoding
    start_number : int
    start, end : Fraction, Fraction or None
        In seconds.
    raw : tuple or None
    deinterlace, sound : bool
    """

    bg: str | None = None
    bg_fit: FitMode = "cover"
    bg_end: Literal["loop", "hold", "stop"] = "loop"
    decontaminate: bool = True
    kept: tuple[str, ...] = ()
    filters: tuple[str, ...] = ()
    smooth: SmootherName = "motion"
    alpha: AlphaKind | None = None
    bits: Literal[8, 16] = 8
    encoding: Encoding = field(default_factory=Encoding)
    start_number: int = 1
    start: Fraction = Fraction(0)
    end: Fraction | None = None
    raw: tuple[tuple[int, int], Fraction] | None = None
    deinterlace: bool = True
    sound: bool = True

    def background(self, out: Path) -> Background:
        """What stands behind the person in an output."""
        return Background.of(self.bg, out)

    def files(self, out: Path) -> list[Path]:
        """What is read for an output beside its source."""
        return [*self.background(out).paths, *files_of((*self.kept, *self.filters))]

    def make_filters(self, background: Background) -> list[Filter]:
        """Make the filters, in their order.

        Raises
        ------
        StreammatteError
            If one cannot be made.
        """
        end: Literal["loop", "hold"] = "loop" if self.bg_end == "loop" else "hold"
        behind = background.filters(decontaminate=self.decontaminate, fit=self.bg_fit, end=end)
        return [*map(parse_filter, self.kept), *behind, *map(parse_filter, self.filters)]

    def check(self, out: Path) -> None:
        """Refuse what would keep each of the outputs from being made.

        Raises
        ------
        StreammatteError
            If there is any such thing.
        """
        background = self.background(out)
        close_all(self.make_filters(background))
        if out.suffix.lower() not in WRITTEN_PICTURES:
            from streammatte.io.video_encoding import encoder_for

            encoder_for(out, self.encoding, transparent=background.kind == "none")

    def open(self, matter: OpenMatter) -> Work:
        """Return what does the jobs."""
        return Work(self, matter)

    def film(self, source: str) -> Film:
        """The video as others are to read it.

        Raises
        ------
        UsageError
            If it is none that can be read more than once.
        """
        from streammatte.batch.split import Film

        if is_address(source) or is_pipe(Path(source)):
            raise UsageError(f"{source} is read only once, and not in parts", remedy="save it to a file first")
        return Film(str(file_of(source)), self.deinterlace, self.raw)


class Work:
    """Does jobs, one after the other, all with the same filters; the next one knows nothing of the one before.

    Parameters
    ----------
    task : Task
    matter : callable
    """

    def __init__(self, task: Task, matter: OpenMatter) -> None:
        self._task = task
        self._matter = matter
        self._filters: list[Filter] = []

    def do(self, job: Job, watch: Watch, on_notice: Notify, beside: Sequence[Sink] = ()) -> int:
        """Do a job and return the number of frames written; `beside` gets each frame's layers when they are.

        A file appears under its name when it is complete.

        Raises
        ------
        StreammatteError
            If it cannot be done.
        """
        from streammatte.matting.smoothing import smoother
        from streammatte.pipeline import run_chain

        task = self._task
        background = task.background(job.out)
        with ExitStack() as opened:
            source = opened.enter_context(
                open_source(
                    job.source,
                    start_s=task.start,
                    end_s=self._end(background),
                    deinterlace=task.deinterlace,
                    raw=task.raw,
                    on_notice=on_notice,
                )
            )
            self._filters = self._filters or task.make_filters(background)
            if source.info.beyond_8_bits:
                for name in makers_of_colours(self._filters, source.size):
                    on_notice(
                        f"{job.source}: the filter {name} makes the person's colours anew, of 8 bits and without HDR"
                    )
            sinks = [opened.enter_context(sink) for sink in self._sinks(job, background, source, on_notice)]
            with watch(source.info.frames) as on_frame:
                chain = Chain(self._matter(), smoother(task.smooth), self._filters)
                written = run_chain(source, chain, TeeSink(*sinks, *beside), on_frame=on_frame)
        _check_end(source.info, on_notice)
        return written

    def close(self) -> None:
        """Close the filters."""
        close_all(self._filters)

    def _end(self, background: Background) -> Fraction | None:
        if self._task.bg_end != "stop":
            return self._task.end
        latest = self._task.start + Fraction(background.duration_s).limit_denominator(1_000_000)
        return latest if self._task.end is None else min(self._task.end, latest)

    def _sinks(self, job: Job, background: Background, source: Source, on_notice: Notify) -> Iterator[Sink]:
        task = self._task
        deep = [path for path in job.outputs if path.suffix.lower() in DEEP] or [job.out]
        sink_to = partial(open_sink, source=source, first_number=task.start_number, on_notice=on_notice)
        yield sink_to(
            job.out,
            transparent=background.kind == "none",
            alpha=task.alpha,
            bits=task.bits if job.out in deep else 8,
            sound=task.sound,
            **asdict(task.encoding),
        )
        for picture, path in job.others:
            bits = task.bits if path in deep else 8
            yield sink_to(path, picture=picture, bits=bits, sound=False)


def _check_end(info: SourceInfo, on_notice: Notify) -> None:
    """Raise a MediaError if the file ended long before it should have, and tell if a little: no decoder says so."""
    if not info.duration_s:
        return
    name = info.path or info.name
    if info.read_s < _WHOLE * info.duration_s:
        raise MediaError(
            f"{name} breaks off after {info.read_s:.1f} of {info.duration_s:.1f} s; what could be read is written",
            remedy="for the rest, copy or record it again",
        )
    if info.rate and info.read_s < info.duration_s - 0.5 / info.rate:
        on_notice(f"{name}: it ends after {info.read_s:.2f} of {info.duration_s:.2f} s")
