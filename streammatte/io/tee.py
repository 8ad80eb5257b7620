"""One sink made of several."""

from __future__ import annotations

from contextlib import ExitStack

from streammatte.compositing.layers import Layers
from streammatte.stages import Sink

__all__ = ["TeeSink"]


class TeeSink(Sink):
    """Writes every frame to several sinks.

    Parameters
    ----------
    *sinks : Sink
        They are closed, or aborted, all of them, even if one of them raises.
    """

    def __init__(self, *sinks: Sink) -> None:
        self._sinks = sinks

    def write(self, layers: Layers) -> None:
        """Write `layers` to each sink."""
        for sink in self._sinks:
            sink.write(layers)

    def close(self) -> None:
        """Close each sink; an error is raised when all have been closed."""
        self._call("close")

    def abort(self) -> None:
        """Abort each sink; an error is raised when all have been aborted."""
        self._call("abort")

    def _call(self, method: str) -> None:
        with ExitStack() as calls:
            for sink in reversed(self._sinks):
                calls.callback(getattr(sink, method))
