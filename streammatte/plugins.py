"""Filters by name: found among the installed distributions, imported when asked for, made from a line of text.

A distribution offers a filter among its entry points; the filters that come with streammatte are found the same way::

    [project.entry-points."streammatte.filters"]
    blur = "streammatte_filters.blur:BackgroundBlur"
"""

from __future__ import annotations

import inspect
import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from streammatte.errors import FilterError, StreammatteError
from streammatte.stages import Filter

__all__ = ["FilterEntry", "Parameter", "describe", "filter_names", "load_filter", "parse_filter"]

_GROUP = "streammatte.filters"

_SWITCH = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}


@dataclass(frozen=True)
class FilterEntry:
    """An installed filter, known without importing it.

    Attributes
    ----------
    name : str
        What `load_filter` and `parse_filter` call it.
    owner : str
        The distribution that brings it, and its version: ``streammatte 0.1.0``.
    target : str
        Where it is: ``module:name``.
    """

    name: str
    owner: str
    target: str


@dataclass(frozen=True)
class Parameter:
    """A parameter of a filter.

    Attributes
    ----------
    name : str
    type : str
        What its text must be: ``number``, ``path``, ``cover or contain``.
    default : str or None
        Its value when left out; None where it must be given.
    doc : str
        What it means, in one paragraph; empty where that is not documented.
    """

    name: str
    type: str
    default: str | None
    doc: str


def filter_names() -> list[FilterEntry]:
    """Return all installed filters by name, importing none of them."""
    found = [FilterEntry(entry.name, _owner(entry), entry.value) for entry in entry_points(group=_GROUP)]
    return sorted(found, key=lambda entry: (entry.name, entry.owner))


def load_filter(name: str) -> Callable[..., Filter]:
    """Import the filter called `name` and return what makes it: mostly a class.

    Raises
    ------
    FilterError
        If there is none of this name, or more than one, or it cannot be imported.
    """
    entries = list(entry_points(group=_GROUP, name=name))
    if not entries:
        raise FilterError(_unknown(name))
    if len(entries) > 1:
        owners = " and ".join(sorted(_owner(entry) for entry in entries))
        raise FilterError(f"both {owners} bring a filter {name!r}; expected one: uninstall the other")
    (entry,) = entries
    try:
        factory = entry.load()
    except Exception as error:  # whatever a stranger's module does when it is imported
        reason = f"{type(error).__name__}: {error}"
        raise FilterError(
            f"the filter {name!r} of {_owner(entry)} cannot be imported ({reason}); update or uninstall that package"
        ) from error
    if not callable(factory):
        raise FilterError(f"the filter {name!r} of {_owner(entry)} is no class ({entry.value}); expected a class")
    return factory  # type: ignore[no-any-return]


def parse_filter(text: str) -> Filter:
    """Make a filter from a line of text.

    Parameters
    ----------
    text : str
        ``NAME`` or ``NAME:key=value,key=value``. The first value may stand without its key: ``blur:20``. A value with a
        comma stands in double quotes: ``image:"beach, evening.jpg"``.

    Raises
    ------
    FilterError
        If the filter or a parameter is unknown, one is missing, or a value is not of its type.
    StreammatteError
        As the filter itself raises, such as MediaError for a picture that cannot be read.
    """
    name, _, rest = text.partition(":")
    name = name.strip()
    factory = load_filter(name)
    parameters = _signature(factory, name)
    values = {
        key: _convert(value, parameters[key].annotation, f"{key} of the filter {name!r}")
        for key, value in _assignments(rest, name, parameters).items()
    }
    for key, parameter in parameters.items():
        if parameter.default is parameter.empty and key not in values:
            raise FilterError(f"the filter {name!r} lacks its {key}; {_usage(name, parameters)}")
    try:
        return factory(**values)
    except StreammatteError:
        raise
    except Exception as error:  # whatever a stranger's filter raises
        raise FilterError(f"the filter {text!r} cannot start: {error}; {_usage(name, parameters)}") from error


def describe(factory: Callable[..., Filter]) -> list[Parameter]:
    """Return the parameters of a filter, in order, with what its numpydoc docstring says of them."""
    docs = _documented(inspect.getdoc(factory) or "")
    return [
        Parameter(key, _type_name(parameter.annotation), _default(parameter), docs.get(key, ""))
        for key, parameter in _signature(factory, getattr(factory, "__name__", "?")).items()
    ]


def _owner(entry: EntryPoint) -> str:
    return f"{entry.dist.name} {entry.dist.version}" if entry.dist else entry.value


def _unknown(name: str) -> str:
    names = sorted({entry.name for entry in filter_names()})
    nearest = get_close_matches(name, names, n=1)
    hint = f"did you mean {nearest[0]!r}?" if nearest else "install the package that brings it"
    return f"there is no filter {name!r}; expected one of {', '.join(names) or 'none (no filter is installed)'}; {hint}"


def _signature(factory: Callable[..., Filter], name: str) -> dict[str, inspect.Parameter]:
    try:
        parameters = inspect.signature(factory, eval_str=True).parameters
    except (NameError, TypeError, ValueError) as error:
        raise FilterError(
            f"the parameters of the filter {name!r} cannot be read ({error}); expected a class with typed parameters"
        ) from error
    named = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return {key: parameter for key, parameter in parameters.items() if parameter.kind in named}


def _assignments(text: str, name: str, parameters: dict[str, inspect.Parameter]) -> dict[str, str]:
    """Split ``value,key=value`` into values by parameter."""
    lexer = shlex.shlex(text, posix=True, punctuation_chars=False)
    lexer.whitespace, lexer.whitespace_split, lexer.quotes, lexer.escape, lexer.commenters = ",", True, '"', "", ""
    try:
        parts = list(lexer)
    except ValueError as error:
        raise FilterError(f"a double quote is not closed in {name}:{text}; expected a second one") from error
    values: dict[str, str] = {}
    for place, part in enumerate(parts):
        key, equals, value = part.partition("=")
        if not equals and place == 0 and parameters:
            key, value = next(iter(parameters)), part
        elif not equals:
            raise FilterError(
                f"{part!r} in {name}:{text} is no key=value; only the first value may stand without its key, "
                f'and a value with a comma stands in "double quotes"; {_usage(name, parameters)}'
            )
        key = key.strip()
        if key not in parameters:
            raise FilterError(f"the filter {name!r} has no parameter {key!r}; {_usage(name, parameters)}")
        if key in values:
            raise FilterError(f"{key} stands twice in {name}:{text}; expected it once")
        values[key] = value
    return values


def _convert(text: str, annotation: Any, place: str) -> Any:
    """Turn `text` into a value of the annotated type."""
    for kind in _alternatives(annotation):
        try:
            return _convert_to(text, kind)
        except (ValueError, KeyError):
            continue
    raise FilterError(f"{place} cannot be {text!r}; expected {_type_name(annotation)}")


def _convert_to(text: str, kind: Any) -> Any:
    if get_origin(kind) is Literal:
        return {str(value): value for value in get_args(kind)}[text]
    if kind is bool:
        return _SWITCH[text.lower()]
    if kind is NoneType:
        return {"none": None}[text.lower()]
    if kind in (int, float, Path):
        return kind(text)
    return text


def _alternatives(annotation: Any) -> tuple[Any, ...]:
    """The members of a union, the emptiest first; of anything else, itself."""
    if get_origin(annotation) in (Union, UnionType):
        return tuple(sorted(get_args(annotation), key=lambda kind: (kind is str, kind is not NoneType)))
    return (annotation,)


def _type_name(annotation: Any) -> str:
    names = {str: "text", int: "whole number", float: "number", bool: "yes or no", Path: "path", NoneType: "none"}
    parts: list[str] = []
    for kind in _alternatives(annotation):
        parts.extend(map(str, get_args(kind)) if get_origin(kind) is Literal else [names.get(kind, "text")])
    return " or ".join(dict.fromkeys(parts))


def _default(parameter: inspect.Parameter) -> str | None:
    if parameter.default is parameter.empty:
        return None
    if isinstance(parameter.default, bool):
        return "yes" if parameter.default else "no"
    return "none" if parameter.default is None else str(parameter.default)


def _usage(name: str, parameters: dict[str, inspect.Parameter]) -> str:
    """What to write instead."""
    if not parameters:
        return f"{name} takes no parameters"
    takes = []
    for key, parameter in parameters.items():
        default = _default(parameter)
        takes.append(f"{key} ({_type_name(parameter.annotation)}, {default or 'required'})")
    return f"{name} takes {', '.join(takes)}"


def _documented(doc: str) -> dict[str, str]:
    """What a numpydoc docstring says of each parameter, as one paragraph."""
    _, _, section = doc.partition("Parameters\n----------\n")
    section = re.split(r"^.+\n-{3,}$", section, maxsplit=1, flags=re.MULTILINE)[0]
    entries = re.findall(r"^(\S[^:\n]*).*\n((?:[ \t]+.*(?:\n|$)|\n)+)", section, flags=re.MULTILINE)
    return {name.strip(): " ".join(text.split()) for names, text in entries for name in names.split(",")}
