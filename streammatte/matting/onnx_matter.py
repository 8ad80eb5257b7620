"""Other networks: any in an ONNX file that takes one picture and gives one alpha or mask."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from streammatte.compositing.frames import Alpha, Frame, Rgb, check_range
from streammatte.errors import ShapeError, UsageError, WeightsError, about
from streammatte.matting.matter import SIDE, at_most, fit
from streammatte.matting.onnx_files import open_session

__all__ = ["OnnxMatter"]

_TYPES = {"tensor(float)": np.float32, "tensor(float16)": np.float16, "tensor(uint8)": np.uint8}
"""What a picture may be given as."""


class OnnxMatter:
    """Any network in an ONNX file that takes one picture and gives one alpha or mask, on the CPU.

    Parameters
    ----------
    model : str or Path
        The file. The picture is its one input, R,G,B, (1, 3, H, W) or (1, H, W, 3); alpha is its first output of one
        channel.
    size : int
        Pixels: the network sees the area of a square of so many at each side, at the frame's aspect in multiples of 32;
        none is 512. A file that fixes its sides has them already, and frames are stretched to them.
    mean, deviation : str
        What the network wants subtracted from values of 0 to 1, and divided by after that: a number, or three for R,G,B
        in double quotes. A file that takes bytes is given them as they are.
    logits : bool
        Whether what it gives must yet go through a sigmoid.
    threads : int
        The most that the CPU is given.

    Raises
    ------
    WeightsError
        If the file cannot be read or does not fit.
    UsageError
        If a value cannot be.
    """

    engine = "onnxruntime"
    device = "cpu"

    def __init__(
        self,
        model: str | Path,
        size: int | None = None,
        mean: str = "0",
        deviation: str = "1",
        logits: bool = False,
        threads: int = 2,
    ) -> None:
        self._mean, self._deviation = _numbers("mean", mean), _numbers("deviation", deviation)
        if not self._deviation.all():
            raise UsageError(f"deviation is {deviation}; expected numbers other than 0")
        if size is not None and size < 1:
            raise UsageError(f"size is {size}; expected 1 or more pixels")
        self._model = model = Path(model)
        self._logits = logits
        with about(model):
            if not model.is_file():
                raise WeightsError(f"there is no file {model}; expected a network in ONNX form")
            self._session = open_session(model, threads, {})
            self._read_form()
        if size is not None and None not in self._sides:
            wide, high = self._sides
            raise UsageError(f"size is {size}, but {model} fixes its sides at {wide}x{high}", remedy="leave size out")
        self._side = size or SIDE

    def matte(self, frame: Frame) -> Alpha:
        """Return the alpha of a frame, (h, w) float32 in [0, 1], of the size that the network gives or the frame's.

        Raises
        ------
        WeightsError
            If the network cannot be run on the picture, or what it gives is no alpha.
        """
        seen = fit(frame.size, side=self._side).padded
        width, height = (fixed or free for fixed, free in zip(self._sides, seen, strict=True))
        try:
            (given,) = self._session.run([self._output], {self._input: self._fed(frame.at((width, height)))})
        except Exception as error:  # onnxruntime's have no class of their own
            problem = f"{self._model} cannot be run on a picture of {width}x{height}, though it leaves the sides free"
            remedy = "give the size that it was made for, or export it with fixed sides"
            raise WeightsError(problem, remedy=remedy, subject=self._model) from error
        alpha = np.squeeze(np.asarray(given, np.float32))
        if alpha.ndim != 2:
            raise WeightsError(f"{self._model} gives {given.shape}; expected one alpha, (1, 1, H, W)")
        if self._logits:
            alpha = np.float32(0.5) * (1 + np.tanh(alpha / 2))
        try:
            alpha = np.clip(check_range(alpha, f"what {self._model.name} gives"), 0, 1)
        except ShapeError as error:
            remedy = "where a sigmoid is still to come, give logits=yes"
            raise WeightsError(str(error), remedy=remedy, subject=self._model) from error
        return at_most(alpha, frame.size)

    def reset(self) -> None:
        """Do nothing: the network looks at each frame by itself."""

    def _fed(self, rgb: Rgb) -> NDArray[Any]:
        """A picture (h, w, 3) as the network wants it, with a first side of 1."""
        values: NDArray[Any] = rgb
        if self._type is not np.uint8:
            values = ((rgb * np.float32(1 / 255) - self._mean) / self._deviation).astype(self._type)
        return np.ascontiguousarray(values.transpose(2, 0, 1) if self._channels_first else values)[None]

    def _read_form(self) -> None:
        """Learn what the file takes and gives."""
        inputs, outputs = self._session.get_inputs(), self._session.get_outputs()
        alphas = [each for each in outputs if _is_alpha(each.shape)]
        if len(inputs) != 1 or not _is_picture(inputs[0].shape) or inputs[0].type not in _TYPES or not alphas:
            raise WeightsError(
                f"{self._model} does not fit: in go {_listed(inputs)}, out come {_listed(outputs)}; "
                "expected one picture in, (1, 3, H, W) or (1, H, W, 3), of float, float16 or uint8, "
                "and an alpha or mask out, (1, 1, H, W)"
            )
        self._input, self._output = inputs[0].name, alphas[0].name
        self._type = _TYPES[inputs[0].type]
        shape = inputs[0].shape
        self._channels_first = shape[1] == 3
        height, width = shape[2:] if self._channels_first else shape[1:3]
        self._sides = [each if isinstance(each, int) else None for each in (width, height)]


def _is_picture(shape: list[Any]) -> bool:
    return len(shape) == 4 and _may_be_one(shape[0]) and 3 in (shape[1], shape[3])


def _is_alpha(shape: list[Any]) -> bool:
    """Whether it is (1, 1, H, W), (1, H, W, 1), (1, H, W) or (H, W)."""
    if len(shape) == 4:
        return _may_be_one(shape[0]) and (_may_be_one(shape[1]) or shape[3] == 1)
    return len(shape) == 2 or (len(shape) == 3 and _may_be_one(shape[0]))


def _may_be_one(side: Any) -> bool:
    """Whether a side is 1, or free."""
    return not isinstance(side, int) or side == 1


def _listed(arrays: list[Any]) -> str:
    """Names, shapes and types, as a list to be read."""
    return " and ".join(
        f"{each.name} ({', '.join(map(str, each.shape))}) of {each.type.removeprefix('tensor(').rstrip(')')}"
        for each in arrays
    )


def _numbers(name: str, text: str) -> NDArray[np.float32]:
    """One number or three, (1,) or (3,)."""
    try:
        numbers = np.array([float(each) for each in re.split(r"[,\s]+", str(text).strip())], np.float32)
    except ValueError:
        numbers = np.empty(0, np.float32)
    if numbers.size not in (1, 3):
        problem = (
            f'{name} is {text!r}; expected a number, or three for R,G,B in double quotes, such as "0.485,0.456,0.406"'
        )
        raise UsageError(problem)
    return numbers
