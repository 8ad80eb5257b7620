"""A background of a running session, read and ready, and whether files have changed since they were read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from streammatte.plugins.background import Background, blurred
from streammatte.plugins.text import parse_filter
from streammatte.stages import Filter

__all__ = ["ReadyBackground", "stamps_of", "stamps_of_network"]

_LEAST_BLUR = 10.0


@dataclass(frozen=True)
class ReadyBackground:
    """A background with its filters; `stamps` tell whether its files have changed since."""

    background: Background
    filters: tuple[Filter, ...]
    stamps: tuple[int, ...]

    @classmethod
    def of(cls, text: str, *, decontaminate: bool) -> ReadyBackground:
        """Read a background, as `--bg` takes it."""
        background = Background.of(text)
        before = stamps_of(background.paths)  # a file that changes while it is read is read again
        return cls(background, background.filters(decontaminate=decontaminate), before)

    @property
    def blur(self) -> float:
        """The strength that a background of the kind blur[:STRENGTH] asks for."""
        strength: Any = getattr(self.filters[0], "strength", 0.0) if self.background.kind == "blur" else 0.0
        return float(strength)

    @property
    def least_blur(self) -> float:
        """The room that is blurred less than this is the room as it is; a background that hides it needs no blur."""
        return _LEAST_BLUR if self.background.kind == "blur" else 0.0

    def blurred(self, strength: float) -> tuple[Filter, ...]:
        """The filters that show it blurred, from `least_blur` to 100."""
        background, blurs = blurred(self.background.text, strength)
        if self.background.kind == "blur":
            return (parse_filter(background),)
        return (*self.filters, *map(parse_filter, blurs))


def stamps_of(paths: Sequence[Path]) -> tuple[int, ...]:
    """When the files were last changed; empty while one of them is not there."""
    try:
        return tuple(path.stat().st_mtime_ns for path in paths)
    except OSError:
        return ()


def stamps_of_network(weights: Path | None) -> tuple[int, ...]:
    """When the weights, and the .onnx file beside them, were last changed; empty for the shipped ones."""
    return () if weights is None else stamps_of((weights, weights.with_suffix(".onnx")))
