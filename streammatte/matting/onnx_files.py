"""Networks in ONNX form: the file beside the weights, and what onnxruntime makes of any such file."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from streammatte.errors import WeightsError

__all__ = ["imported", "onnx_beside", "open_session", "origin"]

_ORIGIN = "made of weights with sha256 "
_FORM = "maps uint8 pictures to alpha, "


def imported() -> Any:
    """Import onnxruntime, and keep it from telling its makers what it reads and runs, as it does from 1.29 on.

    It looks at the variable once, when it is first imported: whoever imports it before must set that by themselves.
    """
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    import onnxruntime

    return onnxruntime


def open_session(path: Path, threads: int, sides: Mapping[str, int], expected: str = "an ONNX file") -> Any:
    """Let onnxruntime read a file for the CPU. Its threads do not spin while they wait.

    Parameters
    ----------
    path : Path
        An ONNX file.
    threads : int
        The most that the CPU is given.
    sides : mapping
        Free sides of the network's arrays, by name, and what they are bound to.
    expected : str
        What the file should be, to be said where it is not.

    Returns
    -------
    onnxruntime.InferenceSession

    Raises
    ------
    WeightsError
        If it cannot be read.
    """
    onnxruntime = imported()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    for side, pixels in sides.items():
        options.add_free_dimension_override_by_name(side, pixels)
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's errors have no common base of their own
        raise WeightsError(f"onnxruntime cannot read {path}; expected {expected}") from error


def origin(weights: Path) -> str:
    """What an exported network carries to say what it takes and which weights file it was made of."""
    return _FORM + _ORIGIN + hashlib.sha256(_read(weights)).hexdigest()


def onnx_beside(weights: Path) -> Path:
    """The ONNX form of a weights file, which lies beside it.

    Raises
    ------
    WeightsError
        If there is none, or it was made of other weights.
    """
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


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise WeightsError(f"{path} cannot be read ({error.strerror}); expected a file you may read") from error
