"""The command line: strings become objects, objects go into `run`. All printing and all exit codes live here."""

from __future__ import annotations

import errno
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import click

from streammatte import __version__
from streammatte.errors import StreammatteError, UsageError

__all__ = ["cli"]

_COMMANDS = {
    "app": "streammatte.cli.app:app",
    "video": "streammatte.cli.video:video",
    "image": "streammatte.cli.image:image",
    "webcam": "streammatte.cli.webcam:webcam",
    "devices": "streammatte.cli.devices:devices",
    "doctor": "streammatte.cli.doctor:doctor",
    "bench": "streammatte.cli.bench:bench",
    "filters": "streammatte.cli.plugins:filters",
    "matters": "streammatte.cli.plugins:matters",
    "codecs": "streammatte.cli.codecs:codecs",
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

    def make_context(self, *args: Any, **extra: Any) -> click.Context:
        with _until_nobody_reads():
            return super().make_context(*args, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        with _until_nobody_reads():
            return super().invoke(ctx)

    def main(self, *args: Any, **extra: Any) -> Any:
        if not extra.get("standalone_mode", True):
            return super().main(*args, **extra)
        try:
            sys.exit(super().main(*args, **{**extra, "standalone_mode": False}))
        except click.UsageError as error:
            command = error.ctx.command_path if error.ctx else "streammatte"
            short = isinstance(error, click.NoSuchOption) and not error.option_name.startswith("--")
            hint = "; a file name that begins with a dash goes after '--'" if short else ""
            _fail(2, f"{error.format_message()} Run '{command} --help' for help{hint}")
        except click.ClickException as error:
            _fail(error.exit_code, error.format_message())
        except StreammatteError as error:
            _fail(2 if isinstance(error, UsageError) else 1, str(error))
        except OSError as error:
            if error.errno == errno.ENOSPC and error.filename is None:
                _print_no_more()
                _fail(1, "there is no room left where the output goes; make room, and do it again")
            if error.filename is None:
                raise
            if error.errno == errno.ENAMETOOLONG:
                _fail(2, f"the name {error.filename} is too long for a file; give a shorter one")
            _fail(1, f"{error.filename} cannot be used ({error.strerror}); check its name and its permissions")
        except click.Abort as abort:
            number, *told = (abort.__cause__.args if abort.__cause__ else ()) or (signal.SIGINT,)
            _fail(128 + number, "; ".join(("stopped", *told)))


@contextmanager
def _until_nobody_reads() -> Iterator[None]:
    """End well where whoever reads the output has seen enough, as `head` has."""
    try:
        yield
    except BrokenPipeError:
        _print_no_more()
        raise click.exceptions.Exit(0) from None


def _print_no_more() -> None:
    """Let what stdout still holds go nowhere, or it would be flushed at exit, in vain."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


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
