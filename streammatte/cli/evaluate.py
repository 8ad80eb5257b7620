"""`streammatte evaluate`: figures on the validation pack."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from streammatte.cli.options import engine_options

if TYPE_CHECKING:
    from streammatte.engines import Device, EngineName

_SCALES = {
    "iou": ("IoU", 1.0),
    "iou_p5": ("IoU, 5th percentile", 1.0),
    "sad": ("SAD / 1000", 1e-3),
    "mse": ("MSE x 1000", 1e3),
    "mad": ("MAD x 1000", 1e3),
    "soft_mad": ("soft-band MAD x 1000", 1e3),
    "dtssd": ("dtSSD x 100", 1e2),
    "flicker": ("flicker x 1000", 1e3),
    "mean_alpha": ("mean alpha x 1000", 1e3),
    "highest": ("highest mean alpha x 1000", 1e3),
}


@click.command()
@click.option("--data", required=True, type=click.Path(path_type=Path), help="The folder with val/ and clips/.")
@click.option("--weights", type=click.Path(path_type=Path), help="Weights (.safetensors); the shipped ones by default.")
@click.option("--every", default=1, show_default=True, type=click.IntRange(1), help="Each n-th portrait and room only.")
@click.option("--strips", type=click.Path(path_type=Path), help="Write picture strips to look at into this folder.")
@engine_options
def evaluate(
    data: Path, weights: Path | None, every: int, strips: Path | None, engine: str, device: str, threads: int
) -> None:
    """Print the figures of the network on a validation pack, as a Markdown table.

    The network's alpha is brought to the picture's size bilinearly and is not smoothed over time. A strip shows input,
    reference, alpha and a composite on magenta.
    """
    from streammatte.evaluate.strips import write_strips
    from streammatte.evaluate.validation import evaluate as run
    from streammatte.matting import load

    matter = load(weights, engine=cast("EngineName", engine), device=cast("Device", device), threads=threads)
    results = run(data, matter.matte_in_box, every)
    names = [name for name in _SCALES if any(name in result.figures for result in results)]
    click.echo("| set | pictures | " + " | ".join(_SCALES[name][0] for name in names) + " |")
    click.echo("|---" * (2 + len(names)) + "|")
    for result in results:
        cells = (f"{result.figures[n] * _SCALES[n][1]:.4g}" if n in result.figures else "" for n in names)
        click.echo(f"| {result.name} | {result.pictures} | {' | '.join(cells)} |")
    if strips is not None:
        count = write_strips(data, matter.matte_in_box, strips)
        click.echo(f"{count} strips are in {strips}", err=True)
