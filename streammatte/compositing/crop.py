"""A part of a picture, enlarged to the picture's size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar, cast

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["Crop"]

_Array = TypeVar("_Array", bound=npt.NDArray[Any])


@dataclass(frozen=True)
class Crop:
    """A part of a picture of its proportions, whatever the picture's size.

    Attributes
    ----------
    left, top : float
        Where it begins, in widths and heights of the picture.
    share : float
        How wide and high it is, in the same: at most 1 - `left` and 1 - `top`.
    """

    left: float
    top: float
    share: float

    def __call__(self, picture: _Array, size: tuple[int, int] | None = None) -> _Array:
        """Return the part of a picture, (H, W) or (H, W, 3), at `size` (w, h), the picture's by default; bilinear."""
        height, width = picture.shape[:2]
        size = size or (width, height)
        step_x, step_y = self.share * width / size[0], self.share * height / size[1]
        back = np.array(
            [[step_x, 0, self.left * width + step_x / 2 - 0.5], [0, step_y, self.top * height + step_y / 2 - 0.5]]
        )  # from the middle of each pixel to where it is in the picture
        method = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        result = cv2.warpAffine(picture, back, size, flags=method, borderMode=cv2.BORDER_REPLICATE)
        return cast("_Array", np.asarray(result, picture.dtype))
