"""What a picture holds that (H, W, 3) of 8 bits cannot, in words."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["Beyond"]

_BITS, _MEANING, _SAMPLES, _EXTRA, _PROFILE = 258, 262, 277, 338, 34675
"""Tags of TIFF."""
_CMYK = 5
_HEAD = 1 << 20
"""Bytes in which a JPEG's profile lies; a preview may come before it."""


@dataclass(frozen=True, slots=True)
class Beyond:
    """What a picture has beyond 8 bits of R,G,B.

    Attributes
    ----------
    bits : int
        Of each colour.
    alpha, profile : bool
        Whether it has alpha, or an ICC profile that tells which colours are meant.
    several : bool
        Whether it is an animation, or has several pages.
    """

    bits: int = 8
    alpha: bool = False
    profile: bool = False
    several: bool = False

    @classmethod
    def of_file(cls, data: bytes) -> Beyond:
        """Return what the header of a PNG, JPEG, WebP or TIFF tells, and nothing of any other file or a broken one."""
        try:
            if data.startswith(b"\x89PNG"):
                head = data[: data.find(b"IDAT")]
                return cls(max(8, head[24]), head[25] in (4, 6) or b"tRNS" in head, b"iCCP" in head, b"acTL" in head)
            if data.startswith(b"\xff\xd8"):
                return cls(profile=b"ICC_PROFILE\0" in data[:_HEAD])
            if data[8:16] == b"WEBPVP8X":
                return cls(8, bool(data[20] & 0x10), bool(data[20] & 0x20), bool(data[20] & 0x02))
            if data[8:16] == b"WEBPVP8L":
                return cls(alpha=bool(data[24] & 0x10))
            if data[:4] in (b"II*\0", b"MM\0*"):
                return cls._of_tiff(data, "<" if data.startswith(b"II") else ">")
        except (IndexError, struct.error):
            pass
        return cls()

    @classmethod
    def _of_tiff(cls, data: bytes, order: str) -> Beyond:
        (first,) = struct.unpack_from(f"{order}I", data, 4)
        (count,) = struct.unpack_from(f"{order}H", data, first)
        entries = [struct.unpack_from(f"{order}HHI4s", data, first + 2 + 12 * index) for index in range(count)]
        (following,) = struct.unpack_from(f"{order}I", data, first + 2 + 12 * count)
        tags = {tag: (length, value) for tag, _, length, value in entries}

        def number(tag: int) -> int:
            length, value = tags.get(tag, (1, bytes(4)))
            if length > 2:  # shorts that do not fit into the entry
                value = data[struct.unpack(f"{order}I", value)[0] :]
            return int(struct.unpack_from(f"{order}H", value)[0])

        alpha = _EXTRA in tags or (number(_SAMPLES) in (2, 4) and number(_MEANING) != _CMYK)
        return cls(max(8, number(_BITS)), alpha, _PROFILE in tags, following > 0)

    def told(self, depth: int = 8) -> Iterator[str]:
        """Say what of this is left out where `depth` bits are read."""
        if self.several:
            yield "it has several pictures, of which the first is read"
        if self.bits > depth:
            yield f"its {self.bits}-bit colours are read with {depth} bits"
        if self.alpha:
            yield "its own alpha is left aside"
        if self.profile:
            yield "its colour profile (ICC) is left out, and its colours may look different"
