"""Profiles: commands whose options may stand in the config file, for every run or under a name."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple, cast

import click
from click.core import ParameterSource

from streammatte.cli.config import ConfigFile, Keys
from streammatte.cli.options import PerhapsFile
from streammatte.errors import MediaError, StreammatteError, UsageError

__all__ = ["ProfileCommand", "profile_names", "save_profile"]

_SETTINGS = "streammatte.settings"


class ProfileCommand(click.Command):
    """A command that takes options from the config file too; it gains --profile and --save-profile.

    The command line goes before the profile, the profile before the command's own table, and that before the defaults.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, help_text in (
            ("--profile", "Begin with the options that were saved as NAME."),
            ("--save-profile", "Save the options given here as NAME, and do nothing else."),
        ):
            option = click.Option([name], metavar="NAME", expose_value=False, help=help_text, shell_complete=_saved)
            self.params.append(option)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        given, _, _ = self.make_parser(ctx).parse_args(list(args))
        help_option = self.get_help_option(ctx)
        if ctx.resilient_parsing or (help_option is not None and help_option.name in given):
            return super().parse_args(ctx, args)
        file = ConfigFile.read()
        if "save_profile" in given:
            _save(ctx, file, given)
            ctx.exit()
        settings = _read(ctx, file, given.get("profile"))
        ctx.meta[_SETTINGS] = file, settings
        ctx.default_map = {name: setting.value for name, setting in settings.items()}
        try:
            return super().parse_args(ctx, args)
        except click.BadParameter as error:
            name = error.param.name if error.param else None
            if name is None or not _is_from_file(ctx, name):
                raise
            raise file.mistake(settings[name].keys, error.message.rstrip(".")) from None

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except StreammatteError as error:
            if error.subject is not None and (origins := ", ".join(_origins(ctx, error.subject))):
                error.args = (f"{error} ({origins})",)
            raise


def _saved(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Return the profiles that complete a word."""
    with suppress(UsageError):
        return [name for name in profile_names(ConfigFile.read(), str(ctx.info_name)) if name.startswith(incomplete)]
    return []


def profile_names(file: ConfigFile, command: str) -> list[str]:
    """Return the profiles that a command has."""
    return [name for name in file.table("profile") if command in file.table("profile", name)]


def save_profile(file: ConfigFile, name: str, command: str, values: dict[str, Any]) -> None:
    """Write a profile of a command into the config file; nothing else in it changes.

    Raises
    ------
    UsageError
        If it cannot be called so.
    MediaError
        If the file cannot be written.
    """
    from streammatte.io.files import write_whole

    if not re.fullmatch(r"\w[\w-]*", name):
        raise UsageError(f"a profile cannot be called {name!r}; expected a name of letters, digits, - and _")
    try:
        data = file.with_table(("profile", name, command), values).encode()
    except UnicodeEncodeError as error:
        raise MediaError(f"{file.path} cannot be written ({error}); nothing is changed") from error
    write_whole(file.path.resolve(), data)


class _Setting(NamedTuple):
    """Where a value stands in the file, and what the command line would give in its place."""

    keys: Keys
    value: Any


def _read(ctx: click.Context, file: ConfigFile, profile: str | None) -> dict[str, _Setting]:
    """Return what the file says for the command, by the names of the parameters."""
    command, options = str(ctx.info_name), _options(ctx)
    _check_commands(ctx, file)
    tables: list[Keys] = [(command,)]
    if profile is not None:
        tables.append(_chosen(ctx, file, profile))
    settings = {}
    for keys in tables:
        for key, value in file.table(*keys).items():
            if key not in options:
                near = _meant(key, options, f"'{ctx.command_path} --help' lists them")
                raise file.mistake((*keys, key), f"{command} has no such option", remedy=near)
            try:
                settings[str(options[key].name)] = _Setting((*keys, key), _as_given(options[key], value))
            except ValueError as error:
                raise file.mistake((*keys, key), str(error)) from None
    return settings


def _chosen(ctx: click.Context, file: ConfigFile, profile: str) -> Keys:
    """Return the way to the table of a profile for this command."""
    command = str(ctx.info_name)
    _check_commands(ctx, file, "profile", profile)
    if command not in file.table("profile", profile):
        names = ", ".join(profile_names(file, command)) or "none"
        raise UsageError(
            f"{command} has no profile {profile!r} in {file.path}; there are {names}",
            remedy=f"'{ctx.command_path} --save-profile {profile}' saves one",
        )
    return "profile", profile, command


def _check_commands(ctx: click.Context, file: ConfigFile, *above: str) -> None:
    """Refuse what is no command, in the whole file or below a profile."""
    for key, value in file.table(*above).items():
        if _is_profiled(ctx, key) or (key == "profile" and not above):
            continue
        if isinstance(value, dict):
            raise file.mistake((*above, key), "there is no such command", remedy=_meant(key, _profiled(ctx)))
        example = ".".join((*above, str(ctx.info_name)))
        raise file.mistake((*above, key), f"options stand below a command, such as [{example}]")


def _as_given(option: click.Option, value: Any) -> Any:
    """Return what the command line would give for a value of the file.

    Raises
    ------
    ValueError
        If the value is of the wrong kind.
    """
    if option.is_flag:
        if not isinstance(value, bool):
            raise ValueError(f"expected true or false, got {_shown(value)}")
        return value
    if value is True and isinstance(option.flag_value, str):  # an option whose value may be left out
        return option.flag_value
    if option.multiple or option.nargs != 1:
        return [_text(each) for each in (value if isinstance(value, list) else [value])]
    return _text(value)


def _text(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise ValueError(f"expected text or a number, got {_shown(value)}")
    text = str(value)
    return str(Path(text).expanduser()) if text.startswith("~/") else text


def _shown(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def _save(ctx: click.Context, file: ConfigFile, given: dict[str, Any]) -> None:
    """Save the options of the command line, and say what was saved, where, and how to use it."""
    name = given["save_profile"]
    if "profile" in given:
        raise UsageError(
            "--save-profile saves the options given beside it", remedy="leave out --profile, and give its options"
        )
    values = {}
    for key, option in _options(ctx).items():
        if option.name in given:
            option.handle_parse_result(ctx, given, [])
            values[key] = _as_saved(option, ctx.params[str(option.name)], given[option.name])
    if not values:
        raise UsageError("there is nothing to save", remedy="give options beside --save-profile, such as --threads 4")
    save_profile(file, name, str(ctx.info_name), values)
    saved = ", ".join(f"{key} = {_shown(value)}" for key, value in values.items())
    arguments = [each.make_metavar(ctx) for each in ctx.command.params if isinstance(each, click.Argument)]
    click.echo(f"saved {saved} as profile {name} in {file.path}")
    click.echo(" ".join([f"use it: {ctx.command_path} --profile {name}", *arguments]))


def _as_saved(option: click.Option, value: Any, given: Any) -> Any:
    """Return what the file is to say for a value of the command line, which was `given` and then converted."""
    if option.multiple:
        return [_each_as_saved(option, *pair) for pair in zip(value, given, strict=True)]
    if isinstance(option.flag_value, str) and value == option.flag_value:
        return True
    return _each_as_saved(option, value, given)


def _each_as_saved(option: click.Option, value: Any, given: Any) -> Any:
    if isinstance(value, (bool, int, float)):
        return value
    perhaps = isinstance(option.type, PerhapsFile) and option.type.names_file(given) and Path(given).exists()
    return str(Path(given).absolute()) if perhaps or isinstance(option.type, click.Path) else given


def _origins(ctx: click.Context, subject: str) -> Iterator[str]:
    """Say where in the file stands what an error is about, be it the text itself or a folder above."""
    file, settings = ctx.meta[_SETTINGS]
    subjects = {Path(subject), *Path(subject).parents}
    for option in _options(ctx).values():
        name, is_text = str(option.name), isinstance(option.type, click.types.StringParamType | click.Path)
        if is_text and _is_from_file(ctx, name):
            keys, value = settings[name]
            if any(each and Path(each) in subjects for each in (value if isinstance(value, list) else [value])):
                yield f"{file.place(keys)} sets {keys[-1]}"


def _is_from_file(ctx: click.Context, name: str) -> bool:
    return ctx.get_parameter_source(name) is ParameterSource.DEFAULT_MAP


def _options(ctx: click.Context) -> dict[str, click.Option]:
    """Return the options that may stand in the file, by their long names without the dashes."""
    options = [each for each in ctx.command.params if isinstance(each, click.Option) and each.expose_value]
    return {name[2:]: each for each in options for name in each.opts if name.startswith("--")}


def _profiled(ctx: click.Context) -> list[str]:
    """Return the names of the commands that may stand in the file."""
    return [name for name in _group(ctx).list_commands(ctx) if _is_profiled(ctx, name)]


def _is_profiled(ctx: click.Context, name: str) -> bool:
    return isinstance(_group(ctx).get_command(ctx, name), ProfileCommand)


def _group(ctx: click.Context) -> click.Group:
    return cast("click.Group", cast("click.Context", ctx.parent).command)


def _meant(key: str, known: Iterable[str], otherwise: str = "") -> str:
    """Return the end of a message about an unknown key: the nearest known one, or `otherwise`, or all of them."""
    names = list(known)
    near = difflib.get_close_matches(key, names, 1)
    return f"did you mean {near[0]}?" if near else otherwise or f"expected one of {', '.join(names)}"
