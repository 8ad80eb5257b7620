"""A frame's planes on a torch device, where all that is large is made of them.

What happens there is what `planes`, `refine`, `decontamination` and `compositing` do, for all pixels instead of for
those in the soft band alone. Only what is small travels in between: pictures and alpha at the network's size and below.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor

from streammatte.compositing.backdrop import Backdrop
from streammatte.compositing.decontamination import spread, spread_size
from streammatte.compositing.planes import Planes, from_rgb, to_rgb
from streammatte.compositing.refine import EDGE_VARIANCE, SNAP

__all__ = ["DeviceMatte", "DevicePlanes"]

_Levels = npt.NDArray[np.uint8]
_Planes = tuple[_Levels, _Levels, _Levels]


class DevicePlanes:
    """The planes of a frame on a device; their `Twin`.

    Parameters
    ----------
    planes : Planes
    device : str
        A torch device.

    Attributes
    ----------
    planes : tuple of Tensor
        Y (1, 1, H, W), U and V (1, 1, H / 2, W / 2): float32 in levels from 0 to 255, as are all planes here.
    size : tuple of int
        (W, H).
    luma_scale : float
        As in `Planes`.
    """

    @torch.inference_mode()
    def __init__(self, planes: Planes, device: str) -> None:
        self.planes = tuple(_uploaded(plane, device)[None, None] for plane in (planes.y, planes.u, planes.v))
        self.size, self.luma_scale = planes.size, planes.luma_scale
        self._device, self._colours = device, (planes.matrix, planes.full_range)

    @torch.inference_mode()
    def at(self, size: tuple[int, int]) -> _Levels:
        """Return the picture at another size (w, h), (h, w, 3) uint8 R,G,B."""
        return _fetched(_transformed(self.merged(size), to_rgb(*self._colours))[0].permute(1, 2, 0))

    def matte(self, small: npt.NDArray[np.float32]) -> DeviceMatte:
        """Enlarge an alpha (h, w) float32 in [0, 1] along the edges of these planes."""
        return DeviceMatte(self, _uploaded(small, self._device)[None, None])

    @torch.inference_mode()
    def merged(self, size: tuple[int, int]) -> Tensor:
        """The planes at another size (w, h), (1, 3, h, w)."""
        return torch.cat([_reduced(plane, size) for plane in self.planes], 1)

    @torch.inference_mode()
    def backdrop(self, backdrop: Backdrop) -> Sequence[Tensor]:
        """Y, U and V of a backdrop in these colours; uploaded and converted once."""

        def made() -> Sequence[Tensor]:
            rgb = _uploaded(backdrop.picture, self._device).permute(2, 0, 1)[None]  # (1, 3, h, w)
            whole, half = backdrop.size, (backdrop.size[0] // 2, backdrop.size[1] // 2)
            planes = _transformed(rgb, from_rgb(*self._colours)).chunk(3, 1)
            return [_reduced(plane, size) for plane, size in zip(planes, (whole, half, half), strict=True)]

        return backdrop.once((self._device, *self._colours), made)


class DeviceMatte:
    """The alpha of a frame on a device, at the frame's size; a `TwinMatte`.

    Parameters
    ----------
    front : DevicePlanes
    small : Tensor
        (1, 1, h, w) float32 in [0, 1].
    """

    @torch.inference_mode()
    def __init__(self, front: DevicePlanes, small: Tensor) -> None:
        self._front = front
        luma = _enlarged(small, front.planes[0], front.luma_scale)
        chroma = _whole(F.avg_pool2d(luma, 2))
        self._levels = luma, chroma, chroma

    @property
    @torch.inference_mode()
    def levels(self) -> _Levels:
        """(H, W) uint8: alpha in steps of 1/255."""
        return _fetched(self._levels[0][0, 0])

    @property
    @torch.inference_mode()
    def own(self) -> _Planes:
        """Y, U and V of the foreground's own colours, as `Estimate` finds them."""
        return _fetched_planes(self._own())

    @torch.inference_mode()
    def over(self, backdrop: Backdrop | None, *, decontaminated: bool) -> _Planes:
        """Return Y, U and V of the planes, or of the own colours, over a backdrop, or over the planes themselves."""
        behind = self._front.planes if backdrop is None else self._front.backdrop(backdrop)
        fore = self._own() if decontaminated else self._front.planes
        return _fetched_planes(
            [b + levels / 255 * (f - b) for f, levels, b in zip(fore, self._levels, behind, strict=True)]
        )

    def _own(self) -> Sequence[Tensor]:
        """Colours are spread on the CPU, small as they are there, and used for all pixels here."""
        size = spread_size(self._front.size)
        colours, levels = self._front.merged(size)[0], _reduced(self._levels[0], size)[0, 0]
        near, far = spread(list(_fetched(colours)), _fetched(levels))
        own = []
        for plane, alpha, *small in zip(self._front.planes, self._levels, near, far, strict=True):
            foreground, background = (_resized(_uploaded(each, plane.device)[None, None], plane) for each in small)
            own.append(_fused(plane, alpha / 255, foreground, background))
        return own


def _enlarged(small: Tensor, luma: Tensor, luma_scale: float) -> Tensor:
    """Alpha at the size of `luma` (1, 1, H, W) in whole steps of 1/255, as `refine` finds it."""
    levels = _whole(255 * small)
    near = (F.max_pool2d(levels, 3, 1, 1) >= 1) & (F.max_pool2d(-levels, 3, 1, 1) >= -254)
    guide = luma_scale * _reduced(luma, (small.shape[3], small.shape[2]))
    mean_guide, mean_alpha = _mean(guide), _mean(small)
    covariance = _mean(guide * small) - mean_guide * mean_alpha
    variance = _mean(guide * guide) - mean_guide * mean_guide
    slope = covariance / (variance + EDGE_VARIANCE)
    offset = (small - slope * guide) * (1 + 2 * SNAP) - SNAP
    slope, offset = (_resized(each, luma, "bicubic") for each in (slope * ((1 + 2 * SNAP) * luma_scale), offset))
    found = (slope * luma + offset).clamp(0, 1)
    return _whole(torch.where(_resized(near.float(), luma) > 1 / 510, 255 * found, _resized(levels, luma)))


def _fused(mixed: Tensor, alpha: Tensor, foreground: Tensor, background: Tensor) -> Tensor:
    """Equation 7 of blur fusion."""
    return _whole(foreground + alpha * (mixed - background - alpha * (foreground - background))).clamp(0, 255)


def _mean(values: Tensor) -> Tensor:
    """Mean of 3x3 pixels, of those that are in the picture."""
    return F.avg_pool2d(values, 3, 1, 1, count_include_pad=False)


def _reduced(plane: Tensor, size: tuple[int, int]) -> Tensor:
    """Return a plane (1, 1, H, W) at another size (w, h), mostly a smaller one, as `planes.reduced` does."""
    width, height = size
    while (
        plane.shape[3] >= 2 * width and plane.shape[2] >= 2 * height and not (plane.shape[2] % 2 or plane.shape[3] % 2)
    ):
        plane = _whole(F.avg_pool2d(plane, 2))
    if plane.shape[2:] == (height, width):
        return plane
    much = plane.shape[3] > 2 * width or plane.shape[2] > 2 * height
    return _whole(F.interpolate(plane, (height, width), mode="area" if much else "bilinear"))


def _resized(values: Tensor, like: Tensor, mode: str = "bilinear") -> Tensor:
    return F.interpolate(values, like.shape[2:], mode=mode)


def _transformed(colours: Tensor, matrix: npt.NDArray[np.float32]) -> Tensor:
    """Multiply colours (1, 3, h, w) and 1 by a matrix (3, 4)."""
    weights = torch.from_numpy(matrix).to(colours.device)
    mixed = torch.einsum("oc,nchw->nohw", weights[:, :3], colours) + weights[:, 3, None, None]
    return _whole(mixed).clamp(0, 255)


def _whole(levels: Tensor) -> Tensor:
    return (levels + 0.5).floor()


def _uploaded(array: npt.NDArray[np.generic], device: str | torch.device) -> Tensor:
    """A copy as float32; of what is uint8, bytes travel."""
    return torch.tensor(np.ascontiguousarray(array), device=device).float()


def _fetched(levels: Tensor) -> _Levels:
    return np.asarray(_whole(levels).byte().contiguous().cpu().numpy())


def _fetched_planes(planes: Sequence[Tensor]) -> _Planes:
    y, u, v = (_fetched(plane[0, 0]) for plane in planes)
    return y, u, v
