"""What a running session shows."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from streammatte.errors import FilterError, UsageError
from streammatte.matting.matter import Quality
from streammatte.matting.smoothing import SmootherName
from streammatte.plugins.text import files_of
from streammatte.stages import Filter, Matter, Smoother

__all__ = ["SWITCHES", "Look", "refuse_needed"]

SWITCHES = ("on", "mirror", "show_alpha", "frozen", "covered")
"""The attributes of `Look` that are on or off."""


@dataclass(frozen=True)
class Look:
    """What is shown; replaced as a whole, so that a frame sees the one or the other.

    Attributes
    ----------
    background : str
        As `--bg` takes it.
    blur : float
        0 to 100: how much the background, old or new, is blurred; 10 at least where it is the room.
    filters : tuple of str
        Applied after the background, as `parse_filter` takes them.
    smoothing : str
        A smoother's name.
    quality : str or None
        What the network sees; None where the matter has no such choice.
    on : bool
        Whether the background is replaced at all; if not, the camera's picture is shown as it is.
    mirror, show_alpha, frozen : bool
    covered : bool
        Whether a card is shown in the place of everything, at once and whatever else happens.
    steps : tuple of Filter
        Who and what is kept, background, blur and filters, ready to run.
    smoother : Smoother or None
    matter : Matter or None
        The network that was loaded since, in the place of the session's first.
    """

    background: str
    blur: float
    filters: tuple[str, ...] = ()
    smoothing: SmootherName = "off"
    quality: Quality | None = None
    on: bool = True
    mirror: bool = False
    show_alpha: bool = False
    frozen: bool = False
    covered: bool = False
    steps: tuple[Filter, ...] = field(default=(), repr=False)
    smoother: Smoother | None = field(default=None, repr=False)
    matter: Matter | None = field(default=None, repr=False)


def refuse_needed(text: str, background: str, filters: Iterable[str]) -> None:
    """Refuse to take a background away that is chosen, or that one of the filters reads.

    Raises
    ------
    UsageError
        If it is.
    """
    if text == background:
        raise UsageError(f"the background {text} is the one that is chosen", remedy="choose another first")
    for each in filters:
        with suppress(FilterError):  # one that is not installed any more reads nothing
            if Path(text) in files_of([each]):
                raise UsageError(f"the filter {each} reads {text}", remedy="take the filter out first")
