"""What can run the network, and what does."""

from __future__ import annotations

import os
import platform
import shutil

from streammatte.doctor.commands import pip
from streammatte.doctor.finding import Finding
from streammatte.matting.onnx_files import imported

__all__ = ["choice", "onnxruntime", "processor", "torch"]

_SECTION = "compute devices"
_PROVIDER = "CPUExecutionProvider"


def processor() -> list[Finding]:
    """Look at the CPU."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    model = platform.processor() or platform.machine()
    return [Finding(_SECTION, "cpu", "ok", f"{model}, {cores} core{'s' * (cores > 1)}")]


def onnxruntime() -> list[Finding]:
    """Look at what onnxruntime runs on; streammatte uses its CPU provider."""
    runtime = imported()
    providers = runtime.get_available_providers()
    detail = f"{runtime.__version__} with {', '.join(providers)}"
    if _PROVIDER not in providers:
        remedy = pip("install", "--force-reinstall", "onnxruntime")
        return [Finding(_SECTION, "onnxruntime", "problem", f"{detail}; expected {_PROVIDER}", remedy, mends=True)]
    return [Finding(_SECTION, "onnxruntime", "ok", detail)]


def torch() -> list[Finding]:
    """Look at the devices of torch, and whether a GPU is left idle."""
    from importlib.metadata import version

    from streammatte.matting.engines import torch_devices

    devices = torch_devices()
    nvidia = shutil.which("nvidia-smi") is not None
    if not devices:
        remedy = pip("install", "torch", "safetensors")
        if nvidia:
            detail = "is missing, and runs the network on the NVIDIA card"
            return [Finding(_SECTION, "torch", "warning", detail, remedy, mends=True)]
        return [Finding(_SECTION, "torch", "ok", "is not installed; only a GPU needs it", remedy)]
    detail = f"{version('torch')} with {', '.join(devices)}"
    if "cuda" in devices or not nvidia:
        return [Finding(_SECTION, "torch", "ok", detail)]
    index = () if platform.system() == "Linux" else ("--index-url", "https://download.pytorch.org/whl/cu126")
    remedy = pip("install", "--force-reinstall", "torch", *index)
    detail += "; there is an NVIDIA card, which it cannot use"
    return [Finding(_SECTION, "torch", "warning", detail, remedy, mends=True)]


def choice() -> list[Finding]:
    """Load the network as every command does by default, and see what runs it."""
    from streammatte.matting.matter import load

    matter = load()
    return [Finding(_SECTION, "chosen", "ok", f"{matter.engine} on {matter.device}")]
