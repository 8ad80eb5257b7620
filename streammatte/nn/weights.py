"""A network's weights and configuration in one safetensors file."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from streammatte.errors import WeightsError
from streammatte.nn.config import NetworkConfig
from streammatte.nn.network import MattingNetwork

__all__ = ["load_network", "save_network"]

_CONFIG = "config"


def save_network(network: MattingNetwork, path: Path, **notes: str) -> None:
    """Write weights, configuration and `notes` (how they were trained)."""
    tensors = {key: value.detach().cpu().contiguous() for key, value in network.state_dict().items()}
    partial = path.with_name(f".{path.name}.partial")
    save_file(tensors, partial, metadata={_CONFIG: json.dumps(network.config.to_dict()), **notes})
    partial.replace(path)


def load_network(path: Path, build: Callable[[NetworkConfig], MattingNetwork] = MattingNetwork) -> MattingNetwork:
    """Read a network in evaluation mode.

    Parameters
    ----------
    path : Path
        A safetensors file that `save_network` wrote.
    build : callable
        Makes the network of its configuration.

    Raises
    ------
    WeightsError
        If the file is no safetensors file of a matting network.
    FileNotFoundError
        If there is no such file.
    """
    try:
        with safe_open(path, framework="pt") as file:
            config = NetworkConfig.from_dict(json.loads((file.metadata() or {})[_CONFIG]))
            state = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 - not a dict
        network = build(config)
        network.load_state_dict(state)
    except (SafetensorError, KeyError, TypeError, ValueError, RuntimeError) as error:
        raise WeightsError(
            f"{path} holds no weights of a matting network ({_first_line(error)}); expected a safetensors file that "
            "'streammatte train' wrote",
            subject=path,
        ) from error
    return network.eval()


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]
