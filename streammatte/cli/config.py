"""The user's config file: reading it, saying where in it a mistake stands, and changing one of its tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any

from streammatte.errors import UsageError

if TYPE_CHECKING:
    from tomlkit import TOMLDocument

__all__ = ["ConfigFile", "Keys"]

Keys = tuple[str, ...]
"""The way to a value: ("profile", "office", "webcam", "bg")."""


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
        return cls(path, text, _parsed(path, text).unwrap())

    def place(self, keys: Keys) -> str:
        """Return FILE:LINE of what stands at `keys`: the first line that would not be there without it."""
        document = _parsed(self.path, self.text)
        inner: Any = document
        for key in keys[:-1]:
            inner = inner[key]
        del inner[keys[-1]]
        both = zip_longest(self.text.split("\n"), document.as_string().split("\n"))
        return f"{self.path}:{next(number for number, (old, new) in enumerate(both, 1) if old != new)}"

    def mistake(self, keys: Keys, problem: str, *, remedy: str | None = None) -> UsageError:
        """Return the error to raise for what stands at `keys`."""
        return UsageError(f"{self.place(keys)}: {keys[-1]}: {problem}", remedy=remedy)

    def table(self, *keys: str) -> dict[str, Any]:
        """Return the table at `keys`, empty where there is none.

        Raises
        ------
        UsageError
            If something else stands there.
        """
        found: Any = self.tables
        for depth, each in enumerate(keys, 1):
            found = found.get(each, {})
            if not isinstance(found, dict):
                from tomlkit import key

                raise self.mistake(keys[:depth], f"expected a table, [{key(keys[:depth]).as_string()}]")
        return dict(found)

    def with_table(self, keys: Keys, values: Mapping[str, Any]) -> str:
        """Return the text with the table at `keys` holding `values` and nothing else; all else stays as it is.

        Raises
        ------
        UsageError
            If something else than a table stands there, or it is spread over the file.
        """
        from tomlkit import dumps, key
        from tomlkit.items import InlineTable, Table

        self.table(*keys)
        text = self.text.replace("\r\n", "\n")
        text += "" if text.endswith("\n") or not text else "\n"
        document = _parsed(self.path, text)
        table: Any = document
        missing = list(keys)
        while missing and missing[0] in table:
            table = table[missing.pop(0)]
        if missing and isinstance(table, InlineTable):
            table.update(_nested(missing, values))
        elif missing:
            document = _parsed(self.path, text + ("\n" if text else "") + dumps(_nested(keys, values)))
        elif isinstance(table, Table | InlineTable):
            _replace(table, values)
        else:
            header = key(keys).as_string()
            raise self.mistake(keys, "this stands in several places", remedy=f"put it below one header, [{header}]")
        text = document.as_string()
        return text.replace("\n", "\r\n") if "\r\n" in self.text else text


def _nested(keys: Sequence[str], values: Mapping[str, Any]) -> dict[str, Any]:
    nested = dict(values)
    for each in reversed(keys):
        nested = {each: nested}
    return nested


def _replace(table: Any, values: Mapping[str, Any]) -> None:
    """Let a table of tomlkit hold `values` and nothing else; what stays keeps its place and its comment."""
    for each in table.keys() - values.keys():
        del table[each]
    after = []
    while table.value.body and table.value.body[-1][0] is None:  # blank lines and comments, as of the next table
        after.append(table.value.body.pop())
    table.update(values)
    table.value.body.extend(reversed(after))


def _parsed(path: Path, text: str) -> TOMLDocument:
    """Parse the text of a file; a UsageError names its line that is no TOML."""
    from tomlkit import parse
    from tomlkit.exceptions import TOMLKitError

    try:
        return parse(text)
    except TOMLKitError as error:
        number, line = _broken_line(text)
        reason = str(error).partition(" at line ")[0].rstrip(".").replace(r"character: '\x00'", "end of the file")
        twice = "already exists" in reason
        remedy = "keep one of the two" if twice else 'expected KEY = "TEXT", a number, true, false, or a [TABLE]'
        raise UsageError(f"{path}:{number}: {line}: this is not TOML ({reason})", remedy=remedy) from error


def _broken_line(text: str) -> tuple[int, str]:
    """Return number and text of the line on which the statement begins that is no TOML: all above it is."""
    from tomlkit import parse
    from tomlkit.exceptions import TOMLKitError

    lines = text.split("\n")
    number = len(lines)
    while number > 1:
        with suppress(TOMLKitError):
            parse("\n".join(lines[: number - 1]))
            break
        number -= 1
    return number, lines[number - 1].strip()
