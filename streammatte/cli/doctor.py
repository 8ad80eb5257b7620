"""`streammatte doctor`: what keeps it from working here, and the commands that mend it."""

from __future__ import annotations

import sys
from itertools import groupby
from typing import TYPE_CHECKING

import click

from streammatte.errors import UsageError

if TYPE_CHECKING:
    from streammatte.doctor import Finding, Status

_STYLES: dict[Status, str] = {"ok": "green", "warning": "yellow", "problem": "bold red"}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document, for programs and reports.")
@click.option("--no-self-test", is_flag=True, help="Leave out the two seconds that try the whole path.")
@click.option("--fix", is_flag=True, help="Run the commands that mend it, each after a yes, and look again.")
@click.option("--yes", is_flag=True, help="With --fix: run them all without asking.")
@click.pass_context
def doctor(ctx: click.Context, as_json: bool, no_self_test: bool, fix: bool, yes: bool) -> None:
    """Look for what keeps streammatte from working on this machine, and say how to mend it.

    The exit code is 1 if there is a problem. Nothing is changed but by --fix.
    """
    from streammatte.doctor import examine

    _check(as_json=as_json, fix=fix, yes=yes)
    findings = examine(test=not no_self_test)
    (_print_json if as_json else _draw)(findings)
    if fix and _mend(findings, yes=yes):
        click.echo()
        findings = examine(test=not no_self_test)
        _draw(findings)
    ctx.exit(any(each.status == "problem" for each in findings))


def _check(*, as_json: bool, fix: bool, yes: bool) -> None:
    if yes and not fix:
        raise UsageError("--yes answers what --fix asks; expected both")
    if fix and as_json:
        raise UsageError("--fix asks and shows what it runs, which is no JSON; expected one of the two")
    if fix and not yes and not _at_a_terminal():
        raise UsageError("--fix asks before each command, and nobody is at a terminal to answer; expected --yes, too")


def _at_a_terminal() -> bool:
    return sys.stdin.isatty()


def _mend(findings: list[Finding], *, yes: bool) -> bool:
    """Run the commands that the user wants; return whether any was run."""
    from streammatte.doctor.mending import mending_commands, run_command

    ran = False
    for command in mending_commands(findings):
        click.echo(f"\n{command}")
        if yes or click.confirm("run it?"):
            ran = True
            code = run_command(command)
            click.echo("done" if code == 0 else f"it failed, with exit code {code}")
    if not ran:
        click.echo("\nnothing was run")
    return ran


def _print_json(findings: list[Finding]) -> None:
    import json
    import platform
    from dataclasses import asdict

    from streammatte import __version__

    document = {
        "version": __version__,
        "system": platform.platform(),
        "findings": [asdict(each) for each in findings],
    }
    click.echo(json.dumps(document, indent=2))


def _draw(findings: list[Finding]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False)
    width = max((len(each.name) for each in findings), default=0)
    for section, members in groupby(findings, lambda each: each.section):
        console.print(f"[bold]{section}[/bold]")
        for each in members:
            row = Table.grid(padding=(0, 2))
            row.add_column(width=len("problem"))
            row.add_column(width=width)
            row.add_column(overflow="fold")
            row.add_row(Text(each.status, _STYLES[each.status]), Text(each.name), Text(each.detail))
            console.print(row)
            if each.remedy is not None:
                arrow = "add" if each.status == "ok" else "mend"
                # On a line of its own, however long, so that it can be copied.
                console.print(Text(f"  {arrow}: {each.remedy}", "cyan"), soft_wrap=True)
        console.print()
    console.print(_summary(findings))


def _summary(findings: list[Finding]) -> str:
    counts = {status: sum(each.status == status for each in findings) for status in ("problem", "warning")}
    if not any(counts.values()):
        return "all is in order"
    return " and ".join(f"{count} {status}{'s' * (count != 1)}" for status, count in counts.items() if count)
