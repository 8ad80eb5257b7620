"""Mirrors the person: a filter in one file."""

from dataclasses import replace

import numpy as np

from streammatte import Layers


class Mirror:
    """Mirrors the person, but not the background.

    Parameters
    ----------
    horizontal : bool
        Left and right change places; otherwise top and bottom.
    """

    def __init__(self, horizontal: bool = True) -> None:
        self._axis = 1 if horizontal else 0

    def __call__(self, layers: Layers) -> Layers:
        """Return the layers with person and alpha mirrored."""
        return replace(
            layers,
            foreground=np.flip(layers.foreground, self._axis),
            alpha=np.flip(layers.alpha, self._axis),
        )
