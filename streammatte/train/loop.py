"""The training loop."""

from __future__ import annotations

import json
import math
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from streammatte.nn.network import MattingNetwork
from streammatte.train.augment import Composer
from streammatte.train.config import Recipe, Stage
from streammatte.train.data import load_training_set
from streammatte.train.losses import matting_loss, segmentation_loss

ASPECTS = ((1, 1), (4, 3), (3, 4), (16, 9))


class _Steps(Dataset[tuple[Tensor, Tensor]]):
    """Item k is the batch of step k, the same whenever it is asked for."""

    def __init__(self, composer: Composer, stage: Stage, seed: int) -> None:
        self.composer, self.stage, self.seed = composer, stage, seed

    def __len__(self) -> int:
        return self.stage.steps

    def __getitem__(self, step: int) -> tuple[Tensor, Tensor]:
        rng = np.random.default_rng((self.seed, step))
        w, h = ASPECTS[int(rng.integers(len(ASPECTS)))]
        side = self.stage.size / math.sqrt(w * h)
        width, height = (max(32, round(x * side / 32) * 32) for x in (w, h))
        drawn = [self.composer.draw(rng, width, height) for _ in range(self.stage.batch)]
        pictures = np.stack([p for p, _ in drawn]).transpose(0, 3, 1, 2)  # (N, H, W, 3) -> (N, 3, H, W)
        alphas = np.stack([a for _, a in drawn])[:, None]
        return torch.from_numpy(np.ascontiguousarray(pictures)), torch.from_numpy(alphas)


def learning_rate(stage: Stage, step: int) -> float:
    """Linear warm-up, then cosine decay to a hundredth."""
    if step < stage.warmup:
        return stage.learning_rate * (step + 1) / stage.warmup
    progress = (step - stage.warmup) / max(1, stage.steps - stage.warmup)
    return stage.learning_rate * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * progress)))


class Average:
    """An exponential moving average of a network's parameters and statistics."""

    def __init__(self, network: MattingNetwork, decay: float) -> None:
        self.decay = decay
        self.state = {k: v.detach().clone() for k, v in network.state_dict().items()}

    @torch.no_grad()
    def update(self, network: MattingNetwork, step: int) -> None:
        decay = min(self.decay, (1 + step) / (10 + step))
        for key, value in network.state_dict().items():
            if value.dtype.is_floating_point:
                self.state[key].lerp_(value, 1 - decay)
            else:
                self.state[key].copy_(value)


def save(path: Path, **content: object) -> None:
    partial = path.with_suffix(".partial")
    torch.save(content, partial)
    os.replace(partial, path)


def train(data, out, recipe, network, validate=None, stage_index=0, resume=None, log=print, workers=2):
    cv2.setNumThreads(1)  # before the loader forks: OpenCV's own threads do not survive that
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    for index in range(stage_index, len(recipe.stages)):
        stage = recipe.stages[index]
        composer = Composer(load_training_set(data, out / "cache", stage.long_side), recipe.mix)
        network.to(memory_format=torch.channels_last)
        parameters = list((network if stage.refine else network.sn).parameters())
        optimiser = torch.optim.Adam(parameters, stage.learning_rate, recipe.betas, fused=True)
        average = Average(network, recipe.average)
        first = 0
        if resume is not None:
            network.load_state_dict(resume["network"])
            average.state = resume["average"]
            optimiser.load_state_dict(resume["optimiser"])
            first = resume["step"]
            resume = None
        loader = DataLoader(_Steps(composer, stage, recipe.seed * 1000 + index), batch_size=None, sampler=range(first, stage.steps), num_workers=workers, prefetch_factor=4)
        network.train()
        began, seen, total = time.monotonic(), 0, 0.0
        for step, (picture, alpha) in enumerate(loader, first):
            for group in optimiser.param_groups:
                group["lr"] = learning_rate(stage, step)
            image = picture.float().div_(255).contiguous(memory_format=torch.channels_last)
            optimiser.zero_grad(set_to_none=True)
            if stage.refine:
                predicted, logits = network(image)
                loss = segmentation_loss(logits, alpha) + matting_loss(predicted, alpha)
            else:
                loss = segmentation_loss(network.sn(image), alpha)
            loss.backward()
            optimiser.step()
            average.update(network, step)
            seen += len(image)
            total += loss.item()
            if (step + 1) % 100 == 0:
                rate = seen / (time.monotonic() - began)
                left = (stage.steps - step - 1) * stage.batch / rate
                log(f"{stage.name} {step + 1}/{stage.steps} loss {total / 100:.4f} {rate:.1f} images/s {left / 60:.0f} min left")
                total = 0.0
                if (step + 1) % 500 == 0: began, seen = time.monotonic(), 0
            if (step + 1) % 500 == 0 or step + 1 == stage.steps:
                save(out / "checkpoint.pt", network=network.state_dict(), average=average.state, optimiser=optimiser.state_dict(), stage=index, step=step + 1)
            if validate is not None and ((step + 1) % 1000 == 0 or step + 1 == stage.steps):
                log("validation " + json.dumps(validate(average.state, stage)))
                began, seen = time.monotonic(), 0
        network.load_state_dict(average.state)
