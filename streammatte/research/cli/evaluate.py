"""`streammatte evaluate`: figures of the network, alone or beside its rivals."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from streammatte.cli.matter import OURS, matter_option, refuse_unused
from streammatte.cli.options import engine_options, quality_option, smooth_option, weights_option
from streammatte.errors import UsageError
from streammatte.research.cli.command import ResearchCommand

if TYPE_CHECKING:
    from streammatte.matting.engines import Device, EngineName
    from streammatte.matting.matter import NetworkMatter, Quality
    from streammatte.matting.smoothing import SmootherName
    from streammatte.research.evaluate.validation import At
    from streammatte.stages import Matter


@click.command(cls=ResearchCommand)
@click.option(
    "--data",
    required=True,
    type=click.Path(path_type=Path),
    help="The validation pack (val/ and clips/), or Composition-1k (fg/, alpha/, bg/, trimaps/).",
)
@click.option(
    "--protocol",
    type=click.Choice(("pack", "composition")),
    help="Each set of the pack with its own metrics, or composites scored at 800x800 as in the paper. "
    "[default: composition with --rivals, else pack]",
)
@click.option(
    "--rivals",
    metavar="NAME,...",
    help="Run classical matters on the same composites, with a trimap: closed-form, knn, learning-based, "
    "large-kernel, random-walk, shared.",
)
@click.option(
    "--limit", type=click.IntRange(1), metavar="N", help="At most N pictures of a set, evenly spaced; whole videos."
)
@click.option(
    "--at",
    type=click.Choice(("network", "frame")),
    default="network",
    show_default=True,
    help="Bring alpha to the picture's size bilinearly, or along its edges as the program does.",
)
@smooth_option("off")
@click.option("--groups", is_flag=True, help="Portraits by framing, light and hair, in a table of their own.")
@click.option("--strips", type=click.Path(path_type=Path), help="Write picture strips to look at into this folder.")
@matter_option
@quality_option("normal")
@weights_option
@engine_options
def evaluate(
    data: Path,
    protocol: str | None,
    rivals: str | None,
    limit: int | None,
    at: At,
    smooth: SmootherName,
    groups: bool,
    strips: Path | None,
    matter: str,
    quality: Quality,
    weights: Path | None,
    engine: str,
    device: str,
    threads: int,
) -> None:
    """Print the figures of a matter as a Markdown table.

    Unless --at and --smooth say otherwise, alpha is brought to the picture's size bilinearly and is not smoothed over
    time. A strip shows input, reference, alpha and a composite on magenta; its name begins with the set and the score.
    """
    refuse_unused(matter)
    protocol = protocol or ("composition" if rivals else "pack")
    if rivals and protocol == "pack":
        raise UsageError(
            "--rivals need pictures with a true alpha", remedy="use --protocol composition, or leave --protocol out"
        )
    if (strips or groups) and protocol == "composition":
        raise UsageError("--strips and --groups are of the pack", remedy="use --protocol pack")
    if (at, smooth) != ("network", "off") and (groups or strips or protocol == "composition"):
        raise UsageError(
            "--at and --smooth are of the table of the pack's sets",
            remedy="leave them out, or ask for it alone",
        )

    from streammatte.plugins.text import parse_matter
    from streammatte.research.evaluate import composition, validation
    from streammatte.research.evaluate.groups import by_group
    from streammatte.research.evaluate.pictures import matte_by
    from streammatte.research.evaluate.report import table
    from streammatte.research.evaluate.rivals import open_rivals
    from streammatte.research.evaluate.strips import write_strips

    opened = open_rivals([name.strip() for name in rivals.split(",")]) if rivals else {}
    if matter == OURS:
        found: Matter = _ours(weights, quality, cast("EngineName", engine), cast("Device", device), threads)
    else:
        found = parse_matter(matter, weights=weights, quality=quality, engine=engine, device=device, threads=threads)
    matte = matte_by(found)
    if protocol == "composition":
        results = composition.evaluate(data, matte, opened, limit, name=matter.partition(":")[0])
        click.echo(table(results, rows="method"))
    else:
        click.echo(table(validation.evaluate(data, matte, limit, at=at, smoothing=smooth)))
    if groups:
        click.echo("\n" + table(by_group(data, matte, limit), rows="group"))
    if strips is not None:
        count = write_strips(data, matte, strips, limit)
        click.echo(f"{count} strips are in {strips}", err=True)


def _ours(weights: Path | None, quality: Quality, engine: EngineName, device: Device, threads: int) -> NetworkMatter:
    """As `streammatte.load` gives it; torch runs the paper's other backbones too."""
    from streammatte.matting.engines import chosen_engine, open_torch
    from streammatte.matting.matter import NetworkMatter, load, weights_file

    engine, device = chosen_engine(engine, device)
    if engine != "torch":
        return load(weights, quality=quality, engine=engine, device=device, threads=threads)
    from streammatte.research.variants import build

    return NetworkMatter(open_torch(weights_file(weights), device, threads, build), quality)
