"""What the values that filters take may be."""

from __future__ import annotations

from collections.abc import Collection
from typing import TypeVar

from streammatte import FilterError

__all__ = ["among", "within"]


T = TypeVar("T", bound=str)


def among(name: str, value: T, values: Collection[str]) -> T:
    """Return a word that must be one of those that there are.

    Raises
    ------
    FilterError
        If it is not.
    """
    if value not in values:
        raise FilterError(f"{name} is {value!r}; expected one of {', '.join(values)}")
    return value


def within(name: str, value: float, most: float = 100) -> float:
    """Return a number that must be from 0 to `most`.

    Raises
    ------
    FilterError
        If it is not.
    """
    if not 0 <= value <= most:
        raise FilterError(f"{name} is {value:g}; expected 0 (none) to {most:g}")
    return value
