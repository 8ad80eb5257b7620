"""What the numbers that filters take may be."""

from __future__ import annotations

from streammatte import FilterError

__all__ = ["within"]


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
