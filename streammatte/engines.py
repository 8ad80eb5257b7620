"""What runs the network: onnxruntime on the CPU by default, OpenVINO if asked for, torch on a GPU."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, get_args

import numpy as np
from numpy.typing import NDArray

from streammatte.errors import DeviceError, MissingExtraError, UsageError, WeightsError

if TYPE_CHECKING:
    from streammatte.nn.config import NetworkConfig
    from streammatte.nn.network import MattingNetwork

__all__ = [
    "Device",
    "Engine",
    "EngineName",
    "OnnxRuntimeEngine",
    "OpenVinoEngine",
    "TorchEngine",
    "chosen_engine",
    "open_engine",
    "open_torch",
    "origin",
    "torch_devices",
]

EngineName = Literal["auto", "onnxruntime", "openvino", "torch"]
Device = Literal["auto", "cpu", "cuda", "mps"]

_WIDE = 288, 512
"""(H, W) of 16:9 inside the network, the likeliest shape."""


class Engine(Protocol):
    """Runs the network on one picture.

    Attributes
    ----------
    name, device : str
        The engine and the device that are really used.
    """

    name: str
    device: str

    def run(self, rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Map `rgb` (H, W, 3), sides multiples of 32, to alpha (H, W) in [0, 1]."""


class OnnxRuntimeEngine:
    """The CPU's engine. Its threads do not spin while they wait."""

    name = "onnxruntime"
    device = "cpu"

    def __init__(self, weights: Path, threads: int) -> None:
        self._weights = weights
        self._path = _onnx_beside(weights)
        self._threads = threads
        self._bind(_WIDE)

    def run(self, rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
        if rgb.shape[:2] != self._shape:
            self._bind(rgb.shape[:2])
        (alpha,) = self._session.run(None, {"image": rgb[None]})  # (1, 1, H, W)
        return np.asarray(alpha[0, 0], np.float32)

    def _bind(self, shape: tuple[int, ...]) -> None:
        """Fit the network to pictures of one shape (H, W), which takes a tenth of a second and makes it faster."""
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self._threads
        options.inter_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.log_severity_level = 3
        for side, pixels in zip(("batch", "height", "width"), (1, *shape), strict=True):
            options.add_free_dimension_override_by_name(side, pixels)
        try:
            self._session = onnxruntime.InferenceSession(str(self._path), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # onnxruntime's errors have no common base of their own
            problem = f"onnxruntime cannot read {self._path}; expected what 'streammatte export' wrote"
            raise WeightsError(problem, subject=self._weights) from error
        self._shape = shape


class OpenVinoEngine:
    """Intel's engine on the CPU, an extra."""

    name = "openvino"
    device = "cpu"

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
        self._model = self._core.read_model(str(_onnx_beside(weights)))
        self._shape: tuple[int, ...] = ()
        self._request: Any = None

    def run(self, rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
        if rgb.shape != self._shape:  # a network bound to one shape is much faster than a free one
            self._model.reshape([1, *rgb.shape])
            self._request = self._core.compile_model(self._model, "CPU", self._options).create_infer_request()
            self._shape = rgb.shape
        return np.array(self._request.infer({0: rgb[None]})[0][0, 0], np.float32)  # of (1, 1, H, W)


class TorchEngine:
    """PyTorch, on a GPU or the CPU.

    Parameters
    ----------
    network : MattingNetwork
    device : str
        A torch device.
    """

    name = "torch"

    def __init__(self, network: MattingNetwork, device: str = "cpu") -> None:
        import torch

        from streammatte.nn.folding import folded

        self._torch = torch
        self.device = device
        self._network = folded(network).to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]

    def run(self, rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
        with self._torch.inference_mode():
            picture = self._torch.from_numpy(rgb).to(self.device)
            alpha: NDArray[np.float32] = self._network(picture[None])[0, 0].cpu().numpy()  # of (1, 1, H, W)
        return alpha


def open_engine(weights: Path, engine: EngineName = "auto", device: Device = "auto", threads: int = 2) -> Engine:
    """Start an engine.

    Parameters
    ----------
    weights : Path
        A safetensors file; onnxruntime and OpenVINO read the .onnx file beside it.
    engine, device : str
        As `chosen_engine` takes them.
    threads : int
        The most that the CPU is given.

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
        return OnnxRuntimeEngine(weights, threads)
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


_ORIGIN = "made of weights with sha256 "
_FORM = "maps uint8 pictures to alpha, "


def origin(weights: Path) -> str:
    """What an exported network carries to say what it takes and which weights file it was made of."""
    return _FORM + _ORIGIN + hashlib.sha256(_read(weights)).hexdigest()


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise WeightsError(f"{path} cannot be read ({error.strerror}); expected a file you may read") from error


def _onnx_beside(weights: Path) -> Path:
    path = weights.with_suffix(".onnx")
    remedy = f"run: streammatte export --weights {weights} {path}"
    if not path.exists():
        problem = f"{path} is not there; expected the network of {weights.name} in ONNX form"
        raise WeightsError(problem, remedy=remedy, subject=weights)
    exported = _read(path)
    if weights.exists() and _ORIGIN.encode() in exported and origin(weights).encode() not in exported:
        problem = f"{path} was made of other weights than {weights.name} holds now, or by an earlier streammatte"
        raise WeightsError(problem, remedy=remedy, subject=weights)
    return path
