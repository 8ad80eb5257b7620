"""`streammatte train`: train the network."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from streammatte.errors import UsageError
from streammatte.research.cli.command import ResearchCommand

if TYPE_CHECKING:
    from streammatte.nn.config import NetworkConfig
    from streammatte.nn.network import MattingNetwork
    from streammatte.research.train.config import Recipe
    from streammatte.research.train.progress import Progress


@click.command(cls=ResearchCommand)
@click.option("--data", required=True, type=click.Path(path_type=Path), help="The folder with train/ (and val/).")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="The run's folder; a stopped run goes on.")
@click.option(
    "--recipe",
    default="streammatte",
    metavar="NAME",
    help="streammatte (ours), gpu (ours, on one) or paper (published).",
)
@click.option("--variant", metavar="NAME", help="A network of the paper's tables ('streammatte model --table 2').")
@click.option("--init", type=click.Path(path_type=Path), help="Start from these weights (.safetensors).")
@click.option("--first-stage", metavar="NAME", help="Begin with this stage of the recipe (a new run only).")
@click.option("--device", default="cpu", show_default=True, help="A torch device: cpu, cuda, mps.")
@click.option("--threads", default=2, show_default=True, help="Threads of torch on the CPU.")
@click.option("--workers", default=2, show_default=True, help="Processes that make pictures.")
@click.option("--validate-every", default=1000, show_default=True, metavar="STEPS")
def train(
    data: Path,
    out: Path,
    recipe: str,
    variant: str | None,
    init: Path | None,
    first_stage: str | None,
    device: str,
    threads: int,
    workers: int,
    validate_every: int,
) -> None:
    """Train the network on packs of photos with alpha.

    DATA/train holds the tar files portraits, street, clips (photo/ID.webp and alpha/ID.webp), rooms and scenes
    (photo/ID.webp); DATA/val, if it is there, is what is validated on. Kill it and start it again as you like.
    """
    import torch

    from streammatte.nn.weights import load_network
    from streammatte.research.train.loop import train as run
    from streammatte.research.variants import build

    chosen = _recipe(recipe)
    torch.set_num_threads(threads)
    torch.manual_seed(chosen.seed)
    if variant is not None and init is not None:
        raise UsageError("--variant and --init exclude each other: weights say themselves which network they are of")
    network = build(_configuration(variant)) if init is None else load_network(init, build)

    def validate(averaged: MattingNetwork) -> dict[str, float]:
        figures = _validate(averaged, data)
        click.echo("validation  " + "  ".join(f"{name} {value:.4f}" for name, value in figures.items()))
        return figures

    run(
        network,
        data / "train",
        out,
        chosen,
        first_stage=first_stage,
        device=device,
        workers=workers,
        report=_print,
        validate=validate if (data / "val").is_dir() else None,
        validate_every=validate_every,
    )


def _recipe(name: str) -> Recipe:
    from streammatte.research.train.config import RECIPES

    if name not in RECIPES:
        raise UsageError(f"there is no recipe {name!r}; expected one of {', '.join(RECIPES)}", subject=name)
    return RECIPES[name]


def _configuration(variant: str | None) -> NetworkConfig:
    from streammatte.research.variants import VARIANTS

    if variant is not None and variant not in VARIANTS:
        raise UsageError(f"there is no variant {variant!r}; expected one of {', '.join(VARIANTS)}", subject=variant)
    return VARIANTS[variant or "ours"]


def _print(progress: Progress) -> None:
    click.echo(
        f"{progress.stage} {progress.step}/{progress.steps}  loss {progress.loss:.4f}  "
        f"{progress.images_per_s:.1f} images/s  {progress.left_s / 60:.0f} min left in this stage"
    )


def _validate(network: MattingNetwork, data: Path) -> dict[str, float]:
    from streammatte.engines import TorchEngine
    from streammatte.matting import NetworkMatter
    from streammatte.research.evaluate.validation import evaluate

    results = evaluate(data, NetworkMatter(TorchEngine(network)).matte_in_box, limit=130, sets=("portraits", "rooms"))
    return {f"{result.name}_{name}": value for result in results for name, value in result.figures.items()}
