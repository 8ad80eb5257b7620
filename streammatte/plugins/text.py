"""The grammar of `--filter` and `--matter`: ``NAME:key=value,key=value`` becomes a filter or a matter."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from streammatte.errors import FilterError, StreammatteError, about
from streammatte.plugins.parameters import Parameter, describe
from streammatte.plugins.registry import FILTERS, MATTERS, PluginKind

if TYPE_CHECKING:
    from streammatte.stages import Filter, Matter

__all__ = ["files_of", "join_filter", "parse_filter", "parse_matter", "split_filter", "split_matter"]

_PART = re.compile(r'(?:(\w+)=)?(?:"([^"]*)"|((?!")[^,]*))(?:,|$)')
"""One ``key=value``: key, value in quotes, value without."""


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
    return _parse(FILTERS, text, {})  # type: ignore[no-any-return]


def parse_matter(text: str, **otherwise: Any) -> Matter:
    """Make a matter from a line of text.

    Parameters
    ----------
    text : str
        As `parse_filter` takes it: ``streammatte:quality=best``, ``onnx:model=modnet.onnx``.
    **otherwise
        Values of parameters that the text does not set. What the matter does not take is left out.

    Raises
    ------
    UsageError
        If the matter or a parameter is unknown, one is missing, or a value is not of its type.
    StreammatteError
        As the matter itself raises, such as WeightsError for a file that does not fit.
    """
    return _parse(MATTERS, text, otherwise)  # type: ignore[no-any-return]


def split_filter(text: str) -> tuple[str, dict[str, str]]:
    """Return the name and the values, as text by parameter, of what `parse_filter` takes, without making the filter.

    Raises
    ------
    FilterError
        If the filter or a parameter is unknown.
    """
    return _split(FILTERS, text)


def files_of(texts: Iterable[str]) -> list[Path]:
    """Return the files that filters may read: each value, as a path.

    Raises
    ------
    FilterError
        If a filter or a parameter is unknown.
    """
    return [Path(value) for text in texts for value in split_filter(text)[1].values()]


def split_matter(text: str) -> tuple[str, dict[str, str]]:
    """Return the name and the values, as text by parameter, of what `parse_matter` takes, without making the matter.

    Raises
    ------
    UsageError
        If the matter or a parameter is unknown.
    """
    return _split(MATTERS, text)


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


def _parse(kind: PluginKind, text: str, otherwise: Mapping[str, Any]) -> Any:
    with about(text):
        name, texts = _split(kind, text)
        factory = kind.load(name)
        parameters = describe(factory)
        usage, which = _usage(name, parameters), f"the {kind.noun} {text!r}"
        values = {}
        for each in parameters:
            if each.name in texts:
                try:
                    values[each.name] = each.value(texts[each.name])
                except ValueError as error:
                    raise kind.error(f"{each.name} cannot be {str(error)!r} in {which}", remedy=usage) from None
            elif each.name in otherwise:
                values[each.name] = otherwise[each.name]
            elif each.default is None:
                raise kind.error(f"{which} lacks its {each.name}", remedy=usage)
        try:
            return factory(**values)
        except StreammatteError:
            raise
        except Exception as error:  # whatever a stranger's class raises
            raise kind.error(f"{which} cannot start: {error}", remedy=usage) from error


def _split(kind: PluginKind, text: str) -> tuple[str, dict[str, str]]:
    name, _, rest = text.partition(":")
    name = name.strip()
    parameters = describe(kind.load(name))
    usage, which = _usage(name, parameters), f"the {kind.noun} {text!r}"
    known = [each.name for each in parameters]
    values: dict[str, str] = {}
    end = 0
    while end < len(rest):
        part = _PART.match(rest, end)
        if part is None:
            raise kind.error(f'{rest[end:]!r} in {which} cannot be read; expected "VALUE" and a comma')
        key, quoted, bare = part.groups()
        if key is None and known and not values:
            key = known[0]
        if key is None:
            raise kind.error(
                f"{part[0]!r} is no key=value in {which}",
                remedy=f'{usage}; the first value needs no key, and one with a comma or = stands in "double quotes"',
            )
        if key not in known:
            raise kind.error(f"there is no parameter {key!r} in {which}", remedy=usage)
        if key in values:
            raise kind.error(f"{key} stands twice in {which}; expected it once")
        values[key] = bare if quoted is None else quoted
        end = part.end()
    return name, values


def _usage(name: str, parameters: list[Parameter]) -> str:
    """What to write instead."""
    return f"{name} takes {', '.join(map(str, parameters)) or 'no parameters'}"
