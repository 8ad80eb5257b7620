"""`streammatte train`: train the network."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import click

from streammatte.errors import StreammatteError, UsageError
from streammatte.research.cli.command import ResearchCommand

if TYPE_CHECKING:
    from streammatte.nn.network import MattingNetwork
    from streammatte.research.train.progress import Progress


@click.command(cls=ResearchCommand)
@click.option("--data", required=True, type=click.Path(path_type=Path), help="The folder with train/ (and val/).")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="The run's folder; a stopped run goes on.")
@click.option(
    "--recipe",
    default="streammatte",
    metavar="NAME",
    help="streammatte (ours), long, long-edges (on from weights), long-gpu (on one), gpu (anew) or paper (published).",
)
@click.option("--variant", metavar="NAME", help="A network of the paper's tables ('streammatte model --table 2').")
@click.option("--init", type=click.Path(path_type=Path), help="Start from these weights (.safetensors).")
@click.option("--device", default="cpu", show_default=True, help="A torch device: cpu, cuda, mps.")
@click.option(
    "--team", type=click.IntRange(1), default=1, show_default=True, help="Processes that train together on the CPU."
)
@click.option(
    "--threads",
    type=click.IntRange(1),
    default=2,
    show_default=True,
    help="Threads of torch on the CPU, in each of them.",
)
@click.option(
    "--workers",
    type=click.IntRange(0),
    default=2,
    show_default=True,
    help="Processes that make pictures; 0 for none but the team's.",
)
@click.option("--minutes", type=float, help="Stop after so long, with a checkpoint to go on from.")
@click.option("--validate-every", type=click.IntRange(1), default=1000, show_default=True, metavar="STEPS")
def train(
    data: Path,
    out: Path,
    recipe: str,
    variant: str | None,
    init: Path | None,
    device: str,
    team: int,
    threads: int,
    workers: int,
    minutes: float | None,
    validate_every: int,
) -> None:
    """Train the network on packs of photos with alpha.

    DATA/train holds tar files of photo/ID.webp and, for people, alpha/ID.webp; DATA/val, if it is there, is what is
    validated on. Kill it and start it again as you like.
    """
    from streammatte.research.train.config import RECIPES

    if recipe not in RECIPES:
        raise UsageError(f"there is no recipe {recipe!r}; expected one of {', '.join(RECIPES)}", subject=recipe)
    if variant is not None and init is not None:
        raise UsageError("--variant and --init exclude each other: weights say themselves which network they are of")
    if team > 1 and device != "cpu":
        raise UsageError(f"--team {team} on {device}; a team of processes trains on the CPU alone")
    if team > 1 and minutes is not None:
        raise UsageError(f"--minutes with --team {team}; a team goes on until it is stopped")
    run = _Run(data, out, recipe, variant, init, device, threads, workers, minutes, validate_every)
    if team == 1:
        run(0)
        return
    with TemporaryDirectory() as folder:
        meeting, context = Path(folder, "meeting"), get_context("spawn")
        others = [context.Process(target=run.beside, args=(rank, team, meeting)) for rank in range(1, team)]
        for other in others:
            other.start()
        try:
            run(0, team, meeting)
        finally:
            for other in others:
                other.kill()  # of what a run is, the first member alone keeps anything


@dataclass(frozen=True)
class _Run:
    """What the command asks for; called by the first member of a team."""

    data: Path
    out: Path
    recipe: str
    variant: str | None
    init: Path | None
    device: str
    threads: int
    workers: int
    minutes: float | None
    validate_every: int

    def __call__(self, rank: int, size: int = 1, meeting: Path | None = None) -> None:
        import torch

        from streammatte.allocator import keep_freed_memory
        from streammatte.nn.weights import load_network
        from streammatte.research.train.config import RECIPES
        from streammatte.research.train.loop import train as run
        from streammatte.research.train.team import ALONE, Team
        from streammatte.research.variants import VARIANTS, build

        recipe = RECIPES[self.recipe]
        torch.set_num_threads(self.threads)
        keep_freed_memory(2**31 - 1)  # the most that can be said: a step frees gigabytes
        torch.manual_seed(recipe.seed)
        if self.variant is not None and self.variant not in VARIANTS:
            raise UsageError(
                f"there is no variant {self.variant!r}; expected one of {', '.join(VARIANTS)}", subject=self.variant
            )
        network = build(VARIANTS[self.variant or "ours"]) if self.init is None else load_network(self.init, build)
        run(
            network,
            self.data / "train",
            self.out,
            recipe,
            device=self.device,
            workers=self.workers,
            team=ALONE if meeting is None else Team.joined(meeting, rank, size),
            report=_print,
            validate=self._validate if (self.data / "val").is_dir() else None,
            minutes=self.minutes,
            validate_every=self.validate_every,
        )

    def beside(self, rank: int, size: int, meeting: Path) -> None:
        """The same, of another member, in a process of its own; what is wrong, the first one says."""
        with suppress(StreammatteError, KeyboardInterrupt):
            self(rank, size, meeting)

    def _validate(self, network: MattingNetwork) -> dict[str, float]:
        from streammatte.research.evaluate.watch import Watch

        figures = Watch(self.data)(network)
        click.echo("validation  " + "  ".join(f"{name} {value:.4f}" for name, value in figures.items()))
        return figures


def _print(progress: Progress) -> None:
    click.echo(
        f"{progress.stage} {progress.step}/{progress.steps}  loss {progress.loss:.4f}  "
        f"{progress.images_per_s:.1f} images/s  {progress.left_s / 60:.0f} min left in this stage"
    )
