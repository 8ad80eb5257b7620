"""Filters by name: found among the installed distributions, imported when asked for.

A distribution offers a filter among its entry points; the filters that come with streammatte are found the same way::

    [project.entry-points."streammatte.filters"]
    blur = "streammatte_filters.blur:BackgroundBlur"
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING

from streammatte.errors import FilterError

if TYPE_CHECKING:  # so that listing filters stays light
    from streammatte.stages import Filter

__all__ = ["FilterEntry", "filter_names", "load_filter"]

_GROUP = "streammatte.filters"


@dataclass(frozen=True)
class FilterEntry:
    """An installed filter, known without importing it.

    Attributes
    ----------
    name : str
        What `load_filter` and `parse_filter` call it.
    owner : str
        The distribution that brings it, and its version: ``streammatte 0.2.0``.
    target : str
        Where it is: ``module:name``.
    usable : bool
        False where another package took a name that is built in.
    """

    name: str
    owner: str
    target: str
    usable: bool = True


def filter_names() -> list[FilterEntry]:
    """Return all installed filters by name, importing none of them."""
    entries = list(entry_points(group=_GROUP))
    reserved = {entry.name for entry in entries if _is_built_in(entry)}
    found = [
        FilterEntry(entry.name, _owner(entry), entry.value, _is_built_in(entry) or entry.name not in reserved)
        for entry in entries
    ]
    return sorted(found, key=lambda entry: (entry.name, not entry.usable, entry.owner))


def load_filter(name: str) -> Callable[..., Filter]:
    """Import the filter called `name` and return what makes it: mostly a class.

    A built-in filter is never replaced by one of another package that has its name.

    Raises
    ------
    FilterError
        If there is none of this name, or more than one, or it cannot be imported.
    """
    entries = sorted(entry_points(group=_GROUP, name=name), key=_owner)
    entries = [entry for entry in entries if _is_built_in(entry)] or entries
    if not entries:
        raise _unknown(name)
    if len(entries) > 1:
        owners = " and ".join(map(_owner, entries))
        raise FilterError(f"both {owners} bring a filter {name!r}; expected one", remedy="uninstall the other")
    (entry,) = entries
    try:
        factory = entry.load()
    except Exception as error:  # whatever a stranger's module does when it is imported
        reason = f"{type(error).__name__}: {error}"
        raise FilterError(
            f"the filter {name!r} of {_owner(entry)} cannot be imported ({reason})",
            remedy="update or uninstall that package",
        ) from error
    if not callable(factory):
        raise FilterError(f"the filter {name!r} of {_owner(entry)} is no class ({entry.value}); expected a class")
    return factory  # type: ignore[no-any-return]


def _is_built_in(entry: EntryPoint) -> bool:
    return entry.dist is not None and entry.dist.name == "streammatte"


def _owner(entry: EntryPoint) -> str:
    return f"{entry.dist.name} {entry.dist.version}" if entry.dist else entry.value


def _unknown(name: str) -> FilterError:
    names = sorted({entry.name for entry in filter_names()})
    nearest = get_close_matches(name, names, n=1)
    remedy = f"did you mean {nearest[0]!r}?" if nearest else "install the package that brings it"
    known = ", ".join(names) or "none (no filter is installed)"
    return FilterError(f"there is no filter {name!r}; expected one of {known}", remedy=remedy)
