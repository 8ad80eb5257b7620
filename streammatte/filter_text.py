"""The grammar of `--filter`: ``NAME:key=value,key=value`` becomes a filter."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from streammatte.errors import FilterError, StreammatteError, about
from streammatte.parameters import Parameter, describe
from streammatte.plugins import load_filter

if TYPE_CHECKING:
    from streammatte.stages import Filter

__all__ = ["join_filter", "parse_filter", "split_filter"]

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
    with about(text):
        name, texts = split_filter(text)
        factory = load_filter(name)
        parameters = describe(factory)
        usage = _usage(name, parameters)
        values = {}
        for each in parameters:
            if each.name in texts:
                try:
                    values[each.name] = each.value(texts[each.name])
                except ValueError as error:
                    problem = f"{each.name} cannot be {str(error)!r} in the filter {text!r}"
                    raise FilterError(problem, remedy=usage) from None
            elif each.default is None:
                raise FilterError(f"the filter {text!r} lacks its {each.name}", remedy=usage)
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
    parameters = describe(load_filter(name))
    usage = _usage(name, parameters)
    known = [each.name for each in parameters]
    values: dict[str, str] = {}
    end = 0
    while end < len(rest):
        part = _PART.match(rest, end)
        if part is None:
            raise FilterError(f'{rest[end:]!r} in the filter {text!r} cannot be read; expected "VALUE" and a comma')
        key, quoted, bare = part.groups()
        if key is None and known and not values:
            key = known[0]
        if key is None:
            raise FilterError(
                f"{part[0]!r} is no key=value in the filter {text!r}",
                remedy=f'{usage}; the first value needs no key, and one with a comma or = stands in "double quotes"',
            )
        if key not in known:
            raise FilterError(f"there is no parameter {key!r} in the filter {text!r}", remedy=usage)
        if key in values:
            raise FilterError(f"{key} stands twice in the filter {text!r}; expected it once")
        values[key] = bare if quoted is None else quoted
        end = part.end()
    return name, values


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


def _usage(name: str, parameters: list[Parameter]) -> str:
    """What to write instead."""
    return f"{name} takes {', '.join(map(str, parameters)) or 'no parameters'}"
