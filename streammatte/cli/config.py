"""The user's config file: reading it, saying where in it a mistake stands, and changing one of its tables."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from streammatte.errors import UsageError

__all__ = ["ConfigFile", "Keys"]

Keys = tuple[str, ...]
"""The way to a value: ("profile", "office", "webcam", "bg")."""


class _Statement(NamedTuple):
    """A table's header or a key with its value, and the lines it stands on, counted from 0."""

    keys: Keys
    table: Keys
    is_header: bool
    lines: range

    def says(self, keys: Keys) -> bool:
        """Whether it sets what stands at `keys`."""
        return self.keys[: len(keys)] == keys or (not self.is_header and keys[: len(self.keys)] == self.keys)


@dataclass(frozen=True)
class ConfigFile:
    """A config file as it was read; one that is not there is empty.

    Attributes
    ----------
    path : Path
    text : str
    tables : dict
        What the text says.
    """

    path: Path
    text: str = ""
    tables: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def read(cls) -> ConfigFile:
        """Read the file at the platform's own place.

        Raises
        ------
        UsageError
            If it cannot be read, or is not TOML.
        """
        from platformdirs import user_config_path

        path = user_config_path("streammatte", appauthor=False) / "config.toml"
        try:
            text = path.read_bytes().decode("utf-8-sig")
        except FileNotFoundError:
            return cls(path)
        except OSError as error:
            raise UsageError(f"{path} cannot be read ({error.strerror})", remedy="check its permissions") from error
        except UnicodeDecodeError as error:
            line = error.object.count(b"\n", 0, error.start) + 1
            raise UsageError(f"{path}:{line}: this is not UTF-8", remedy="save the file as UTF-8") from error
        try:
            return cls(path, text, _parse(text))
        except ValueError as error:
            reason, _, place = str(error).partition(" (at ")
            number = re.match(r"line (\d+)", place)
            line = int(number[1]) if number else _unread_line(text)
            content = text.split("\n")[line - 1].strip()
            twice = reason.startswith("Cannot")  # declare or overwrite
            remedy = "keep one of the two" if twice else 'expected KEY = "TEXT", a number, true, false, or a [TABLE]'
            raise UsageError(f"{path}:{line}: {content}: this is not TOML ({reason}); {remedy}") from error

    def place(self, keys: Keys) -> str:
        """Return FILE:LINE of what stands at `keys`."""
        line = next((each.lines.start + 1 for each in _statements(self.text) if each.says(keys)), 1)
        return f"{self.path}:{line}"

    def mistake(self, keys: Keys, message: str) -> UsageError:
        """Return the error to raise for what stands at `keys`."""
        return UsageError(f"{self.place(keys)}: {keys[-1]}: {message}")

    def table(self, *keys: str) -> dict[str, Any]:
        """Return the table at `keys`, empty where there is none.

        Raises
        ------
        UsageError
            If something else stands there.
        """
        found: Any = self.tables
        for depth, key in enumerate(keys, 1):
            found = found.get(key, {})
            if not isinstance(found, dict):
                raise self.mistake(keys[:depth], f"expected a table, [{_header(keys[:depth])}]")
        return dict(found)

    def with_table(self, keys: Keys, values: Mapping[str, Any]) -> str:
        """Return the text with the table at `keys` holding `values` and nothing else; all other lines stay as they are.

        Raises
        ------
        UsageError
            If the table is not written under a header of its own.
        """
        added = {key: f"{key} = {_toml(value)}" for key, value in values.items()}
        lines = self.text.replace("\r\n", "\n").removesuffix("\n").split("\n") if self.text else []
        own = [each for each in _statements(self.text) if each.table == keys]
        end = own[-1].lines.stop if own else len(lines)
        new = list(added.values()) if own else [*[""] * bool(lines), f"[{_header(keys)}]", *added.values()]
        for each in reversed(own):
            key = each.keys[-1]
            if not each.is_header:  # a value that stays keeps its place among the comments
                kept = [added[key]] if key in added else []
                lines[each.lines.start : each.lines.stop] = kept
                end -= len(each.lines) - len(kept)
                new = [line for line in new if line not in kept]
        lines[end:end] = new
        text = "\n".join([*lines, ""])

        expected = deepcopy(self.tables)
        try:
            inner = expected
            for key in keys[:-1]:
                inner = inner.setdefault(key, {})
            inner[keys[-1]] = dict(values)
            if _parse(text) == expected:
                return text.replace("\n", "\r\n") if "\r\n" in self.text else text
        except (ValueError, TypeError, AttributeError):  # no TOML, or no table where one is expected
            pass
        raise self.mistake(
            keys, f"this cannot be replaced; expected a header [{_header(keys)}] and one key a line below it"
        )


def _parse(text: str) -> dict[str, Any]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    return tomllib.loads(text)


def _statements(text: str) -> Iterator[_Statement]:
    """Cut TOML into its statements: the fewest lines that can be read by themselves."""
    lines, start, table = text.split("\n"), 0, Keys()
    for stop in range(1, len(lines) + 1):
        chunk = "\n".join([*lines[start:stop], ""])
        try:
            found = _parse(chunk)
        except ValueError:
            continue
        if found:
            keys = _only_keys(found)
            is_header = chunk.lstrip().startswith("[")
            if is_header:
                table = keys
            yield _Statement(keys if is_header else table + keys, table, is_header, range(start, stop))
        start = stop


def _only_keys(table: Any) -> Keys:
    keys = Keys()
    while isinstance(table, dict) and len(table) == 1:
        ((key, table),) = table.items()
        keys += (key,)
    return keys


def _unread_line(text: str) -> int:
    """Return the number of the line at which the first statement begins that has no end."""
    line = max((each.lines.stop for each in _statements(text)), default=0)
    lines = text.split("\n")
    while line < len(lines) - 1 and lines[line].partition("#")[0].strip() == "":
        line += 1
    return line + 1


def _header(keys: Keys) -> str:
    return ".".join(key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else _toml(key) for key in keys)


def _toml(value: Any) -> str:
    """Return a text, number, truth value or list as TOML; JSON is the same but for one character."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
