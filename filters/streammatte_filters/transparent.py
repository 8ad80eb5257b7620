"""No background at all."""

from __future__ import annotations

from streammatte import Layers

__all__ = ["TransparentBackground"]


class TransparentBackground:
    """Leaves nothing behind the person; an output that cannot keep alpha shows black there."""

    def __call__(self, layers: Layers) -> Layers:
        """Return the layers without a background."""
        return layers.with_background(None)
