"""`streammatte model`: what the network is made of."""

from __future__ import annotations

import click

from streammatte.cli.texts import parse_size
from streammatte.research.cli.command import ResearchCommand


@click.command(cls=ResearchCommand)
@click.option("--size", default="512x512", show_default=True, metavar="WxH", help="Count for a picture of this size.")
@click.option("--table", type=click.IntRange(2, 3), help="Count for all rows of this table of the paper, as Markdown.")
@click.option("--candidates", is_flag=True, help="Time the widths that were tried in every engine, as Markdown.")
def model(size: str, table: int | None, candidates: bool) -> None:
    """Print parameters and operations of the network and its parts; a multiply-add counts as two.

    Times are CPU milliseconds at one thread for one 512x288 picture.
    """
    if candidates:
        _candidates()
    elif table is not None:
        _table(table)
    else:
        _parts(*parse_size(size, multiple=32))


def _parts(width: int, height: int) -> None:
    from streammatte.nn.network import MattingNetwork
    from streammatte.research.complexity import complexity

    click.echo(f"{'part':<20}{'parameters':>12}{'GFLOPs':>10}   at {width}x{height}")
    for part in complexity(MattingNetwork(), (width, height)):
        click.echo(f"{part.name:<20}{part.parameters:>12,}{part.flops / 1e9:>10.4f}")


def _table(number: int) -> None:
    from streammatte.research.complexity import complexity
    from streammatte.research.variants import TABLES, VARIANTS, build

    click.echo("| variant | parameters (k) | the paper's | GFLOPs at 512x512 | the paper's |")
    click.echo("|---|---|---|---|---|")
    for row in TABLES[number]:
        whole = complexity(build(VARIANTS[row.variant]))[0]
        counted = f"{whole.parameters / 1e3:.2f} | {row.parameters_k:.2f} | {whole.flops / 1e9:.2f} | {row.gflops:.2f}"
        click.echo(f"| {row.variant} | {counted} |")


def _candidates() -> None:
    from streammatte.research.benchmark import ENGINES, time_candidates

    click.echo("| widths | parameters (k) | GFLOPs at 512x512 | " + " | ".join(ENGINES) + " |")
    click.echo("|---" * (3 + len(ENGINES)) + "|")
    for timing in time_candidates():
        cells = [timing.name, f"{timing.parameters / 1e3:.1f}", f"{timing.flops / 1e9:.3f}"]
        cells += ["—" if ms is None else f"{ms:.1f}" for ms in timing.cpu_ms.values()]
        click.echo(f"| {' | '.join(cells)} |")
