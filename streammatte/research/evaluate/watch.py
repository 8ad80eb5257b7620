"""A glance at the validation pack, short enough to take it again and again while a network trains."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import torch

from streammatte.compositing.frames import Alpha, Rgb
from streammatte.matting.matter import NetworkMatter
from streammatte.nn.engine import TorchEngine
from streammatte.nn.network import MattingNetwork
from streammatte.research.evaluate import metrics
from streammatte.research.evaluate.pictures import Matte, at_size, evenly, matte_by, pictures_in, read_alpha, read_rgb
from streammatte.research.evaluate.validation import clip_frames

__all__ = ["Watch"]

PORTRAITS = 132
"""So many are looked at, evenly spread."""

EVERY = 12
"""Of a video, two consecutive frames of so many are looked at."""


@dataclass(frozen=True)
class _Look:
    """A picture (H, W, 3) and its true alpha (h, w)."""

    rgb: Rgb
    true: Alpha


class Watch:
    """Measures networks on a part of the validation pack, at quality `fast`: `figures = watch(network)`.

    Portraits' IoU and its 5th percentile, the mean alpha of rooms without people and the highest of them, and for each
    video the MAD and, where the picture stands still, the flicker; all but IoU times 1000.

    Parameters
    ----------
    directory : Path
        Holds `val/` and `clips/`, as `evaluate` takes them.
    lowered : sequence of float
        Taken off SN's logit for foreground, one after the other; what is above 0 is named in the figures' names.
    """

    def __init__(self, directory: Path, lowered: Sequence[float] = (0.0, 0.3, 0.7)) -> None:
        self._lowered = lowered
        val = directory / "val"
        folder = val / "portraits"
        self._portraits = [
            _Look(read_rgb(path), read_alpha(folder / "alpha" / path.name))
            for path in evenly(pictures_in(folder / "photo"), PORTRAITS)
        ]
        self._rooms = [read_rgb(path) for path in pictures_in(val / "rooms")]
        scenes = {f"dancer_{scene.name}": _dancer(scene) for scene in sorted((val / "dancer").iterdir())}
        clips = {clip.name: clip_frames(clip, directory / "clips") for clip in sorted((val / "clips").iterdir())}
        self._videos = {name: list(_pairs(frames)) for name, frames in (scenes | clips).items()}

    def __call__(self, network: MattingNetwork) -> dict[str, float]:
        """Figures of a network in evaluation mode, on the CPU."""
        found: dict[str, float] = {}
        for lowered in self._lowered:
            with _lowered(network, lowered):
                figures = self._figures(matte_by(NetworkMatter(TorchEngine(network), "fast")))
            found |= {name if not lowered else f"{name}-{lowered}": value for name, value in figures.items()}
        return found

    def _figures(self, matte: Matte) -> dict[str, float]:
        overlaps = [metrics.iou(at_size(matte, look.rgb, look.true.shape), look.true) for look in self._portraits]
        rooms = [float(matte(rgb).mean()) for rgb in self._rooms]
        figures = {
            "portraits_iou": float(np.mean(overlaps)),
            "portraits_iou_p5": float(np.percentile(overlaps, 5)),
            "rooms": 1000 * float(np.mean(rooms)),
            "rooms_highest": 1000 * max(rooms),
        }
        for name, pairs in self._videos.items():
            errors, changes = [], []
            for pair in pairs:
                first, second = (at_size(matte, look.rgb, look.true.shape) for look in pair)
                errors += [metrics.mad(first, pair[0].true), metrics.mad(second, pair[1].true)]
                changes.append(metrics.flicker(np.stack([first, second]), np.stack([look.rgb for look in pair])))
            figures |= {name: 1000 * float(np.mean(errors)), f"{name}_flicker": 1000 * float(np.nanmean(changes))}
        return figures


def _dancer(scene: Path) -> Iterator[tuple[Rgb, Alpha]]:
    for path in pictures_in(scene / "photo"):
        yield read_rgb(path), read_alpha(scene / "alpha" / path.name)


def _pairs(frames: Iterable[tuple[Rgb, Alpha]]) -> Iterator[tuple[_Look, _Look]]:
    left = iter(frames)
    while len(group := list(islice(left, EVERY))) > 1:
        first, second = group[:2]
        yield _Look(*first), _Look(*second)


@contextmanager
def _lowered(network: MattingNetwork, by: float) -> Iterator[None]:
    """The network with its logit for foreground lowered."""
    bias = network.sn.head.bias
    assert bias is not None
    kept = bias.detach().clone()
    with torch.no_grad():
        bias[1] -= by
    try:
        yield
    finally:
        with torch.no_grad():
            bias.copy_(kept)
