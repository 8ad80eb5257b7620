"""`streammatte filters`: list the filters that are installed."""

from __future__ import annotations

import inspect

import click

from streammatte.errors import FilterError


@click.command()
def filters() -> None:
    """List filters, parameters and their packages."""
    from streammatte.parameters import describe
    from streammatte.plugins import filter_names, load_filter

    for entry in filter_names():
        if not entry.usable:
            click.echo(
                f"{entry.name} ({entry.owner}) is not used: the name is built in; its package must choose another"
            )
            continue
        try:
            factory = load_filter(entry.name)
            parameters = describe(factory)
        except FilterError as error:
            click.echo(f"{entry.name} ({entry.owner}) cannot be used: {error}")
            continue
        summary = (inspect.getdoc(factory) or "").partition("\n\n")[0]
        click.echo(f"{entry.name} ({entry.owner}): {' '.join(summary.split())}")
        for each in parameters:
            default = "required" if each.default is None else f"default {each.default}"
            click.echo(f"    {each.name}: {each.type}, {default}. {each.doc}".rstrip())
