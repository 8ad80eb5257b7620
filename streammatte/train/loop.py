"""The training loop: stages in their order, resumable after any kill."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import cv2
import torch
from torch import Tensor
from torch.utils.data import DataLoader

from streammatte.errors import UsageError
from streammatte.nn.network import MattingNetwork
from streammatte.nn.weights import save_network
from streammatte.train.augment import Composer, Hardness
from streammatte.train.batches import StageBatches
from streammatte.train.config import Recipe, Stage
from streammatte.train.data import load_training_set
from streammatte.train.losses import matting_loss, segmentation_loss, steadiness_loss
from streammatte.train.mining import hardness

__all__ = ["Progress", "learning_rate", "train"]

SAVE_EVERY_S = 120.0


@dataclass(frozen=True)
class Progress:
    """What the loop reports at intervals.

    Attributes
    ----------
    stage : str
    step, steps : int
        Steps done, and those of the whole stage.
    images : int
        Pictures seen since the first step of the first stage.
    loss : float
        Mean since the last report.
    images_per_s, left_s : float
        Speed since the last report, and seconds left in this stage.
    """

    stage: str
    step: int
    steps: int
    images: int
    loss: float
    images_per_s: float
    left_s: float


@dataclass
class _State:
    """Everything that a run needs to go on."""

    network: MattingNetwork
    average: dict[str, Tensor]
    optimiser: torch.optim.Optimizer
    stage: int
    hardness: Hardness
    step: int = 0
    images: int = 0

    def save(self, path: Path) -> None:
        content: dict[str, Any] = {"stage": self.stage, "step": self.step, "images": self.images}
        content["hardness"] = {key: torch.from_numpy(value) for key, value in asdict(self.hardness).items()}
        content["network"] = self.network.state_dict()
        content["average"] = self.average
        content["optimiser"] = self.optimiser.state_dict()
        partial = path.with_suffix(".partial")
        torch.save(content, partial)
        partial.replace(path)

    def restore(self, content: dict[str, Any]) -> None:
        self.network.load_state_dict(content["network"])
        self.optimiser.load_state_dict(content["optimiser"])
        self.average = {
            key: value.to(next(self.network.parameters()).device) for key, value in content["average"].items()
        }
        self.hardness = Hardness(**{key: value.numpy() for key, value in content["hardness"].items()})
        self.step = content["step"]

    @torch.no_grad()
    def update_average(self, decay: float) -> None:
        decay = min(decay, (1 + self.images) / (300 + self.images))  # the first weights are not worth remembering
        for key, value in self.network.state_dict().items():
            if value.dtype.is_floating_point:
                self.average[key].lerp_(value, 1 - decay)
            else:
                self.average[key].copy_(value)


@dataclass
class _Meter:
    """Loss and speed since the last report."""

    loss: float = 0.0
    steps: int = 0
    images: int = 0
    began: float = field(default_factory=time.monotonic)

    def add(self, loss: Tensor, images: int) -> None:
        self.loss += loss.item()
        self.steps += 1
        self.images += images

    def progress(self, state: _State, stage: Stage) -> Progress:
        speed = self.images / (time.monotonic() - self.began)
        left = (stage.steps - state.step) * stage.batch / speed
        return Progress(stage.name, state.step, stage.steps, state.images, self.loss / self.steps, speed, left)


def learning_rate(stage: Stage, step: int) -> float:
    """Linear warm-up, then cosine decay to a hundredth at the end of the stage."""
    if step < stage.warmup:
        return stage.learning_rate * (step + 1) / stage.warmup
    progress = (step - stage.warmup) / max(1, stage.steps - stage.warmup)
    return stage.learning_rate * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * progress)))


def train(
    network: MattingNetwork,
    data: Path,
    out: Path,
    recipe: Recipe,
    *,
    first_stage: str | None = None,
    device: str = "cpu",
    workers: int = 2,
    report: Callable[[Progress], None] = lambda progress: None,
    validate: Callable[[MattingNetwork], dict[str, float]] | None = None,
    report_every: int = 100,
    validate_every: int = 1000,
) -> None:
    """Train `network` in place; go on where a run in `out` was stopped.

    `out` gets `checkpoint.pt` every two minutes, `weights.safetensors` (the moving average) at each validation and at
    the end, `log.jsonl` with every report, and the folder `cache`.

    Parameters
    ----------
    network : MattingNetwork
        Where a new run starts from.
    data : Path
        The folder of the training packs.
    out : Path
        The folder of the run.
    recipe : Recipe
        What is done.
    first_stage : str, optional
        Begin with this stage (a new run only).
    device : str
        A torch device.
    workers : int
        Processes that make pictures.
    report, validate : callable
        Called with the progress; called with the averaged network, to return figures for the log.
    report_every, validate_every : int
        Steps from one call to the next.
    """
    cv2.setNumThreads(1)  # before the loader forks: OpenCV's own threads do not survive that
    out.mkdir(parents=True, exist_ok=True)
    checkpoint, log = out / "checkpoint.pt", out / "log.jsonl"
    network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    resumed = torch.load(checkpoint, map_location=device) if checkpoint.exists() else None
    first = _stage_index(recipe, first_stage) if resumed is None else resumed["stage"]
    images = 0 if resumed is None else resumed["images"]

    for index in range(first, len(recipe.stages)):
        stage = recipe.stages[index]
        trained = network if stage.refine else network.sn
        optimiser = torch.optim.Adam(trained.parameters(), stage.learning_rate, recipe.betas, fused=True)
        average = {key: value.detach().clone() for key, value in network.state_dict().items()}
        training_set = load_training_set(data, out / "cache", stage.long_side)
        weights = hardness(network, training_set) if resumed is None else Hardness.equal(training_set)
        state = _State(network, average, optimiser, index, weights, images=images)
        if resumed is not None:
            state.restore(resumed)
            resumed = None
        composer = Composer(training_set, recipe.mix, state.hardness)
        batches = DataLoader(
            StageBatches(composer, stage, recipe.seed, index),
            batch_size=None,
            sampler=range(state.step, stage.steps),
            num_workers=workers,
            prefetch_factor=4 if workers else None,
        )
        network.train()
        meter, saved = _Meter(), time.monotonic()
        try:
            for picture, alpha in batches:
                loss = _step(state, stage, picture.to(device), alpha.to(device))
                state.update_average(recipe.average)
                meter.add(loss, len(picture))
                if state.step % report_every == 0:
                    progress = meter.progress(state, stage)
                    report(progress)
                    _append(log, asdict(progress))
                    meter = _Meter()
                if state.step % validate_every == 0 or state.step == stage.steps:
                    _validate(state, stage, out, log, validate)
                    meter = _Meter()
                if time.monotonic() - saved > SAVE_EVERY_S:
                    state.save(checkpoint)
                    saved = time.monotonic()
        finally:
            state.save(checkpoint)
        network.load_state_dict(state.average)
        images = state.images


def _stage_index(recipe: Recipe, name: str | None) -> int:
    names = [stage.name for stage in recipe.stages]
    if name is None:
        return 0
    if name not in names:
        raise UsageError(f"the recipe has no stage {name!r}; expected one of {', '.join(names)}")
    return names.index(name)


def _step(state: _State, stage: Stage, picture: Tensor, alpha: Tensor) -> Tensor:
    for group in state.optimiser.param_groups:
        group["lr"] = learning_rate(stage, state.step)
    image = picture.float().div_(255).contiguous(memory_format=torch.channels_last)
    state.optimiser.zero_grad(set_to_none=True)
    if stage.refine:
        output = state.network(image)
        loss = segmentation_loss(output.logits, alpha) + matting_loss(output.alpha, alpha)
        if stage.pairs:
            loss = loss + 0.5 * steadiness_loss(output.alpha)
    else:
        loss = segmentation_loss(state.network.sn(image), alpha)
    loss.backward()  # type: ignore[no-untyped-call]
    state.optimiser.step()
    state.step += 1
    state.images += len(image)
    return loss.detach()


def _validate(
    state: _State, stage: Stage, out: Path, log: Path, validate: Callable[[MattingNetwork], dict[str, float]] | None
) -> None:
    averaged = MattingNetwork(state.network.config)
    averaged.load_state_dict({key: value.cpu() for key, value in state.average.items()})
    save_network(averaged.eval(), out / "weights.safetensors", images=str(state.images))
    if validate is not None:
        _append(log, {"stage": stage.name, "step": state.step, "images": state.images, **validate(averaged)})


def _append(log: Path, record: dict[str, Any]) -> None:
    with log.open("a") as file:
        file.write(json.dumps({"time": round(time.time()), **record}) + "\n")
