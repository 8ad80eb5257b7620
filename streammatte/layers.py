"""A frame taken apart into foreground, alpha and background, which the filters edit."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from streammatte.compositing import over, premultiply
from streammatte.frames import Alpha, Frame, Rgb

__all__ = ["Layers"]


@dataclass(frozen=True)
class Layers:
    """What a filter takes and returns. Filters edit a layer; none of them composites.

    Attributes
    ----------
    frame : Frame
        The frame as it came from the source.
    alpha : ndarray
        (H, W) float32 in [0, 1].
    foreground : ndarray
        (H, W, 3) uint8, straight colours of the foreground.
    background : ndarray or None
        (H, W, 3) uint8; None where there is no background at all (a transparent result).
    """

    frame: Frame
    alpha: Alpha
    foreground: Rgb
    background: Rgb | None

    @classmethod
    def of(cls, frame: Frame, alpha: Alpha) -> Layers:
        """Take `frame` apart; foreground and background are both the frame itself, so that nothing is changed yet."""
        return cls(frame, alpha, frame.rgb, frame.rgb)

    @cached_property
    def composite(self) -> Frame:
        """The layers put together, computed once; over black where there is no background."""
        if self.background is None:
            return self.frame.with_rgb(premultiply(self.foreground, self.alpha))
        return self.frame.with_rgb(over(self.foreground, self.alpha, self.background))
