"""Many tensors moved to a device in one go."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor

__all__ = ["Packed"]


class _Place(NamedTuple):
    """Where a tensor lies in a buffer."""

    start: int
    dtype: torch.dtype
    shape: torch.Size


@dataclass(frozen=True)
class Packed:
    """Anything of dataclasses, tuples and tensors, with all its tensors in one buffer."""

    skeleton: Any
    buffer: Tensor

    @classmethod
    def of(cls, content: object) -> Packed:
        """Pack."""
        tensors: list[Tensor] = []
        length = 0

        def placed(tensor: Tensor) -> _Place:
            nonlocal length
            flat = tensor.contiguous().reshape(-1).view(torch.uint8)
            start, padding = length, -flat.numel() % 16
            tensors.append(torch.cat([flat, flat.new_zeros(padding)]))
            length += flat.numel() + padding
            return _Place(start, tensor.dtype, tensor.shape)

        skeleton = _mapped(content, Tensor, placed)
        return cls(skeleton, torch.cat(tensors))

    def on(self, device: torch.device) -> Any:
        """What was packed, with its tensors on a device."""
        buffer = self.buffer.pin_memory() if device.type == "cuda" else self.buffer
        moved = buffer.to(device, non_blocking=True)

        def taken(place: _Place) -> Tensor:
            length = place.shape.numel() * place.dtype.itemsize
            return moved[place.start : place.start + length].view(place.dtype).reshape(place.shape)

        return _mapped(self.skeleton, _Place, taken)


def _mapped(value: Any, leaf: type, change: Any) -> Any:
    """The same dataclasses and tuples, with each leaf changed."""
    if isinstance(value, leaf):
        return change(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        parts = {field.name: _mapped(getattr(value, field.name), leaf, change) for field in dataclasses.fields(value)}
        return dataclasses.replace(value, **parts)
    return tuple(_mapped(item, leaf, change) for item in value) if isinstance(value, tuple) else value
