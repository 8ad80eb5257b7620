"""The training packs as stacks of pictures on a device, and how pictures are sampled from them."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from streammatte.research.train.clothes import skin_of
from streammatte.research.train.data import TrainingSet

__all__ = ["Stack", "Stacks"]

CHUNK = 64


@dataclass(frozen=True)
class Stack:
    """Pictures of one kind in squares of equal side, each with a copy of half its size below.

    Attributes
    ----------
    pixels : Tensor
        (N, C, 3 / 2 side, side) uint8; what a picture leaves of its square repeats its edge.
    sizes : Tensor
        (N, 2) float32: width and height in pixels.
    """

    pixels: Tensor
    sizes: Tensor

    @classmethod
    def of(cls, pictures: Iterable[NDArray[np.uint8]], side: int, device: torch.device) -> Stack:
        """Stack pictures (H, W, C) or (H, W) uint8 with no side above `side`, which is even."""
        sizes, chunks = [], []

        def padded(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
            h, w = picture.shape[:2]
            square = cv2.copyMakeBorder(picture, 0, side - h, 0, side - w, cv2.BORDER_REPLICATE)
            return np.ascontiguousarray(square.reshape(side, side, -1).transpose(2, 0, 1))

        everything = list(pictures)
        with ThreadPoolExecutor() as pool:
            for start in range(0, len(everything), CHUNK):
                chunk = everything[start : start + CHUNK]
                sizes += [picture.shape[1::-1] for picture in chunk]
                full = torch.from_numpy(np.stack(list(pool.map(padded, chunk)))).to(device)
                half = F.avg_pool2d(full.float(), 2).round_().to(torch.uint8)
                half = F.pad(half, (0, side // 2))  # (n, C, side / 2, side)
                chunks.append(torch.cat([full, half], dim=2))
        return cls(torch.cat(chunks), torch.tensor(sizes, dtype=torch.float32, device=device))

    def sample(self, index: Tensor, where: Tensor, *, reflect: bool) -> Tensor:
        """Look up pictures at places given in their pixels.

        Parameters
        ----------
        index : Tensor
            (n,) int64: which pictures.
        where : Tensor
            (n, H, W, 2) float32: x and y, whole numbers at the centres of pixels.
        reflect : bool
            What lies outside of a picture: its mirror image, or else its edge.

        Returns
        -------
        Tensor
            (n, C, H, W) float16 in [0, 1], bilinear; from the copy of half the size where much is left out.
        """
        side = self.pixels.shape[-1]
        size = self.sizes[index][:, None, None]  # (n, 1, 1, 2)
        middle = where[:, where.shape[1] // 2]
        step = (middle[:, -1] - middle[:, 0]).norm(dim=-1) / middle.shape[1]
        if reflect:
            where = (where + 0.5).remainder(2 * size)
            where = torch.minimum(where, 2 * size - where) - 0.5
        where = torch.minimum(where.clamp(min=0), size - 1)
        coarse = (step > 1.5)[:, None, None, None]
        below = where.new_tensor((0.0, float(side)))
        halved = torch.minimum((where - 0.5).div(2).clamp(min=0), (size / 2 - 1).clamp(min=0)) + below
        where = torch.where(coarse, halved, where)
        extent = where.new_tensor((side, 1.5 * side))
        grid = (2 * where + 1) / extent - 1
        sampled = F.grid_sample(self.pixels[index].float(), grid, mode="bilinear", align_corners=False)
        return (sampled / 255).half()


@dataclass(frozen=True)
class Stacks:
    """A training set on a device.

    Attributes
    ----------
    people : Stack
        Foreground colours and alpha, four channels, in the order of the set's groups.
    photos : Stack
        The photos of the same people.
    backgrounds : Stack
    skin : Tensor
        (people, 3) float16 in [0, 1]: a colour of each person's face.
    """

    people: Stack
    photos: Stack
    backgrounds: Stack
    skin: Tensor

    @classmethod
    def of(cls, training_set: TrainingSet, side: int, device: torch.device) -> Stacks:
        """Move a training set whose pictures have no side above `side`."""
        everybody = training_set.everybody
        with ThreadPoolExecutor() as pool:
            cut_outs = list(pool.map(lambda person: np.dstack([person.foreground, person.alpha]), everybody))
            skin = list(pool.map(skin_of, everybody))
        return cls(
            Stack.of(cut_outs, side, device),
            Stack.of((person.photo for person in everybody), side, device),
            Stack.of(training_set.backgrounds, side, device),
            torch.from_numpy(np.stack(skin).astype(np.float16) / np.float16(255)).to(device),
        )
