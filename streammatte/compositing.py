"""Porter and Duff's `over`, equation 1 of the paper: I = alpha F + (1 - alpha) B."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import numpy.typing as npt

from streammatte.band import Places, Sampler, soft
from streammatte.decontamination import own_colours, spread, spread_size
from streammatte.frames import Alpha, Rgb
from streammatte.planes import Planes

__all__ = ["over", "over_planes", "premultiply"]

_Floats = npt.NDArray[np.float32]
_Levels = npt.NDArray[np.uint8]


def over(foreground: Rgb, alpha: Alpha, background: Rgb) -> Rgb:
    """Lay `foreground` over `background`.

    Parameters
    ----------
    foreground, background : ndarray
        (H, W, 3) uint8, straight colours.
    alpha : ndarray
        (H, W) float32 in [0, 1].

    Returns
    -------
    ndarray
        (H, W, 3) uint8, rounded to nearest. Where both pictures are one and the same array, that array.
    """
    if foreground is background:
        return foreground
    result = cv2.blendLinear(foreground, background, alpha, np.float32(1) - alpha)
    return np.asarray(result, np.uint8)


def premultiply(foreground: Rgb, alpha: Alpha) -> Rgb:
    """Lay `foreground` over black: each colour times alpha.

    Parameters
    ----------
    foreground : ndarray
        (H, W, 3) uint8, straight colours.
    alpha : ndarray
        (H, W) float32 in [0, 1].

    Returns
    -------
    ndarray
        (H, W, 3) uint8, premultiplied, rounded to nearest.
    """
    result = cv2.multiply(foreground, cv2.merge([alpha, alpha, alpha]), dtype=cv2.CV_8U)
    return np.asarray(result, np.uint8)


def over_planes(
    front: Planes, levels: _Levels, back: tuple[_Levels, _Levels, _Levels], *, decontaminated: bool = False
) -> Planes:
    """Lay planes over others.

    Outside the soft band this is copying; in it, colours are blended as `over` does.

    Parameters
    ----------
    front : Planes
        The foreground.
    levels : ndarray
        (H, W) uint8: alpha in steps of 1/255.
    back : tuple of ndarray
        Y, U and V of the background, of the same sizes and in the same colours.
    decontaminated : bool
        Whether the foreground's own colours are estimated, as `estimate_foreground` does.

    Returns
    -------
    Planes
        In the colours of `front`, rounded to nearest.
    """
    half = np.asarray(cv2.resize(levels, (levels.shape[1] // 2, levels.shape[0] // 2), interpolation=cv2.INTER_AREA))
    luma, chroma = _Mixed(levels), _Mixed(half)
    own: list[_Floats | None] = [None, None, None]
    if decontaminated and luma.at.size:
        small = spread_size(front.size)
        spreads = zip(*spread(front.merged(small), levels), strict=True)
        own = [
            mixed.own(plane, *each, small)
            for mixed, plane, each in zip((luma, chroma, chroma), (front.y, front.u, front.v), spreads, strict=True)
        ]
    return replace(
        front,
        y=luma.over(front.y, own[0], back[0]),
        u=chroma.over(front.u, own[1], back[1]),
        v=chroma.over(front.v, own[2], back[2]),
    )


class _Mixed:
    """Where planes of one size are mixed.

    Parameters
    ----------
    levels : ndarray
        (H, W) uint8: alpha in steps of 1/255 at their size.
    """

    def __init__(self, levels: _Levels) -> None:
        self._levels = levels
        self.at: Places = soft(levels)
        self._alpha = np.asarray(np.float32(1 / 255) * levels.reshape(-1).take(self.at), np.float32)  # (N,)
        self._sampler: Sampler | None = None

    def own(self, plane: _Levels, foreground: _Floats, background: _Floats, small: tuple[int, int]) -> _Floats:
        """The foreground's own values of a plane (H, W) in the band, (N,), by the spread ones of both layers (h, w)."""
        if self._sampler is None:
            self._sampler = Sampler(self.at, (plane.shape[1], plane.shape[0]), small)
        sample = self._sampler
        return own_colours(plane.reshape(-1).take(self.at), self._alpha, sample(foreground), sample(background))

    def over(self, front: _Levels, own: _Floats | None, back: _Levels) -> _Levels:
        """`front` (H, W), in the band with its `own` values (N,) where they are given, over `back` (H, W)."""
        result = back.copy()
        cv2.copyTo(front, self._levels, result)
        mixed = front.reshape(-1).take(self.at).astype(np.float32) if own is None else own
        behind = back.reshape(-1).take(self.at)
        mixed -= behind
        mixed *= self._alpha
        mixed += behind
        result.reshape(-1)[self.at] = np.rint(mixed, out=mixed)
        return result
