"""The matter: a frame fitted into the network's box, its alpha fitted back."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from streammatte.engines import Device, Engine, EngineName, open_engine
from streammatte.errors import MediaError
from streammatte.frames import Alpha, Frame, Rgb, check_rgb
from streammatte.refine import upsample_alpha

__all__ = ["BOX", "Fit", "NetworkMatter", "fit", "load", "shipped_weights", "weights_file"]

BOX = 512
"""Pixels: the longer side of a frame inside the network."""

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


def fit(size: tuple[int, int], box: int = BOX) -> Fit:
    """Fit a frame of `size` (w, h) into a square of `box` pixels."""
    scale = box / max(size)
    fitted = tuple(max(1, round(side * scale)) for side in size)
    padded = tuple(-(-side // _STRIDE) * _STRIDE for side in fitted)
    return Fit((fitted[0], fitted[1]), (padded[0], padded[1]))


class NetworkMatter:
    """Finds alpha with the network; a `Matter`.

    Parameters
    ----------
    engine : Engine
        What runs the network.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

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
        alpha = self.matte_in_box(frame if isinstance(frame, Frame) else check_rgb(frame))
        if not isinstance(frame, Frame):
            return upsample_alpha(alpha, frame)
        if alpha.shape[1] > frame.size[0]:
            alpha = np.asarray(cv2.resize(alpha, frame.size, interpolation=cv2.INTER_AREA), np.float32)
        return alpha

    def matte_in_box(self, picture: Frame | Rgb) -> Alpha:
        """Return the alpha of a frame or picture at the fitted size, (h, w) float32 in [0, 1]."""
        frame = picture if isinstance(picture, Frame) else Frame(picture)
        (width, height), padded = fit(frame.size)
        alpha = self._engine.run(_padded(frame.at((width, height)), padded))
        stretched = (alpha[:height, :width] - np.float32(_REST)) * np.float32(1 / (1 - 2 * _REST))
        return np.asarray(np.clip(stretched, 0, 1), np.float32)

    def reset(self) -> None:
        """Do nothing: the network looks at each frame by itself."""


def _padded(rgb: Rgb, padded: tuple[int, int]) -> Rgb:
    right, bottom = padded[0] - rgb.shape[1], padded[1] - rgb.shape[0]
    if right or bottom:
        rgb = np.asarray(cv2.copyMakeBorder(rgb, 0, bottom, 0, right, cv2.BORDER_REPLICATE), np.uint8)
    return rgb


def shipped_weights() -> Path:
    """The weights that come with the package."""
    return Path(__file__).parent / "weights" / "streammatte.safetensors"


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
    weights: str | Path | None = None, *, engine: EngineName = "auto", device: Device = "auto", threads: int = 2
) -> NetworkMatter:
    """Return a matter with trained weights.

    Parameters
    ----------
    weights : path, optional
        A safetensors file of `streammatte train`; the shipped one by default.
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
        If engine, device and machine do not go together.
    """
    return NetworkMatter(open_engine(weights_file(weights), engine, device, threads))
