"""Texts that options take, and what they mean."""

from __future__ import annotations

import re
from fractions import Fraction

from streammatte.errors import UsageError

__all__ = ["parse_bitrate", "parse_raw", "parse_size", "parse_time"]


def parse_size(text: str, multiple: int = 1) -> tuple[int, int]:
    """Return (width, height) from WxH.

    Raises
    ------
    UsageError
        If it is no size, or its sides are not multiples of `multiple`.
    """
    width, cross, height = text.lower().partition("x")
    if not (cross and width.isdecimal() and height.isdecimal() and int(width) * int(height) > 0):
        problem = f"the size {text!r} cannot be read; expected WIDTHxHEIGHT in pixels, such as 1280x720"
        raise UsageError(problem, subject=text)
    size = int(width), int(height)
    if size[0] % multiple or size[1] % multiple:
        problem = f"the size {text} will not do; expected multiples of {multiple}, such as 512x288"
        raise UsageError(problem, subject=text)
    return size


def parse_bitrate(text: str) -> int:
    """Return the bits per second of a number that may end in k or M.

    Raises
    ------
    UsageError
        If it is none.
    """
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([kM]?)", text)
    rate = int(float(found[1]) * {"": 1, "k": 1_000, "M": 1_000_000}[found[2]]) if found else 0
    if not 1_000 <= rate < 2**31:
        raise UsageError(f"the bit rate {text!r} will not do; expected bits per second, such as 4M or 800k")
    return rate


def parse_time(text: str) -> Fraction:
    """Return the seconds of a time that is given as seconds or as [hours:]minutes:seconds.

    Raises
    ------
    UsageError
        If it is no time.
    """
    *larger, seconds = text.split(":")
    whole, _, part = seconds.partition(".")
    if (
        len(larger) > 2
        or not all(each.isdecimal() for each in (*larger, whole or "0", part or "0"))
        or not whole + part
    ):
        raise UsageError(f"the time {text!r} cannot be read; expected seconds or h:m:s, such as 90, 1:30 or 0:01:30.5")
    total = 0
    for each in larger:
        total = 60 * (total + int(each))
    return total + Fraction(seconds)


def parse_raw(text: str) -> tuple[tuple[int, int], Fraction]:
    """Return the (width, height) and the frames per second of WxH@FPS.

    Raises
    ------
    UsageError
        If it is none of that form.
    """
    size, at, rate = text.partition("@")
    if not (at and re.fullmatch(r"\d+(\.\d+|/0*[1-9]\d*)?", rate) and Fraction(rate) > 0):
        problem = f"{text!r} cannot be read; expected WIDTHxHEIGHT@FPS, such as 1280x720@25 or 1280x720@30000/1001"
        raise UsageError(problem, subject=text)
    return parse_size(size), Fraction(rate)
