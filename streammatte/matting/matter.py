"""The matter: a frame at the size that the network sees it at, its alpha fitted back."""

from __future__ import annotations

from math import sqrt
from pathlib import Path
from typing import Literal, NamedTuple, TypeAlias, get_args

import cv2
import numpy as np

from streammatte.compositing.frames import Alpha, Frame, Rgb, check_rgb
from streammatte.compositing.refine import upsample_alpha
from streammatte.errors import MediaError, one_of
from streammatte.matting.engines import Device, Engine, EngineName, open_engine

__all__ = ["SIDE", "Fit", "NetworkMatter", "Quality", "at_most", "fit", "load", "shipped_weights", "weights_file"]

Quality: TypeAlias = Literal["fast", "normal", "best"]
"""
fast        the frame in a box of 512x512, with its aspect kept
normal      the frame at the area of that box, whatever its aspect
best        the same, and the mirror image as well: alpha is the mean of the two
"""

SIDE = 512
"""Pixels: of the box."""

_LONGEST = 4
"""Times as long may a side be, where one of a frame is very short."""

_STRIDE = 32

_REST = 0.03
"""What softmax and sigmoid, which never reach 0 and 1, may leave of them: alpha is stretched by it at both ends."""


class Fit(NamedTuple):
    """A frame's size inside the network: fitted with its aspect kept, then padded.

    Attributes
    ----------
    fitted, padded : tuple of int
        (width, height) in pixels; `padded` has multiples of the network's stride.
    """

    fitted: tuple[int, int]
    padded: tuple[int, int]


def fit(size: tuple[int, int], quality: Quality = "normal", side: int = SIDE) -> Fit:
    """Fit a frame of `size` (w, h) into a box, or to the area of one, enlarging one that is smaller."""
    longer = max(size)
    scale = side / (longer if quality == "fast" else max(sqrt(size[0] * size[1]), longer / _LONGEST))
    fitted = tuple(max(1, round(side * scale)) for side in size)
    padded = tuple(-(-side // _STRIDE) * _STRIDE for side in fitted)
    return Fit((fitted[0], fitted[1]), (padded[0], padded[1]))


class NetworkMatter:
    """Finds alpha with the network; a `Matter`.

    Parameters
    ----------
    engine : Engine
        What runs the network.
    quality : {"fast", "normal", "best"}
        What the network sees: the frame in a box of 512x512 pixels, the frame at that area whatever its aspect, which
        for 16:9 takes 1.9 times as long and finds more, or its mirror image as well, which takes twice that.
    """

    def __init__(self, engine: Engine, quality: Quality = "normal") -> None:
        self._engine = engine
        self._quality = quality

    @property
    def engine(self) -> str:
        """The name of the engine that is really used."""
        return self._engine.name

    @property
    def device(self) -> str:
        """The device that is really used."""
        return self._engine.device

    def matte(self, frame: Frame | Rgb) -> Alpha:
        """Return the alpha of a frame or a picture.

        Parameters
        ----------
        frame : Frame or ndarray
            A frame, or a picture (H, W, 3) uint8 in the order R,G,B.

        Returns
        -------
        ndarray
            float32 in [0, 1]: of a frame (h, w), the size that the network saw it at if that is smaller, as `Layers.of`
            takes it; of a picture (H, W).

        Raises
        ------
        ShapeError
            If an array is given that is no such picture.
        """
        if not isinstance(frame, Frame):
            return upsample_alpha(self.matte(Frame(check_rgb(frame))), frame)
        fitted, padded = self.fit(frame.size)
        self.bring(frame)
        rgb = frame.at(fitted)
        alpha = self._found(rgb, padded)
        if self._quality == "best":
            mirrored = self._found(np.ascontiguousarray(rgb[:, ::-1]), padded)[:, ::-1]
            alpha = np.asarray((alpha + mirrored) * np.float32(0.5), np.float32)
        return at_most(alpha, frame.size)

    def fit(self, size: tuple[int, int]) -> Fit:
        """How a frame of `size` (w, h) is fitted."""
        return fit(size, self._quality)

    def bring(self, frame: Frame) -> None:
        """Bring a frame's planes to the device, once, if the engine is to have them there."""
        if frame.planes is not None and self._engine.twin is not None:
            frame.planes.join(self._engine.twin)

    def reset(self) -> None:
        """Do nothing: the network looks at each frame by itself."""

    def _found(self, rgb: Rgb, padded: tuple[int, int]) -> Alpha:
        """Alpha of a picture (h, w, 3) of the network's size, (h, w) float32 in [0, 1]."""
        alpha = self._engine.run(_padded(rgb, padded))[: rgb.shape[0], : rgb.shape[1]]
        stretched = (alpha - np.float32(_REST)) * np.float32(1 / (1 - 2 * _REST))
        return np.asarray(np.clip(stretched, 0, 1), np.float32)


def at_most(alpha: Alpha, size: tuple[int, int]) -> Alpha:
    """Return an alpha (h, w), averaged along the sides in which it is larger than a frame of `size` (w, h)."""
    width, height = min(alpha.shape[1], size[0]), min(alpha.shape[0], size[1])
    if (height, width) == alpha.shape:
        return alpha
    return np.asarray(cv2.resize(alpha, (width, height), interpolation=cv2.INTER_AREA), np.float32)


def _padded(rgb: Rgb, padded: tuple[int, int]) -> Rgb:
    right, bottom = padded[0] - rgb.shape[1], padded[1] - rgb.shape[0]
    if right or bottom:
        rgb = np.asarray(cv2.copyMakeBorder(rgb, 0, bottom, 0, right, cv2.BORDER_REPLICATE), np.uint8)
    return rgb


def shipped_weights() -> Path:
    """The weights that come with the package."""
    return Path(__file__).parents[1] / "weights" / "streammatte.safetensors"


def weights_file(weights: str | Path | None = None) -> Path:
    """The file of `weights`, the shipped one by default.

    Raises
    ------
    MediaError
        If the file is not there.
    """
    path = shipped_weights() if weights is None else Path(weights)
    if not path.is_file():
        problem = f"there are no weights at {path}; expected a safetensors file that 'streammatte train' wrote"
        raise MediaError(problem, subject=path)
    return path


def load(
    weights: str | Path | None = None,
    *,
    quality: Quality = "normal",
    engine: EngineName = "auto",
    device: Device = "auto",
    threads: int = 2,
) -> NetworkMatter:
    """Return our own network with trained weights.

    Parameters
    ----------
    weights : path, optional
        A safetensors file of `streammatte train`; the shipped one by default.
    quality : str
        What the network sees, as `NetworkMatter` takes it: ``fast`` for a camera, ``normal`` or ``best`` for files.
    engine : str
        What runs the network: ``auto``, ``onnxruntime``, ``openvino`` or ``torch``; auto is torch on a GPU, else
        onnxruntime.
    device : str
        ``auto``, ``cpu``, ``cuda`` or ``mps``.
    threads : int
        The most that the CPU is given.

    Raises
    ------
    MediaError
        If the file is not there.
    WeightsError
        If it holds no weights of a matting network.
    UsageError, DeviceError, MissingExtraError
        If quality, engine, device and machine do not go together.
    """
    one_of("quality", quality, get_args(Quality))
    likeliest = fit((1920, 1080), quality).padded
    return NetworkMatter(open_engine(weights_file(weights), engine, device, threads, likeliest), quality)
