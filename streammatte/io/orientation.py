"""Turns pictures the way a video file asks for."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["Orientation"]

P = TypeVar("P", bound="NDArray[Any]")


@dataclass(frozen=True, slots=True)
class Orientation:
    """How a stored picture becomes the shown one: first transposed, then mirrored.

    Attributes
    ----------
    transposed : bool
        Whether rows become columns.
    flipped_x, flipped_y : bool
        Whether left and right, top and bottom of what came of that change places.
    """

    transposed: bool = False
    flipped_x: bool = False
    flipped_y: bool = False

    @classmethod
    def of_matrix(cls, matrix: bytes) -> Orientation:
        """Return the quarter turn and mirroring nearest to a display matrix.

        Parameters
        ----------
        matrix : bytes
            Nine 32-bit integers a b u, c d v, x y w, as in an MP4 file: (p, q) is shown at (ap + cq + x, bp + dq + y).
        """
        a, b, _, c, d = np.frombuffer(matrix, np.int32)[:5]
        if abs(int(b)) + abs(int(c)) > abs(int(a)) + abs(int(d)):
            return cls(True, bool(c < 0), bool(b < 0))
        return cls(False, bool(a < 0), bool(d < 0))

    @classmethod
    def of_rotation(cls, degrees: float) -> Orientation:
        """Return the quarter turn nearest to `degrees`, anticlockwise."""
        cos, sin = round(math.cos(math.radians(degrees))), round(math.sin(math.radians(degrees)))
        return cls.of_matrix(np.array([cos, -sin, 0, sin, cos], np.int32).tobytes())

    def size(self, size: tuple[int, int]) -> tuple[int, int]:
        """Return the shown (w, h) of a stored `size`."""
        return size[::-1] if self.transposed else size

    def __call__(self, rgb: P) -> P:
        """Return the shown picture, or plane, of a stored one; the same array where nothing is to be done."""
        turned: object = rgb
        if self.transposed:
            turned = cv2.transpose(rgb)
        if self.flipped_x or self.flipped_y:
            code = -1 if self.flipped_x and self.flipped_y else int(self.flipped_x)
            turned = cv2.flip(np.asarray(turned), code)
        return cast("P", turned)
