"""What is asked of pictures, and how it is done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from streammatte.batch.jobs import Job, OpenMatter, Watch
from streammatte.chain import Chain
from streammatte.io import open_sink, open_source
from streammatte.io.notices import Notify
from streammatte.io.tee import TeeSink
from streammatte.plugins.background import Background
from streammatte.plugins.text import files_of, parse_filter
from streammatte.stages import close_all

if TYPE_CHECKING:
    from streammatte.compositing.fitting import FitMode
    from streammatte.io.paint import AlphaKind
    from streammatte.stages import Filter, Sink

__all__ = ["PictureTask"]


@dataclass(frozen=True)
class PictureTask:
    """What is asked of pictures; the attributes and their defaults are the options of `streammatte image`.

    Attributes
    ----------
    bg : str or None
    bg_fit : str
    decontaminate : bool
    filters : tuple of str
    alpha : str or None
    bits : {8, 16}
    """

    bg: str | None = None
    bg_fit: FitMode = "cover"
    decontaminate: bool = True
    filters: tuple[str, ...] = ()
    alpha: AlphaKind | None = None
    bits: Literal[8, 16] = 8

    def background(self, out: Path) -> Background:
        """What stands behind the person in an output."""
        return Background.of(self.bg, out)

    def files(self, out: Path) -> list[Path]:
        """What is read for an output beside its source."""
        return [*self.background(out).paths, *files_of(self.filters)]

    def make_filters(self, background: Background) -> list[Filter]:
        """Make the filters, in their order.

        Raises
        ------
        StreammatteError
            If one cannot be made.
        """
        behind = background.filters(decontaminate=self.decontaminate, fit=self.bg_fit)
        return [*behind, *map(parse_filter, self.filters)]

    def check(self, out: Path) -> None:
        """Refuse what would keep each of the outputs from being made.

        Raises
        ------
        StreammatteError
            If there is any such thing.
        """
        close_all(self.make_filters(self.background(out)))

    def open(self, matter: OpenMatter) -> PictureWork:
        """Return what does it."""
        return PictureWork(self, matter)


class PictureWork:
    """Makes pictures, all with the same filters, which are read once.

    Parameters
    ----------
    task : PictureTask
    matter : callable
    """

    def __init__(self, task: PictureTask, matter: OpenMatter) -> None:
        self._task = task
        self._matter = matter
        self._chain: Chain | None = None

    def do(self, job: Job, watch: Watch, on_notice: Notify, beside: Sequence[Sink] = ()) -> int:
        """Make one."""
        from streammatte.pipeline import run_chain

        task = self._task
        background = task.background(job.out)
        chain = self._opened(background)
        with open_source(job.source, on_notice=on_notice) as source:
            transparent = background.kind == "none"
            sink = open_sink(
                job.out, source, transparent=transparent, alpha=task.alpha, bits=task.bits, on_notice=on_notice
            )
            with sink, watch(1) as on_frame:
                return run_chain(source, chain, TeeSink(sink, *beside), on_frame=on_frame)

    def close(self) -> None:
        """Close the filters."""
        if self._chain is not None:
            self._chain.close()

    def _opened(self, background: Background) -> Chain:
        if self._chain is None:
            self._chain = Chain(self._matter(), filters=self._task.make_filters(background))
        return self._chain
