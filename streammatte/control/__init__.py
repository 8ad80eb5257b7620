"""The local control page of a running session: see `ControlServer`."""

from streammatte.control.server import ControlServer

__all__ = ["ControlServer"]
