"""Asks Linux which formats, sizes and frame rates a camera offers."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from streammatte.devices.v4l2 import Ask, fourcc, opened

__all__ = ["CameraMode", "camera_modes", "enumerate_modes"]

_ENUM_FMT = 0xC0405602  # VIDIOC_ENUM_FMT, which fills a struct v4l2_fmtdesc
_FMTDESC = struct.Struct("=II4x32sI16x")  # index, type of the queue, description, pixel format
_ENUM_FRAMESIZES = 0xC02C564A  # VIDIOC_ENUM_FRAMESIZES, which fills a struct v4l2_frmsizeenum
_FRMSIZE = struct.Struct("=III6I8x")  # index, pixel format, kind, (w, h) or w from, to, step, h from, to, step
_ENUM_FRAMEINTERVALS = 0xC034564B  # VIDIOC_ENUM_FRAMEINTERVALS, which fills a struct v4l2_frmivalenum
_FRMIVAL = struct.Struct("=IIIII6I8x")  # index, pixel format, w, h, kind, seconds as n / d: one, or from, to, step
_CAPTURE, _CAPTURE_PLANES = 1, 9
_DISCRETE = 1
_MOST = 256
"""Answers after which a driver that never says "that was all" is no longer asked."""

_LISTED = 4
"""Rates that a list names one by one; of more it tells the ends."""


@dataclass(frozen=True, slots=True)
class CameraMode:
    """A pixel format in a size.

    Attributes
    ----------
    pixel_format : str
        Its four letters, such as MJPG or YUYV.
    size : tuple of int
        (w, h).
    rates : tuple of Fraction
        Frames per second, highest first; empty where the camera does not tell.
    min_size : tuple of int or None
        If given, the camera offers sizes from this one to `size`.
    min_rate : Fraction or None
        If given, it offers rates from this one to the first of `rates`.
    """

    pixel_format: str
    size: tuple[int, int]
    rates: tuple[Fraction, ...]
    min_size: tuple[int, int] | None = None
    min_rate: Fraction | None = None

    def __str__(self) -> str:
        """The size and its rates, for a list."""
        size = "{}x{}".format(*self.size)
        if self.min_size is not None:
            size = "{}x{} to {}".format(*self.min_size, size)
        if not self.rates:
            return size
        slowest = self.min_rate or self.rates[-1]
        if self.min_rate is not None or len(self.rates) > _LISTED:
            return f"{size} ({_number(slowest)} to {_number(self.rates[0])} fps)"
        return f"{size} ({', '.join(map(_number, self.rates))} fps)"


def camera_modes(path: str) -> list[CameraMode]:
    """Return what a camera offers, in its own order.

    Raises
    ------
    OSError
        If it cannot be opened.
    """
    with opened(path) as ask:
        return enumerate_modes(ask)


def enumerate_modes(ask: Ask) -> list[CameraMode]:
    """Return what the device behind `ask` offers, in its own order."""
    return [
        mode
        for queue in (_CAPTURE, _CAPTURE_PLANES)
        for *_, pixel_format in _answers(ask, _ENUM_FMT, _FMTDESC, queue, b"", 0)
        for mode in _modes(ask, pixel_format)
    ]


def _modes(ask: Ask, pixel_format: int) -> Iterator[CameraMode]:
    for _, _, kind, *numbers in _answers(ask, _ENUM_FRAMESIZES, _FRMSIZE, pixel_format, *[0] * 7):
        min_size = None
        size = numbers[0], numbers[1]
        if kind != _DISCRETE:
            min_size, size = (numbers[0], numbers[3]), (numbers[1], numbers[4])
        rates, min_rate = _rates(ask, pixel_format, size)
        yield CameraMode(fourcc(pixel_format), size, rates, min_size, min_rate)
        if kind != _DISCRETE:
            return


def _rates(ask: Ask, pixel_format: int, size: tuple[int, int]) -> tuple[tuple[Fraction, ...], Fraction | None]:
    rates = set()
    for *_, kind, n, d, longest_n, longest_d, _, _ in _answers(
        ask, _ENUM_FRAMEINTERVALS, _FRMIVAL, pixel_format, *size, *[0] * 7
    ):
        if n and d:
            rates.add(Fraction(d, n))
        if kind != _DISCRETE:
            slowest = Fraction(longest_d, longest_n) if longest_n and longest_d else None
            return tuple(rates), slowest
    return tuple(sorted(rates, reverse=True)), None


def _answers(ask: Ask, request: int, layout: struct.Struct, *arguments: int | bytes) -> Iterator[tuple[int, ...]]:
    """Yield the answers to `request` for one index after the other, until there is none."""
    for index in range(_MOST):
        try:
            answer = ask(request, layout.pack(index, *arguments))
        except OSError:
            return
        yield layout.unpack(answer)


def _number(rate: Fraction) -> str:
    return f"{float(rate):.4g}"
