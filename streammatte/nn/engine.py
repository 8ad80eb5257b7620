"""The network run by torch."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray

from streammatte.compositing.planes import Planes, Twin
from streammatte.nn.device import DevicePlanes
from streammatte.nn.folding import folded
from streammatte.nn.network import MattingNetwork

__all__ = ["TorchEngine"]


class TorchEngine:
    """PyTorch, on a GPU or the CPU; an `Engine`.

    On "cuda" the network runs in half precision, and frames that come as planes are brought there as they are.

    Parameters
    ----------
    network : MattingNetwork
    device : str
        A torch device.
    """

    name = "torch"

    def __init__(self, network: MattingNetwork, device: str = "cpu") -> None:
        self.device = device
        self.twin: Callable[[Planes], Twin] | None = None
        precision = torch.float32
        if device == "cuda":
            self.twin, precision = partial(DevicePlanes, device=device), torch.float16
        self._network = folded(network).to(device, precision, memory_format=torch.channels_last)  # type: ignore[call-overload]

    @torch.inference_mode()
    def run(self, rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
        picture = torch.from_numpy(rgb).to(self.device)
        alpha: NDArray[np.float32] = self._network(picture[None])[0, 0].float().cpu().numpy()  # of (1, 1, H, W)
        return alpha
