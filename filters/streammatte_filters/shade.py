"""Alpha in a small picture, for what is soft by itself."""

from __future__ import annotations

from streammatte import Alpha, Layers

__all__ = ["coarse_alpha"]


def coarse_alpha(layers: Layers, height: int) -> Alpha:
    """Return alpha (h, w) at a height in pixels, in the frame's proportions."""
    width = max(1, round(height * layers.frame.size[0] / layers.frame.size[1]))
    return layers.alpha_at((width, height))
