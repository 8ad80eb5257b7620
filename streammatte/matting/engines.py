"""What runs the network: onnxruntime on the CPU by default, OpenVINO if asked for, torch on a GPU."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, get_args

import numpy as np
from numpy.typing import NDArray

from streammatte.errors import DeviceError, MissingExtraError, UsageError, about
from streammatte.matting.onnx_files import onnx_beside, open_session

if TYPE_CHECKING:
    from streammatte.compositing.planes import Planes, Twin
    from streammatte.nn.config import NetworkConfig
    from streammatte.nn.engine import TorchEngine
    from streammatte.nn.network import MattingNetwork

__all__ = [
    "Device",
    "Engine",
    "EngineName",
    "OnnxRuntimeEngine",
    "OpenVinoEngine",
    "chosen_engine",
    "open_engine",
    "open_torch",
    "torch_devices",
]

EngineName = Literal["auto", "onnxruntime", "openvino", "torch"]
Device = Literal["auto", "cpu", "cuda", "mps"]

_WIDE = 512, 288
"""(w, h) of 16:9 in the network's box."""


class Engine(Protocol):
    """Runs the network on one picture.

    Attributes
    ----------
    name, device : str
        The engine and the device that are really used.
    """

    name: str
    device: str

    @property
    def twin(self) -> Callable[[Planes], Twin] | None:
        """What brings planes to the device; None for a device that is not to have them."""

    def run(self, rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Map `rgb` (H, W, 3), sides multiples of 32, to alpha (H, W) in [0, 1]."""


class OnnxRuntimeEngine:
    """The CPU's engine. Its threads do not spin while they wait.

    Parameters
    ----------
    weights : Path
        The .onnx file lies beside it.
    threads : int
        At most so many.
    size : tuple of int
        (w, h) that pictures are expected to have. One of another size costs a tenth of a second, once.
    """

    name = "onnxruntime"
    device = "cpu"
    twin = None

    def __init__(self, weights: Path, threads: int, size: tuple[int, int] = _WIDE) -> None:
        self._weights = weights
        self._path = onnx_beside(weights)
        self._threads = threads
        self._bind(size[::-1])

    def run(self, rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
        if rgb.shape[:2] != self._shape:
            self._bind(rgb.shape[:2])
        (alpha,) = self._session.run(None, {"image": rgb[None]})  # (1, 1, H, W)
        return np.asarray(alpha[0, 0], np.float32)

    def _bind(self, shape: tuple[int, ...]) -> None:
        """Fit the network to pictures of one shape (H, W), which takes a tenth of a second and makes it faster."""
        sides = dict(zip(("batch", "height", "width"), (1, *shape), strict=True))
        with about(self._weights):
            self._session = open_session(self._path, self._threads, sides, "what 'streammatte export' wrote")
        self._shape = shape


class OpenVinoEngine:
    """Intel's engine on the CPU, an extra."""

    name = "openvino"
    device = "cpu"
    twin = None

    def __init__(self, weights: Path, threads: int) -> None:
        try:
            import openvino
        except ImportError as error:
            raise MissingExtraError(
                "the engine openvino needs the package openvino, which is not installed",
                remedy="run: pip install 'streammatte[openvino]'",
            ) from error
        self._core = openvino.Core()
        self._options = {"INFERENCE_NUM_THREADS": threads, "INFERENCE_PRECISION_HINT": "f32"}
        self._model = self._core.read_model(str(onnx_beside(weights)))
        self._shape: tuple[int, ...] = ()
        self._request: Any = None

    def run(self, rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
        if rgb.shape != self._shape:  # a network bound to one shape is much faster than a free one
            self._model.reshape([1, *rgb.shape])
            self._request = self._core.compile_model(self._model, "CPU", self._options).create_infer_request()
            self._shape = rgb.shape
        return np.array(self._request.infer({0: rgb[None]})[0][0, 0], np.float32)  # of (1, 1, H, W)


def open_engine(
    weights: Path,
    engine: EngineName = "auto",
    device: Device = "auto",
    threads: int = 2,
    size: tuple[int, int] = _WIDE,
) -> Engine:
    """Start an engine.

    Parameters
    ----------
    weights : Path
        A safetensors file; onnxruntime and OpenVINO read the .onnx file beside it.
    engine, device : str
        As `chosen_engine` takes them.
    threads : int
        The most that the CPU is given.
    size : tuple of int
        (w, h) that pictures are expected to have.

    Raises
    ------
    UsageError
        If engine and device do not go together, or `threads` is less than 1.
    DeviceError
        If the device is not there.
    MissingExtraError
        If the engine is not installed.
    """
    if threads < 1:
        raise UsageError(f"threads is {threads}; expected 1 or more")
    engine, device = chosen_engine(engine, device)
    if engine == "onnxruntime":
        return OnnxRuntimeEngine(weights, threads, size)
    if engine == "openvino":
        return OpenVinoEngine(weights, threads)
    return open_torch(weights, device, threads)


def chosen_engine(engine: EngineName = "auto", device: Device = "auto") -> tuple[EngineName, Device]:
    """Decide what "auto" means here.

    Parameters
    ----------
    engine : str
        "auto" takes torch on a GPU and onnxruntime on the CPU.
    device : str
        "auto" takes an NVIDIA GPU if torch has one, and else the CPU.

    Returns
    -------
    tuple
        An engine and a device, neither of them "auto".

    Raises
    ------
    UsageError
        If there is no such engine or device, or they do not go together.
    DeviceError
        If the device is not there.
    MissingExtraError
        If they need torch, which is not installed.
    """
    for kind, value, names in (("engine", engine, get_args(EngineName)), ("device", device, get_args(Device))):
        if value not in names:
            raise UsageError(f"there is no {kind} {value!r}; expected one of {', '.join(names)}")
    if engine in ("onnxruntime", "openvino"):
        if device not in ("auto", "cpu"):
            raise UsageError(
                f"the engine {engine} runs on the CPU, not on {device}", remedy=f"use --engine torch for {device}"
            )
        return engine, "cpu"
    if device == "auto":
        device = "cuda" if _nvidia_driver() and "cuda" in torch_devices() else "cpu"
    if device == "cpu":
        return ("onnxruntime" if engine == "auto" else engine), device
    _require_torch(f"the device {device}")
    if device not in torch_devices():
        raise DeviceError(
            f"torch finds no {device} device here", remedy=f"use --device cpu, or install a torch build for {device}"
        )
    return "torch", device


def open_torch(
    weights: Path, device: str, threads: int, build: Callable[[NetworkConfig], MattingNetwork] | None = None
) -> TorchEngine:
    """Start torch on the network in `weights`, which `build` makes of its configuration.

    Raises
    ------
    MissingExtraError
        If torch is not installed.
    """
    _require_torch("the engine torch")
    import torch

    from streammatte.nn.engine import TorchEngine
    from streammatte.nn.network import MattingNetwork
    from streammatte.nn.weights import load_network

    if device == "cpu":
        torch.set_num_threads(threads)
    return TorchEngine(load_network(weights, build or MattingNetwork), device)


def torch_devices() -> tuple[str, ...]:
    """The devices that torch can use here, "cpu" last; none without torch."""
    try:
        import torch
    except ImportError:
        return ()
    found = []
    if torch.cuda.is_available():
        found.append("cuda")
    if torch.backends.mps.is_available():
        found.append("mps")
    return (*found, "cpu")


def _require_torch(what: str) -> None:
    if not torch_devices():
        raise MissingExtraError(
            f"{what} needs the package torch, which is not installed", remedy="run: pip install 'streammatte[gpu]'"
        )


def _nvidia_driver() -> bool:
    """Whether it is worth the seconds of loading torch to ask for a GPU."""
    import shutil

    return Path("/proc/driver/nvidia").exists() or shutil.which("nvidia-smi") is not None
