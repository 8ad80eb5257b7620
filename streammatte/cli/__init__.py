"""The command line: strings become objects, objects go into `run`. All printing and all exit codes live here."""

from __future__ import annotations

import signal
import sys
from importlib import import_module
from typing import Any

import click

from streammatte import __version__
from streammatte.errors import StreammatteError, UsageError

__all__ = ["cli"]

_COMMANDS = {
    "video": "streammatte.cli.video:video",
    "image": "streammatte.cli.image:image",
    "webcam": "streammatte.cli.webcam:webcam",
    "devices": "streammatte.cli.devices:devices",
    "doctor": "streammatte.cli.doctor:doctor",
    "filters": "streammatte.cli.filters:filters",
    "model": "streammatte.research.cli.model:model",
    "train": "streammatte.research.cli.train:train",
    "evaluate": "streammatte.research.cli.evaluate:evaluate",
    "export": "streammatte.research.cli.export:export",
}
"""Where each command lives. The modules import torch, av and the like only when a command runs."""


class _Commands(click.Group):
    """Finds a command when it is asked for, and tells every expected error in one line."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module, _, name = _COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(import_module(module), name)
        return command

    def main(self, *args: Any, **extra: Any) -> Any:
        if not extra.get("standalone_mode", True):
            return super().main(*args, **extra)
        try:
            sys.exit(super().main(*args, **{**extra, "standalone_mode": False}))
        except click.UsageError as error:
            command = error.ctx.command_path if error.ctx else "streammatte"
            _fail(2, f"{error.format_message()} Run '{command} --help' for help")
        except click.ClickException as error:
            _fail(error.exit_code, error.format_message())
        except StreammatteError as error:
            _fail(2 if isinstance(error, UsageError) else 1, str(error))
        except click.Abort as abort:
            told = abort.__cause__.args if abort.__cause__ else ()
            _fail(128 + (told or [signal.SIGINT])[0], "stopped; what was not complete is removed")


def _fail(code: int, message: str) -> None:
    click.echo(f"streammatte: {' '.join(message.split())}", err=True)
    sys.exit(code)


@click.group(
    "streammatte",
    cls=_Commands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, prog_name="streammatte")
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Take the background out of people's video, live and in files."""
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())
