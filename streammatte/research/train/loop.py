"""The training loop: stages in their order, resumable after any kill."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from copy import deepcopy
from dataclasses import asdict
from pathlib import Path
from typing import Any

import cv2
import torch

from streammatte.errors import UsageError
from streammatte.nn.network import MattingNetwork
from streammatte.nn.weights import save_network
from streammatte.research.train.augment import Hardness
from streammatte.research.train.batches import batches
from streammatte.research.train.config import Recipe
from streammatte.research.train.data import TrainingSet, load_training_set
from streammatte.research.train.norms import measure_norms
from streammatte.research.train.progress import Meter, Progress
from streammatte.research.train.state import State
from streammatte.research.train.step import TrainingStep

__all__ = ["train"]

SAVE_EVERY_S = 120.0


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
    cache = (out / "cache").resolve()  # a link lets runs share one
    network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    resumed = torch.load(checkpoint, map_location=device) if checkpoint.exists() else None
    first = _stage_index(recipe, first_stage) if resumed is None else resumed["stage"]
    images = 0 if resumed is None else resumed["images"]

    for index in range(first, len(recipe.stages)):
        stage = recipe.stages[index]
        training_set = load_training_set(data, cache, stage.long_side)
        stage = stage.for_people(len(training_set.people))
        trained = network if stage.refine else network.sn
        optimiser = torch.optim.Adam(trained.parameters(), stage.learning_rate, recipe.betas, fused=True)
        average = {key: value.detach().clone() for key, value in network.state_dict().items()}
        weights = recipe.weigh(network, training_set) if resumed is None else Hardness.equal(training_set)
        state = State(network, average, optimiser, index, weights, images=images)
        if resumed is not None:
            state.restore(resumed)
            resumed = None
        step = TrainingStep(network, optimiser, stage, recipe.losses)
        drawn = batches(
            recipe,
            index,
            training_set,
            state.hardness,
            first=state.step,
            workers=workers,
            device=next(network.parameters()).device,
        )
        network.train()
        meter, saved = Meter(), time.monotonic()
        try:
            for pictures, alphas in drawn:
                loss = step(pictures, alphas, stage.learning_rate_at(state.step))
                state.count(len(pictures))
                state.update_average(recipe.average)
                meter.add(loss, len(pictures))
                if state.step % report_every == 0:
                    progress = meter.progress(state, stage)
                    report(progress)
                    _append(log, asdict(progress))
                    meter = Meter()
                if state.step % validate_every == 0 or state.step == stage.steps:
                    _validate(state, recipe, training_set, out, log, validate)
                    meter = Meter()
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
        raise UsageError(f"the recipe has no stage {name!r}; expected one of {', '.join(names)}", subject=name)
    return names.index(name)


def _validate(
    state: State,
    recipe: Recipe,
    training_set: TrainingSet,
    out: Path,
    log: Path,
    validate: Callable[[MattingNetwork], dict[str, float]] | None,
) -> None:
    stage = recipe.stages[state.stage]
    averaged = deepcopy(state.network)
    averaged.load_state_dict(state.average)
    if recipe.average:
        averaged.to(next(state.network.parameters()).device)
        measure_norms(averaged, training_set, stage)
        for key, value in averaged.state_dict().items():
            state.average[key].copy_(value)
    averaged.cpu().eval()
    save_network(averaged, out / "weights.safetensors", images=str(state.images))
    if validate is not None:
        _append(log, {"stage": stage.name, "step": state.step, "images": state.images, **validate(averaged)})


def _append(log: Path, record: dict[str, Any]) -> None:
    with log.open("a") as file:
        file.write(json.dumps({"time": round(time.time()), **record}) + "\n")
