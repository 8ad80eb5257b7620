"""The person's own colours in hair and soft edges."""

from __future__ import annotations

from streammatte import Layers

__all__ = ["Decontaminate"]


class Decontaminate:
    """Takes the old background's colour out of hair and soft edges, so that no rim of it is left on a new one."""

    def __call__(self, layers: Layers) -> Layers:
        """Return the layers with the estimated colours as their foreground."""
        return layers.decontaminated()
