"""`streammatte evaluate`: figures of the network, alone or beside its rivals."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from streammatte.cli.options import engine_options, weights_option
from streammatte.cli.profiles import ProfileCommand
from streammatte.errors import UsageError

if TYPE_CHECKING:
    from streammatte.engines import Device, EngineName


@click.command(cls=ProfileCommand)
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
@click.option("--limit", type=click.IntRange(1), metavar="N", help="At most N pictures of a set, evenly spaced.")
@click.option("--groups", is_flag=True, help="Portraits by framing, light and hair, in a table of their own.")
@click.option("--strips", type=click.Path(path_type=Path), help="Write picture strips to look at into this folder.")
@weights_option
@engine_options
def evaluate(
    data: Path,
    protocol: str | None,
    rivals: str | None,
    limit: int | None,
    groups: bool,
    strips: Path | None,
    weights: Path | None,
    engine: str,
    device: str,
    threads: int,
) -> None:
    """Print the figures of the network as a Markdown table.

    The network's alpha is brought to the picture's size bilinearly and is not smoothed over time. A strip shows input,
    reference, alpha and a composite on magenta; its name begins with the set and the score.
    """
    protocol = protocol or ("composition" if rivals else "pack")
    if rivals and protocol == "pack":
        raise UsageError("--rivals need pictures with a true alpha; use --protocol composition, or leave it out")
    if (strips or groups) and protocol == "composition":
        raise UsageError("--strips and --groups are of the pack; use --protocol pack")

    from streammatte.evaluate import composition, validation
    from streammatte.evaluate.groups import by_group
    from streammatte.evaluate.report import table
    from streammatte.evaluate.rivals import open_rivals
    from streammatte.evaluate.strips import write_strips
    from streammatte.matting import load

    opened = open_rivals([name.strip() for name in rivals.split(",")]) if rivals else {}
    matter = load(weights, engine=cast("EngineName", engine), device=cast("Device", device), threads=threads)
    if protocol == "composition":
        click.echo(table(composition.evaluate(data, matter.matte_in_box, opened, limit), rows="method"))
    else:
        click.echo(table(validation.evaluate(data, matter.matte_in_box, limit)))
    if groups:
        click.echo("\n" + table(by_group(data, matter.matte_in_box, limit), rows="group"))
    if strips is not None:
        count = write_strips(data, matter.matte_in_box, strips, limit)
        click.echo(f"{count} strips are in {strips}", err=True)
