"""How files are to look, as the control page chooses it, in the words of `streammatte video` and `image`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias, get_args

from streammatte.batch.asked import AskedMatter
from streammatte.batch.jobs import Job
from streammatte.batch.task import Task
from streammatte.io.containers import PICTURES
from streammatte.matting.matter import Quality
from streammatte.matting.smoothing import SmootherName
from streammatte.plugins.background import blurred

__all__ = ["SUFFIXES", "FileLook", "Suffix"]

Suffix: TypeAlias = Literal[".mp4", ".mov", ".webm"]
"""What a video becomes: with its background, or transparent, for editors or for the web."""

SUFFIXES: tuple[Suffix, ...] = get_args(Suffix)


@dataclass(frozen=True)
class FileLook:
    """How a file is to look.

    Attributes
    ----------
    background : str
        As `--bg` takes it.
    blur : float
        0 to 100: how much the background, old or new, is blurred.
    filters : tuple of str
        Applied after the background.
    smoothing, quality : str
    suffix : str
        Of what a video becomes; what is transparent has no background. A photo becomes a .png.
    """

    background: str = "blur"
    blur: float = 40.0
    filters: tuple[str, ...] = ()
    smoothing: SmootherName = "motion"
    quality: Quality = "normal"
    suffix: Suffix = ".mp4"

    @property
    def transparent(self) -> bool:
        """Whether nothing stands behind the person."""
        return self.suffix != ".mp4"

    @property
    def asked(self) -> AskedMatter:
        """What finds alpha."""
        return AskedMatter(quality=self.quality)

    def work(self, source: Path, folder: Path) -> tuple[Task, Job]:
        """Return what is to be done of a file, and under which name in a folder."""
        bg, blur = ("none", ()) if self.transparent else blurred(self.background, self.blur)
        picture = source.suffix in PICTURES
        task = Task(bg=bg, filters=(*blur, *self.filters), smooth="off" if picture else self.smoothing)
        return task, Job(str(source), folder / f"{source.stem}{'.png' if picture else self.suffix}")
