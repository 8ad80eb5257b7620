"""A command that needs the packages of the extra `train`."""

from __future__ import annotations

from typing import Any

import click

from streammatte.cli.profiles import ProfileCommand
from streammatte.errors import MissingExtraError

__all__ = ["ResearchCommand"]


class ResearchCommand(ProfileCommand):
    """Says which extra to install where one of its packages is missing."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except ModuleNotFoundError as error:
            if (error.name or "").partition(".")[0] == "streammatte":
                raise
            raise MissingExtraError(
                f"'{ctx.command_path}' needs the package {error.name}, which is not installed",
                remedy="run: pip install 'streammatte[train]'",
            ) from error
