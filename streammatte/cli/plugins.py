"""`streammatte filters` and `streammatte matters`: list those that are installed."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

import click

from streammatte.errors import UsageError

if TYPE_CHECKING:
    from streammatte.plugins.registry import PluginKind


@click.command()
def filters() -> None:
    """List filters, parameters and their packages."""
    from streammatte.plugins.registry import FILTERS

    _list(FILTERS)


@click.command()
def matters() -> None:
    """List matters, parameters and their packages."""
    from streammatte.plugins.registry import MATTERS

    _list(MATTERS)


def _list(kind: PluginKind) -> None:
    from streammatte.plugins.parameters import describe

    for plugin in kind.names():
        if not plugin.usable:
            click.echo(
                f"{plugin.name} ({plugin.owner}) is not used: the name is built in; its package must choose another"
            )
            continue
        try:
            factory = kind.load(plugin.name)
            parameters = describe(factory)
        except UsageError as error:
            click.echo(f"{plugin.name} ({plugin.owner}) cannot be used: {error}")
            continue
        summary = (inspect.getdoc(factory) or "").partition("\n\n")[0]
        click.echo(f"{plugin.name} ({plugin.owner}): {' '.join(summary.split())}")
        for each in parameters:
            default = "required" if each.default is None else f"default {each.default}"
            click.echo(f"    {each.name}: {each.type}, {default}. {each.doc}".rstrip())
