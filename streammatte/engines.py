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


class Engine(Protocol):
    """Runs the network on one picture.

    Attributes
    ----------
    name, device : str
        The engine and the device that are really used.
    """

    name: str
    device: str

    def run(self, image: NDArray[np.float32]) -> NDArray[np.float32]:
        """Map `image` (1, 3, H, W), R,G,B in [0, 1], sides multiples of 32, to alpha (1, 1, H, W) in [0, 1]."""


class OnnxRuntimeEngine:
    """The CPU's engine. Its threads do not spin while they wait."""

    name = "onnxruntime"
    device = "cpu"

    def __init__(self, weights: Path, threads: int) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.log_severity_level = 3
        path = _onnx_beside(weights)
        try:
            self._session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # onnxruntime's errors have no common base of their own
            problem = f"onnxruntime cannot read {path}; expected what 'streammatte export' wrote"
            raise WeightsError(problem, subject=weights) from error

    def run(self, image: NDArray[np.float32]) -> NDArray[np.float32]:
        (alpha,) = self._session.run(None, {"image": image})
        return np.asarray(alpha, np.float32)


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

    def run(self, image: NDArray[np.float32]) -> NDArray[np.float32]:
        if image.shape != self._shape:  # a network bound to one shape is much faster than a free one
            self._model.reshape(list(image.shape))
            self._request = self._core.compile_model(self._model, "CPU", self._options).create_infer_request()
            self._shape = image.shape
        return np.array(self._request.infer({0: image})[0], np.float32)


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

    def run(self, image: NDArray[np.float32]) -> NDArray[np.float32]:
        torch = self._torch
        with torch.inference_mode():
            tensor = torch.from_numpy(image).to(self.device).contiguous(memory_format=torch.channels_last)
            alpha: NDArray[np.float32] = self._network(tensor).alpha.contiguous().cpu().numpy()
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


def origin(weights: Path) -> str:
    """What an exported network carries to say which weights file it was made of."""
    return _ORIGIN + hashlib.sha256(_read(weights)).hexdigest()


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise WeightsError(f"{path} cannot be read ({error.strerror}); expected a file you may read") from error


def _onnx_beside(weights: Path) -> Path:
    path = weights.with_suffix(".onnx")
    if not path.exists():
        raise WeightsError(
            f"{path} is not there; expected the network of {weights.name} in ONNX form",
            remedy=f"run: streammatte export --weights {weights} {path}",
            subject=weights,
        )
    exported = _read(path)
    if weights.exists() and _ORIGIN.encode() in exported and origin(weights).encode() not in exported:
        raise WeightsError(
            f"{path} was made of other weights than {weights.name} holds now",
            remedy=f"run: streammatte export --weights {weights} {path}",
            subject=weights,
        )
    return path
