"""Filters by name: found among the installed distributions, imported when asked for, made from a line of text.

A distribution offers a filter among its entry points; the filters that come with streammatte are found the same way::

    [project.entry-points."streammatte.filters"]
    blur = "streammatte_filters.blur:BackgroundBlur"
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from difflib import get_close_matches
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Any, Literal, Union, get_args, get_origin

from streammatte.errors import FilterError, StreammatteError, about

if TYPE_CHECKING:  # so that listing filters stays light
    from streammatte.stages import Filter

__all__ = [
    "FilterEntry",
    "Parameter",
    "describe",
    "filter_names",
    "join_filter",
    "load_filter",
    "parse_filter",
    "split_filter",
]

_GROUP = "streammatte.filters"

_PART = re.compile(r'(?:(\w+)=)?(?:"([^"]*)"|((?!")[^,]*))(?:,|$)')
"""One ``key=value``: key, value in quotes, value without."""

_SWITCH = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}


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
        ``NAME`` or ``NAME:key=value,key=value``. The first value needs no key: ``blur:20``. A value with a comma, or a
        first one with an equals sign, stands in double quotes: ``image:"beach, evening.jpg"``.

    Raises
    ------
    FilterError
        If the filter or a parameter is unknown, one is missing, or a value is not of its type.
    StreammatteError
        As the filter itself raises, such as MediaError for a picture that cannot be read.
    """
    with about(text):
        name, texts = split_filter(text)
        factory = load_filter(name)
        parameters = _signature(factory, name)
        usage = _usage(name, parameters)
        values = {}
        for key, value in texts.items():
            try:
                values[key] = _convert(value, parameters[key].annotation)
            except ValueError:
                raise FilterError(f"{key} cannot be {value!r} in the filter {text!r}", remedy=usage) from None
        for key, parameter in parameters.items():
            if parameter.default is parameter.empty and key not in values:
                raise FilterError(f"the filter {text!r} lacks its {key}", remedy=usage)
        try:
            return factory(**values)
        except StreammatteError:
            raise
        except Exception as error:  # whatever a stranger's filter raises
            raise FilterError(f"the filter {text!r} cannot start: {error}", remedy=usage) from error


def split_filter(text: str) -> tuple[str, dict[str, str]]:
    """Return the name and the values, as text by parameter, of what `parse_filter` takes, without making the filter.

    Raises
    ------
    FilterError
        If the filter or a parameter is unknown.
    """
    name, _, rest = text.partition(":")
    name = name.strip()
    parameters = _signature(load_filter(name), name)
    return name, _assignments(text, rest, parameters, _usage(name, parameters))


def join_filter(name: str, values: dict[str, str]) -> str:
    """Return what `parse_filter` takes for a filter with these values; the inverse of `split_filter`.

    Raises
    ------
    FilterError
        If a value has a double quote in it.
    """
    for key, value in values.items():
        if '"' in value:
            raise FilterError(f"{key} of the filter {name!r} cannot be {value!r}; expected one without double quotes")
    parts = [f'{key}="{value}"' if re.search("[,=]", value) else f"{key}={value}" for key, value in values.items()]
    return f"{name}:{','.join(parts)}" if parts else name


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


def _assignments(text: str, rest: str, parameters: dict[str, inspect.Parameter], usage: str) -> dict[str, str]:
    """Split `rest` of the filter `text` into values by parameter."""
    values: dict[str, str] = {}
    end = 0
    while end < len(rest):
        part = _PART.match(rest, end)
        if part is None:
            raise FilterError(f'{rest[end:]!r} in the filter {text!r} cannot be read; expected "VALUE" and a comma')
        key, quoted, bare = part.groups()
        if key is None and not values and parameters:
            key = next(iter(parameters))
        if key is None:
            raise FilterError(
                f"{part[0]!r} is no key=value in the filter {text!r}; {usage}; "
                'the first value needs no key, and one with a comma or = stands in "double quotes"'
            )
        if key not in parameters:
            raise FilterError(f"there is no parameter {key!r} in the filter {text!r}; {usage}")
        if key in values:
            raise FilterError(f"{key} stands twice in the filter {text!r}; expected it once")
        values[key] = bare if quoted is None else quoted
        end = part.end()
    return values


def _convert(text: str, annotation: Any) -> Any:
    """Turn `text` into a value of the annotated type; ValueError where it is none."""
    for kind in _alternatives(annotation):
        with suppress(ValueError, KeyError):
            return _convert_to(text, kind)
    raise ValueError


def _convert_to(text: str, kind: Any) -> Any:
    if get_origin(kind) is Literal:
        return {str(value): value for value in get_args(kind)}[text]
    if kind is bool:
        return _SWITCH[text.lower()]
    if kind is NoneType:
        return {"none": None}[text.lower()]
    return kind(text) if kind in (int, float, Path) else text


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
    if isinstance(parameter.default, float):
        return f"{parameter.default:g}"
    return "none" if parameter.default is None else str(parameter.default)


def _usage(name: str, parameters: dict[str, inspect.Parameter]) -> str:
    """What to write instead."""
    if not parameters:
        return f"{name} takes no parameters"
    takes = ", ".join(
        f"{key} ({_type_name(parameter.annotation)}, {_default(parameter) or 'required'})"
        for key, parameter in parameters.items()
    )
    return f"{name} takes {takes}"


def _documented(doc: str) -> dict[str, str]:
    """What a numpydoc docstring says of each parameter, as one paragraph."""
    _, _, section = doc.partition("Parameters\n----------\n")
    section = re.split(r"^.+\n-{3,}$", section, maxsplit=1, flags=re.MULTILINE)[0]
    entries = re.findall(r"^(\S[^:\n]*).*\n((?:[ \t]+.*(?:\n|$)|\n)+)", section, flags=re.MULTILINE)
    return {name.strip(): " ".join(text.split()) for names, text in entries for name in names.split(",")}
