"""`--matter`: what finds alpha, and which of the other options are for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from streammatte.errors import UsageError

if TYPE_CHECKING:
    from streammatte.stages import Matter

__all__ = ["OURS", "matter_option", "refuse_unused", "runs_on"]

OURS = "streammatte"
"""Our own network, as `--matter` takes it."""

_OPTIONS = "quality", "weights", "engine", "device", "threads"
"""Options that a matter may take."""


def refuse_unused(text: str) -> None:
    """Refuse options on the command line that the matter does not take, or that its text sets as well.

    Raises
    ------
    UsageError
        If there is one, or the text cannot be read.
    """
    from streammatte.plugins.parameters import describe
    from streammatte.plugins.registry import load_matter
    from streammatte.plugins.text import split_matter

    name, values = split_matter(text)
    takes = [each.name for each in describe(load_matter(name))]
    context = click.get_current_context()
    for option in _OPTIONS:
        if context.get_parameter_source(option) is not ParameterSource.COMMANDLINE:
            continue
        if option not in takes:
            raise UsageError(f"the matter {name!r} takes no --{option}; it takes {', '.join(takes)}")
        if option in values:
            raise UsageError(
                f"--{option} and {option} in --matter say the same in two ways", remedy="leave one of them out"
            )


def runs_on(matter: Matter) -> str:
    """What runs a matter, and on what, to be told."""
    from streammatte.stages import engine_of

    return " on ".join(filter(None, engine_of(matter)))


def _matter_names(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    from streammatte.plugins.registry import matter_names

    return [plugin.name for plugin in matter_names() if plugin.usable and plugin.name.startswith(incomplete)]


matter_option = click.option(
    "--matter",
    metavar="NAME[:KEY=VALUE,...]",
    default=OURS,
    show_default=True,
    shell_complete=_matter_names,
    help="What finds alpha: our own network, or another. 'streammatte matters' lists them.",
)
