"""What `--bg` says, as filters."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from streammatte.errors import FilterError, UsageError, about

if TYPE_CHECKING:
    from streammatte.stages import Filter

__all__ = ["Background"]


@dataclass(frozen=True)
class Background:
    """What stands behind the person.

    Attributes
    ----------
    name : str
        As the user is told.
    filters : tuple of Filter
    paths : tuple of Path
        The file that is read for it, if any.
    transparent : bool
        Whether nothing stands there.
    """

    name: str
    filters: tuple[Filter, ...]
    paths: tuple[Path, ...] = ()
    transparent: bool = False

    @classmethod
    def of(cls, text: str | None, *, output: Path | None, decontaminate: bool) -> Background:
        """Read `--bg`.

        Parameters
        ----------
        text : str or None
            None for the default: nothing where the output carries alpha, else a blur.
        output : Path or None
            The file to write; None for a camera or a window.
        decontaminate : bool
            Whether to take the old background's colour out of soft edges. A blur keeps that colour and needs it not.

        Raises
        ------
        UsageError
            If nothing can be made of `text`, or the output cannot show it.
        MediaError
            If it names a file that cannot be read.
        """
        from streammatte.io import carries_alpha
        from streammatte.plugins import parse_filter

        alpha = output is not None and carries_alpha(output)
        if text is None:
            text, name = ("none", "none (transparent), by default") if alpha else ("blur", "blur, by default")
        else:
            name = "none (transparent)" if text == "none" else text
        if text == "blur" or text.startswith("blur:"):
            return cls(name, (parse_filter(text),))
        if text == "none" and not alpha:
            remedy = "choose another background" if output is None else "write .mov, .webm, .mkv or .png"
            problem = f"--bg none: {output or 'what a camera shows'} cannot be transparent"
            raise UsageError(problem, remedy=remedy, subject=text)
        paths = (Path(text),) if text != "none" and Path(text).exists() else ()
        with about(text):
            new = _replacement(text, paths)
        first = (parse_filter("decontaminate"),) if decontaminate else ()
        return cls(name, (*first, new), paths, transparent=text == "none")


def _replacement(text: str, paths: tuple[Path, ...]) -> Filter:
    from streammatte.io.containers import PICTURES
    from streammatte.plugins import load_filter, parse_filter

    if text == "none":
        return parse_filter("transparent")
    if paths:
        return load_filter("image" if paths[0].suffix.lower() in PICTURES else "video")(*paths)
    try:
        return load_filter("colour")(text)
    except FilterError:
        raise UsageError(
            f"--bg {text}: there is no such file, and it is no colour; "
            "expected a picture, a video, #rrggbb, a colour's name, blur[:STRENGTH] or none"
        ) from None
