"""High dynamic range: what R,G,B of PQ and HLG are in ordinary pictures, and the way back."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["HLG", "PQ", "Light"]

PQ, HLG = 16, 18
"""Transfers of high dynamic range in ITU-T H.273."""

_Floats = npt.NDArray[np.float32]
_Rgb = np.ndarray[tuple[int, int, int], np.dtype[np.uint8]]

_WHITE_NITS = 203.0
"""What white of an ordinary picture becomes (ITU-R BT.2408): 58 % of PQ, 75 % of HLG."""

_PEAK_NITS = 1000.0
"""The brightest that ordinary pictures have a level for; also the nominal peak of HLG."""

_GAMMA = 2.4
"""From ordinary levels to light, as displays have it (BT.1886)."""

_KNEE = 0.8
"""The ordinary level from which on what is brighter is drawn together, so that lamps and sky keep their shapes."""

_PRIMARIES = {
    9: ((0.6274, 0.3293, 0.0433), (0.0691, 0.9195, 0.0114), (0.0164, 0.0880, 0.8956)),
    12: ((0.8225, 0.1774, 0.0), (0.0332, 0.9669, 0.0), (0.0171, 0.0724, 0.9108)),
}
"""From light of BT.709 to that of BT.2020 and P3, by their numbers in H.273."""

_STEPS = 4096
"""Of the tables by which codes become light."""


class Light(NamedTuple):
    """How codes of high dynamic range stand for light; both are code points of H.273.

    Attributes
    ----------
    transfer : int
        `PQ` or `HLG`.
    primaries : int
        9 is BT.2020, 12 is P3; others are taken for BT.709.
    """

    transfer: int
    primaries: int

    def ordinary(self, own: _Floats) -> _Rgb:
        """Return the ordinary picture, (h, w, 3) uint8, of R,G,B (h, w, 3) float32, codes from 0 to 255."""
        table = _table(self.transfer)
        nits = table.take(np.rint(own * np.float32((_STEPS - 1) / 255)).astype(np.intp))
        if self.transfer == HLG:
            nits *= _gain(nits, self.primaries, 0.2)
        light = cv2.transform(nits, np.linalg.inv(_matrix(self.primaries)))
        level = cv2.pow(np.maximum(light, 0) * np.float32(1 / _WHITE_NITS), 1 / _GAMMA)
        most = ((_PEAK_NITS / _WHITE_NITS) ** (1 / _GAMMA) - _KNEE) / (1 - _KNEE)
        above = np.maximum(level - np.float32(_KNEE), 0) * np.float32(1 / (1 - _KNEE))
        drawn = above * (1 + above * np.float32(1 / most**2)) / (1 + above)
        result = np.minimum(level, np.float32(_KNEE)) + np.float32(1 - _KNEE) * drawn
        return np.asarray(cv2.convertScaleAbs(result, alpha=255), np.uint8)

    def own(self, rgb: _Rgb) -> _Floats:
        """Return R,G,B, (h, w, 3) float32, codes from 0 to 255, of an ordinary picture (h, w, 3) uint8.

        Its white becomes 203 nits, and its colours stay what they are.
        """
        levels = (_WHITE_NITS * (np.arange(256) / 255) ** _GAMMA).astype(np.float32)
        nits = np.asarray(cv2.transform(levels[rgb], _matrix(self.primaries)), np.float32)
        if self.transfer == HLG:
            nits *= _gain(nits, self.primaries, 1 / 1.2 - 1)
        return np.asarray(255 * _CODES[self.transfer](nits), np.float32)


def _pq(nits: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
    """SMPTE ST 2084: codes in [0, 1] of light."""
    part = np.clip(nits / 10_000, 0, 1) ** (1305 / 8192)
    return np.asarray(((107 / 128 + 2413 / 128 * part) / (1 + 2392 / 128 * part)) ** (2523 / 32))


def _hlg(nits: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
    """ITU-R BT.2100: codes in [0, 1] of a scene's light, of which 1 is `_PEAK_NITS`."""
    scene = np.clip(nits / _PEAK_NITS, 0, 1)
    low, high = np.sqrt(3 * scene), 0.17883277 * np.log(np.maximum(12 * scene - 0.28466892, 1e-6)) + 0.55991073
    return np.asarray(np.where(scene <= 1 / 12, low, high))


_CODES = {PQ: _pq, HLG: _hlg}


@lru_cache
def _table(transfer: int) -> _Floats:
    """(4096,) what codes from 0 to 1 stand for in nits; of HLG, the scene's light, of which 1 is 1000."""
    code = np.linspace(0, 1, _STEPS)
    if transfer == PQ:
        part = code ** (32 / 2523)
        light = (np.maximum(part - 107 / 128, 0) / (2413 / 128 - 2392 / 128 * part)) ** (8192 / 1305)
        return (10_000 * light).astype(np.float32)
    high = (np.exp((code - 0.55991073) / 0.17883277) + 0.28466892) / 12
    return (_PEAK_NITS * np.where(code <= 0.5, code**2 / 3, high)).astype(np.float32)


def _matrix(primaries: int) -> npt.NDArray[np.float64]:
    """(3, 3): from light of BT.709 to that of others."""
    return np.array(_PRIMARIES.get(primaries, np.eye(3)))


def _gain(nits: _Floats, primaries: int, power: float) -> _Floats:
    """(h, w, 1): luminance, over the peak, to a power: what a display makes of a scene's light, and the way back."""
    shares = np.array((0.2126, 0.7152, 0.0722)) @ np.linalg.inv(_matrix(primaries))
    luminance = nits @ (shares / _PEAK_NITS).astype(np.float32)
    return np.asarray(cv2.pow(np.maximum(luminance, 1e-6), power), np.float32)[..., None]
