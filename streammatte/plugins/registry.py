"""Filters and matters by name: found among the installed distributions, imported when asked for.

A distribution offers them among its entry points; those that come with streammatte are found the same way::

    [project.entry-points."streammatte.filters"]
    blur = "streammatte_filters.blur:BackgroundBlur"

    [project.entry-points."streammatte.matters"]
    onnx = "streammatte.matting.onnx_matter:OnnxMatter"
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING, Any

from streammatte.errors import FilterError, UsageError

if TYPE_CHECKING:  # so that listing them stays light
    from streammatte.stages import Filter, Matter

__all__ = [
    "FILTERS",
    "MATTERS",
    "Plugin",
    "PluginKind",
    "filter_names",
    "load_filter",
    "load_matter",
    "matter_names",
]


@dataclass(frozen=True)
class Plugin:
    """An installed filter or matter, known without importing it.

    Attributes
    ----------
    name : str
        What the command line calls it.
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


@dataclass(frozen=True)
class PluginKind:
    """What can be plugged in.

    Attributes
    ----------
    noun : str
        What one is called. In the plural, it ends the name of the group of entry points.
    error : type
        What is raised where one cannot be had.
    """

    noun: str
    error: type[UsageError]

    def names(self) -> list[Plugin]:
        """Return all that are installed by name, importing none of them."""
        entries = self._entries()
        reserved = {entry.name for entry in entries if _is_built_in(entry)}
        found = [
            Plugin(entry.name, _owner(entry), entry.value, _is_built_in(entry) or entry.name not in reserved)
            for entry in entries
        ]
        return sorted(found, key=lambda plugin: (plugin.name, not plugin.usable, plugin.owner))

    def load(self, name: str) -> Callable[..., Any]:
        """Import the one called `name` and return what makes it; built-in ones are never replaced."""
        entries = sorted((entry for entry in self._entries() if entry.name == name), key=_owner)
        entries = [entry for entry in entries if _is_built_in(entry)] or entries
        if not entries:
            raise self._unknown(name)
        if len(entries) > 1:
            owners = " and ".join(map(_owner, entries))
            raise self.error(f"both {owners} bring a {self.noun} {name!r}; expected one", remedy="uninstall the other")
        (entry,) = entries
        which = f"the {self.noun} {name!r} of {_owner(entry)}"
        try:
            factory = entry.load()
        except Exception as error:  # whatever a stranger's module does when it is imported
            reason = f"{type(error).__name__}: {error}"
            raise self.error(
                f"{which} cannot be imported ({reason})", remedy="update or uninstall that package"
            ) from error
        if not callable(factory):
            raise self.error(f"{which} is no class ({entry.value}); expected a class")
        return factory  # type: ignore[no-any-return]

    def _entries(self) -> list[EntryPoint]:
        return list(entry_points(group=f"streammatte.{self.noun}s"))

    def _unknown(self, name: str) -> UsageError:
        names = sorted({plugin.name for plugin in self.names()})
        if not names:
            return self.error(
                f"there is no {self.noun} {name!r}, as none is installed; expected those that come with streammatte",
                remedy="install streammatte again: what was installed is of an earlier version",
            )
        nearest = get_close_matches(name, names, n=1)
        remedy = f"did you mean {nearest[0]!r}?" if nearest else "install the package that brings it"
        return self.error(f"there is no {self.noun} {name!r}; expected one of {', '.join(names)}", remedy=remedy)


FILTERS = PluginKind("filter", FilterError)
MATTERS = PluginKind("matter", UsageError)


def filter_names() -> list[Plugin]:
    """Return all installed filters by name, importing none of them."""
    return FILTERS.names()


def load_filter(name: str) -> Callable[..., Filter]:
    """Import the filter called `name` and return what makes it: mostly a class.

    A built-in filter is never replaced by one of another package that has its name.

    Raises
    ------
    FilterError
        If there is none of this name, or more than one, or it cannot be imported.
    """
    return FILTERS.load(name)


def matter_names() -> list[Plugin]:
    """Return all installed matters by name, importing none of them."""
    return MATTERS.names()


def load_matter(name: str) -> Callable[..., Matter]:
    """Import the matter called `name` and return what makes it: a class or a function.

    A built-in matter is never replaced by one of another package that has its name.

    Raises
    ------
    UsageError
        If there is none of this name, or more than one, or it cannot be imported.
    """
    return MATTERS.load(name)


def _is_built_in(entry: EntryPoint) -> bool:
    return entry.dist is not None and entry.dist.name == "streammatte"


def _owner(entry: EntryPoint) -> str:
    return f"{entry.dist.name} {entry.dist.version}" if entry.dist else entry.value
