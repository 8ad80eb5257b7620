"""The training loop: stages in their order, resumable after any kill."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import torch

from streammatte.errors import UsageError
from streammatte.nn.network import MattingNetwork
from streammatte.nn.weights import save_network
from streammatte.research.train.batches import batches
from streammatte.research.train.config import Recipe, Stage
from streammatte.research.train.data import TrainingSet, load_training_set
from streammatte.research.train.mix import Hardness
from streammatte.research.train.norms import measure_norms
from streammatte.research.train.progress import Meter, Progress
from streammatte.research.train.state import State
from streammatte.research.train.step import TrainingStep
from streammatte.research.train.team import ALONE, Team

__all__ = ["train"]

SAVE_EVERY_S = 120.0


def train(
    network: MattingNetwork,
    data: Path,
    out: Path,
    recipe: Recipe,
    *,
    device: str = "cpu",
    workers: int = 2,
    minutes: float | None = None,
    team: Team = ALONE,
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
    device : str
        A torch device.
    workers : int
        Processes that make pictures; 0 to make them here.
    minutes : float, optional
        Stop after so long; not in a team, whose members would not stop at one step.
    team : Team
        Whose member this process is. The first one reports, validates and saves.
    report, validate : callable
        Called with the progress; called with the averaged network, to return figures for the log.
    report_every, validate_every : int
        Steps from one call to the next.

    Raises
    ------
    UsageError
        If the recipe has not the stage where the run was stopped.
    """
    began = time.monotonic()
    cv2.setNumThreads(1)  # before the loader forks: OpenCV's own threads do not survive that
    out.mkdir(parents=True, exist_ok=True)
    leads = team.rank == 0
    checkpoint, log = out / "checkpoint.pt", _Log(out / "log.jsonl" if leads else None)
    cache = (out / "cache").resolve()  # a link lets runs share one
    network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    resumed = torch.load(checkpoint, map_location="cpu") if checkpoint.exists() else None
    first = 0 if resumed is None else _stage_index(recipe, resumed["stage"])
    images = 0 if resumed is None else resumed["images"]
    if leads:
        log.cut(images)

    optimiser = None
    for index in range(first, len(recipe.stages)):
        stage = recipe.stages[index]
        if leads:
            load_training_set(data, cache, stage.long_side)  # decodes what is not in the cache; the others wait for it
        team.shared(None)
        training_set = load_training_set(data, cache, stage.long_side)
        stage = stage.for_people(len(training_set.people))
        if optimiser is None or stage.trained != recipe.stages[index - 1].trained:
            trained = {"sn": network.sn, "mrn": network.mrn, "both": network}[stage.trained]
            optimiser = torch.optim.Adam(trained.parameters(), stage.learning_rate, recipe.betas, fused=True)
        average = {key: value.detach().clone() for key, value in network.state_dict().items()}
        state = State(network, average, optimiser, stage.name, images=images)
        if resumed is not None:
            state.restore(resumed, training_set)
            resumed = None
        step = TrainingStep(network, optimiser, stage, recipe.losses, team)
        meter, saved = Meter(), time.monotonic()
        every = stage.weigh_every or stage.steps
        try:
            while state.step < stage.steps:
                if state.hardness is None or state.step % every == 0:
                    weighed = recipe.weigh(state.averaged(), training_set) if leads else Hardness.equal(training_set)
                    state.hardness = team.shared(weighed)
                    log.write(stage=stage.name, step=state.step, images=state.images, **state.hardness.summary())
                    meter = Meter()
                upcoming = range(state.step, min(stage.steps, (state.step // every + 1) * every))
                on = next(network.parameters()).device
                for batch in batches(recipe, index, training_set, state.hardness, upcoming, workers, on, team):
                    loss = step(batch, stage.learning_rate_at(state.step))
                    state.count(team.size * len(batch.pictures))
                    state.update_average(recipe.average)
                    meter.add(loss, team.size * len(batch.pictures))
                    if not leads:
                        continue
                    if state.step % report_every == 0:
                        progress = meter.progress(state, stage)
                        report(progress)
                        log.write(**asdict(progress))
                        meter = Meter()
                    if state.step % validate_every == 0 or state.step == stage.steps:
                        _validate(state, stage, recipe, training_set, out, log, validate)
                        meter = Meter()
                    if time.monotonic() - saved > SAVE_EVERY_S:
                        state.save(checkpoint)
                        saved = time.monotonic()
                    if minutes is not None and time.monotonic() - began > 60 * minutes:
                        _validate(state, stage, recipe, training_set, out, log, validate)
                        return
        finally:
            if leads:
                state.save(checkpoint)
        network.load_state_dict(state.average)
        images = state.images


def _stage_index(recipe: Recipe, name: str) -> int:
    names = [stage.name for stage in recipe.stages]
    if name not in names:
        raise UsageError(
            f"the run has come to its stage {name!r}; expected one of the recipe's: {', '.join(names)}", subject=name
        )
    return names.index(name)


def _validate(
    state: State,
    stage: Stage,
    recipe: Recipe,
    training_set: TrainingSet,
    out: Path,
    log: _Log,
    validate: Callable[[MattingNetwork], dict[str, float]] | None,
) -> None:
    averaged = state.averaged()
    if recipe.average and recipe.measured_norms:
        measure_norms(averaged, training_set, stage)
        for key, value in averaged.state_dict().items():
            state.average[key].copy_(value)
    averaged.cpu().eval()
    save_network(averaged, out / "weights.safetensors", images=str(state.images))
    if validate is not None:
        log.write(stage=stage.name, step=state.step, images=state.images, **validate(averaged))


@dataclass(frozen=True)
class _Log:
    """Records in a file, one on a line, of the team's first member alone."""

    path: Path | None

    def cut(self, images: int) -> None:
        """Take away what is of later than so many pictures, which is done once more, and a last line that was torn."""
        if self.path is not None and self.path.exists():
            lines = [line for line in self.path.read_text().splitlines(keepends=True) if line.endswith("\n")]
            self.path.write_text("".join(line for line in lines if json.loads(line)["images"] <= images))

    def write(self, **record: float | str) -> None:
        if self.path is not None:
            with self.path.open("a") as file:
                file.write(json.dumps({"time": round(time.time()), **record}) + "\n")
