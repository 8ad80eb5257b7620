"""Portraits by group: how much of the picture the person fills, light, hair."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import cv2
import numpy as np

from streammatte.compositing.frames import Alpha, Rgb
from streammatte.research.evaluate.pictures import Matte
from streammatte.research.evaluate.report import Result
from streammatte.research.evaluate.validation import Portrait, portraits, summary

__all__ = ["by_group", "framing", "light"]

_SEEN = Path(__file__).with_name("groups.json")
"""Group to names of portraits of the validation pack that belong to it, as found by eye."""


def by_group(directory: Path, matte: Matte, limit: int | None = None) -> list[Result]:
    """The figures of the pack's portraits, of each group of them that is there.

    Parameters
    ----------
    directory, matte, limit
        As for `validation.evaluate`.

    Raises
    ------
    MediaError
        If the pack has no portraits, or a file of one cannot be read.
    """
    groups: dict[str, list[Portrait]] = {}
    for portrait in portraits(directory, matte, limit):
        for group in _groups(portrait):
            groups.setdefault(group, []).append(portrait)
    return [summary(group, groups[group]) for group in sorted(groups)]


def framing(target: Alpha) -> str:
    """The group by the share of the picture that the person covers.

    Parameters
    ----------
    target : ndarray
        (H, W) float32 in [0, 1], the true alpha.
    """
    share = float(np.mean(target > 0.5))
    return "framing: " + ("under 40 %" if share < 0.4 else "40 to 60 %" if share < 0.6 else "over 60 %")


def light(rgb: Rgb, target: Alpha) -> str:
    """The group by the mean luminance of the person, of 255; nobody counts as dark.

    Parameters
    ----------
    rgb : ndarray
        (H, W, 3) uint8.
    target : ndarray
        (H, W) float32 in [0, 1], the true alpha.
    """
    luminance = float(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)[target > 0.5].mean()) if (target > 0.5).any() else 0.0
    return "light on the person: " + ("under 70" if luminance < 70 else "70 to 130" if luminance < 130 else "over 130")


def _groups(portrait: Portrait) -> Iterator[str]:
    yield framing(portrait.target)
    yield light(portrait.rgb, portrait.target)
    yield from (group for group, names in _seen().items() if portrait.name in names)


@cache
def _seen() -> dict[str, frozenset[str]]:
    return {group: frozenset(names) for group, names in json.loads(_SEEN.read_text(encoding="utf-8")).items()}
