"""The local control page of a running session: see `ControlServer`. It needs the extra `control`."""

from __future__ import annotations

from streammatte.errors import MissingExtraError

try:
    from streammatte.control.server import ControlServer
except ModuleNotFoundError as error:
    if error.name != "aiohttp":
        raise
    raise MissingExtraError(
        "the control page needs aiohttp, which is not installed", remedy="run: pip install 'streammatte[control]'"
    ) from error

__all__ = ["ControlServer"]
