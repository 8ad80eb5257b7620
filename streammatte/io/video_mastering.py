"""What a video of high dynamic range tells of the display that it was made on, and of its brightest pictures."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from av import VideoFrame
from av.buffer import Buffer

from streammatte.io.encoders import VideoCodec
from streammatte.io.video_losses import side_data

__all__ = ["Mastering"]

_ORDER = ("G", 2), ("B", 4), ("R", 0), ("WP", 6)
"""The order in which encoders want colours, and where these lie among FFmpeg's numbers."""

_WORDS = {
    "libx265": ("x265-params", "master-display", "max-cll", True),
    "libx264": ("x264-params", "mastering-display", "cll", True),
    "libsvtav1": ("svtav1-params", "mastering-display", "content-light", False),
}
"""By encoder: its option, its words for the two, and whether it counts in steps of 0.00002 and of 0.0001 nits."""


class Mastering(NamedTuple):
    """The static data of SMPTE ST 2086 and CTA-861.3.

    Attributes
    ----------
    display : tuple of float
        The x and y of red, green, blue and white, then the least and the most light in nits; empty if not told.
    brightest : tuple of int
        The most light of a pixel, and of a whole picture on average, in nits; empty if not told.
    """

    display: tuple[float, ...] = ()
    brightest: tuple[int, ...] = ()

    @classmethod
    def of(cls, frame: VideoFrame) -> Mastering:
        """Return what a decoded frame carries."""
        display, brightest = (side_data(frame, kind) for kind in ("MASTERING_DISPLAY_METADATA", "CONTENT_LIGHT_LEVEL"))
        found: tuple[float, ...] = ()
        if isinstance(display, Buffer):
            *numbers, primaries, luminance = np.frombuffer(bytes(display), np.int32).tolist()
            if primaries and luminance:
                found = tuple(above / below for above, below in zip(numbers[::2], numbers[1::2], strict=True))
        return cls(
            found, tuple(np.frombuffer(bytes(brightest), np.uint32).tolist()) if isinstance(brightest, Buffer) else ()
        )

    def options(self, codec: VideoCodec) -> dict[str, str] | None:
        """Return the codec's options with this among them; None where it cannot tell that."""
        if not any(self):
            return codec.options
        if codec.name not in _WORDS:
            return None
        option, display, brightest, integers = _WORDS[codec.name]
        told = [codec.options[option]] if option in codec.options else []
        if self.display:
            *places, least, most = self.display
            one, unit = (50_000, 10_000) if integers else (1, 1)
            shown = [f"{name}({_number(places[at] * one)},{_number(places[at + 1] * one)})" for name, at in _ORDER]
            told.append(f"{display}={''.join(shown)}L({_number(most * unit)},{_number(least * unit)})")
        if self.brightest:
            told.append(f"{brightest}={self.brightest[0]},{self.brightest[1]}")
        return {**codec.options, option: ":".join(told)}


def _number(value: float) -> str:
    return f"{round(value, 6):.10g}"
