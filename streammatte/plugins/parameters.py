"""The parameters of whatever is made from text: what they are called, what their text must be, what it becomes."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from streammatte.errors import UsageError

__all__ = ["Parameter", "describe"]

_SWITCH = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}

_NAMED = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


@dataclass(frozen=True)
class Parameter:
    """A parameter.

    Attributes
    ----------
    name : str
    type : str
        What its text must be: ``number``, ``path``, ``cover or contain``.
    default : str or None
        Its value when left out; None where it must be given.
    doc : str
        What it means, in one paragraph; empty where that is not documented.
    annotation : type
        What its value is in Python.
    """

    name: str
    type: str
    default: str | None
    doc: str
    annotation: Any = field(default=str, repr=False, compare=False)

    def __str__(self) -> str:
        """As it stands in a list of what may be given."""
        return f"{self.name} ({self.type}, {self.default or 'required'})"

    def value(self, text: str) -> Any:
        """Return what `text` stands for; ValueError where it is none of this type."""
        for kind in _alternatives(self.annotation):
            with suppress(ValueError, KeyError):
                return _convert(text, kind)
        raise ValueError(text)


def describe(factory: Callable[..., object]) -> list[Parameter]:
    """Return the parameters of a class, in order, with what its numpydoc docstring says of them.

    Raises
    ------
    UsageError
        If they cannot be read.
    """
    try:
        signature = inspect.signature(factory, eval_str=True)
    except (NameError, TypeError, ValueError) as error:
        name = getattr(factory, "__qualname__", repr(factory))
        raise UsageError(
            f"the parameters of {name} cannot be read ({error}); expected a class with typed parameters"
        ) from error
    docs = _documented(inspect.getdoc(factory) or "")
    return [
        Parameter(key, _type_name(each.annotation), _default(each), docs.get(key, ""), each.annotation)
        for key, each in signature.parameters.items()
        if each.kind in _NAMED
    ]


def _convert(text: str, kind: Any) -> Any:
    if get_origin(kind) is Literal:
        return {str(value): value for value in get_args(kind)}[text]
    if kind is bool:
        return _SWITCH[text.lower()]
    if kind is NoneType:
        return {"none": None}[text.lower()]
    if kind is float and not isfinite(float(text)):
        raise ValueError(text)
    return kind(text) if kind in (int, float, Path) else text


def _alternatives(annotation: Any) -> tuple[Any, ...]:
    """The members of a union, the emptiest first; of anything else, itself."""
    if get_origin(annotation) in (Union, UnionType):
        return tuple(sorted(get_args(annotation), key=lambda kind: (kind is str, kind is not NoneType)))
    return (annotation,)


def _type_name(annotation: Any) -> str:
    names = {str: "text", int: "whole number", float: "number", bool: "yes or no", Path: "path", NoneType: "none"}
    parts: list[str] = []
    kinds = _alternatives(annotation)
    for kind in kinds if Path not in kinds else [each for each in kinds if each is not str]:  # any text is a path
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


def _documented(doc: str) -> dict[str, str]:
    """What a numpydoc docstring says of each parameter, as one paragraph."""
    _, _, section = doc.partition("Parameters\n----------\n")
    section = re.split(r"^.+\n-{3,}$", section, maxsplit=1, flags=re.MULTILINE)[0]
    entries = re.findall(r"^(\S[^:\n]*).*\n((?:[ \t]+.*(?:\n|$)|\n)+)", section, flags=re.MULTILINE)
    return {name.strip(): " ".join(text.split()) for names, text in entries for name in names.split(",")}
