"""The grammar of `--bg`: all that a text for it can mean, and the filters that come of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from stat import S_ISDIR
from typing import TYPE_CHECKING, Literal, TypeAlias

from streammatte.errors import FilterError, MediaError, UsageError, about

if TYPE_CHECKING:
    from streammatte.compositing.fitting import FitMode
    from streammatte.stages import Filter

__all__ = ["FORMS", "Background", "BackgroundKind", "blurred", "unblurred", "without_folders"]

BackgroundKind: TypeAlias = Literal["picture", "video", "folder", "colour", "gradient", "blur", "none"]

FORMS = "IMAGE|VIDEO|FOLDER|COLOUR|gradient:COLOUR-COLOUR|blur[:STRENGTH]"
"""What stands behind a person anywhere, for --help; beside it, some outputs take none."""


@dataclass(frozen=True)
class Background:
    """What stands behind the person.

    Attributes
    ----------
    text : str
        As `--bg` takes it.
    kind : str
        "picture" and "video" also where the file is gone: they are told by its name.
    paths : tuple of Path
        What is read for it.
    by_default : bool
        Whether nobody asked for it.
    """

    text: str
    kind: BackgroundKind
    paths: tuple[Path, ...] = ()
    by_default: bool = False

    @classmethod
    def parse(cls, text: str) -> Background:
        """Tell what a text means; any that means nothing else is taken for a colour. No file is opened."""
        from streammatte.io.containers import PICTURES

        if text == "none":
            return cls(text, "none")
        if text == "blur" or text.startswith("blur:"):
            return cls(text, "blur")
        if text.startswith("gradient:"):
            return cls(text, "gradient")
        path = Path(text)
        try:
            mode = path.stat().st_mode
        except (OSError, ValueError):  # there is no such file, or there cannot be one
            mode = None
        if mode is not None and S_ISDIR(mode):
            return cls(text, "folder", (path,))
        if path.suffix.lower() in PICTURES:
            return cls(text, "picture", (path,))
        return cls(text, "colour") if mode is None and not path.suffix else cls(text, "video", (path,))

    @classmethod
    def of(cls, text: str | None, output: Path | None = None) -> Background:
        """Return what stands behind the person in an output.

        Parameters
        ----------
        text : str or None
            None for the default: nothing where the output is a file that carries alpha, else a blur.
        output : Path or None
            The file to write; None for a camera or a window.

        Raises
        ------
        UsageError
            If the output cannot show it.
        """
        from streammatte.io import carries_alpha
        from streammatte.io.pipes import is_pipe

        alpha = output is not None and carries_alpha(output)
        if text is None:
            empty = output is not None and alpha and not is_pipe(output)
            return replace(cls.parse("none" if empty else "blur"), by_default=True)
        background = cls.parse(text)
        if background.kind == "none" and not alpha:
            problem = f"--bg none: {output or 'what a camera shows'} cannot be transparent"
            remedy = "choose another background" if output is None else "write .mov, .webm, .mkv or .png"
            raise UsageError(problem, remedy=remedy, subject=text)
        return background

    def __str__(self) -> str:
        """As the user is told."""
        text = "none (transparent)" if self.kind == "none" else self.text
        return f"{text}, by default" if self.by_default else text

    @property
    def duration_s(self) -> float:
        """The seconds after which a video ends.

        Raises
        ------
        UsageError
            If it is none, or does not say.
        MediaError
            If it cannot be read.
        """
        from streammatte.io import open_source

        if self.kind == "video" and self.paths[0].exists():
            with open_source(self.paths[0]) as source:
                if source.info.duration_s:
                    return source.info.duration_s
        problem = f"--bg {self.text} does not say when it ends; expected a video that does"
        raise UsageError(problem, remedy="choose loop or hold", subject=self.text)

    def filters(
        self, *, decontaminate: bool, fit: FitMode = "cover", end: Literal["loop", "hold"] = "loop"
    ) -> tuple[Filter, ...]:
        """Make the filters that put it behind the person, reading its files.

        Parameters
        ----------
        decontaminate : bool
            Whether to take the old background's colour out of soft edges. A blur keeps that colour and needs it not.
        fit : {"cover", "contain", "stretch"}
            How a picture or video is brought to the frame's size.
        end : {"loop", "hold"}
            What comes after the last picture of a video, an animation or a folder: the first, or nothing else.

        Raises
        ------
        UsageError
            If nothing can be made of it.
        MediaError
            If a file cannot be read.
        """
        from streammatte.plugins.text import parse_filter

        with about(self.text):
            first = (parse_filter("decontaminate"),) if decontaminate and self.kind != "blur" else ()
            return (*first, self._filter(fit, end))

    def _filter(self, fit: FitMode, end: str) -> Filter:
        from streammatte.plugins.registry import load_filter
        from streammatte.plugins.text import parse_filter

        if self.kind in ("blur", "gradient"):
            return parse_filter(self.text)
        if self.kind == "none":
            return load_filter("transparent")()
        if self.paths and self.paths[0].exists():
            (path,) = self.paths
            if self.kind == "picture" and not _moves(path):
                return load_filter("image")(path, fit)
            return load_filter("video")(path, fit, end)
        if self.kind != "colour":
            raise UsageError(f"--bg {self.text}: there is no such file; expected a picture or a video that is there")
        try:
            return load_filter("colour")(self.text)
        except FilterError as error:
            raise UsageError(
                f"--bg {self.text}: there is no such file, and {error}; or a picture, a video, "
                "gradient:COLOUR-COLOUR, blur[:STRENGTH] or none"
            ) from None


def _moves(picture: Path) -> bool:
    """Whether a picture is an animated WebP."""
    with suppress(OSError), picture.open("rb") as file:  # what reads the picture will say why it cannot
        head = file.read(21)
        return head[:4] == b"RIFF" and head[8:16] == b"WEBPVP8X" and len(head) == 21 and bool(head[20] & 2)
    return False


def blurred(text: str, strength: float) -> tuple[str, tuple[str, ...]]:
    """Return what `--bg` and `--filter` take for a background that is blurred, 0 (not at all) to 100.

    A background that is a blur itself keeps its other parameters.
    """
    from streammatte.plugins.text import split_filter

    blur = f"blur:{strength:g}"
    if Background.parse(text).kind == "blur":
        _, values = split_filter(text)
        return ",".join([blur, *(f"{key}={value}" for key, value in values.items() if key != "strength")]), ()
    return text, (blur,) if strength else ()


def unblurred(text: str, filters: Sequence[str]) -> tuple[float | None, tuple[str, ...]]:
    """Return the blur that `blurred` put before the filters of a background, or None, and the others."""
    blur = re.fullmatch(r"blur:(\d+\.?\d*)", filters[0]) if filters else None
    if blur is None or Background.parse(text).kind == "blur":
        return None, tuple(filters)
    return float(blur[1]), tuple(filters[1:])


def without_folders(texts: Iterable[str]) -> list[str]:
    """Return the texts with the pictures of a folder in its place, by their names.

    Raises
    ------
    UsageError
        If a folder has no picture.
    MediaError
        If it cannot be read.
    """
    from streammatte.io.containers import PICTURES

    found = []
    for background in map(Background.parse, texts):
        if background.kind != "folder":
            found.append(background.text)
            continue
        (folder,) = background.paths
        try:
            there = [each for each in folder.iterdir() if not each.name.startswith(".")]
            pictures = sorted(str(each) for each in there if each.suffix.lower() in PICTURES)
        except OSError as error:
            problem = f"--bg {folder}: this folder cannot be read ({error.strerror})"
            raise MediaError(problem, remedy="check its permissions", subject=background.text) from error
        if not pictures:
            problem = f"--bg {folder}: there is no picture in this folder; expected {', '.join(sorted(PICTURES))}"
            raise UsageError(problem, subject=background.text)
        found += pictures
    return found
