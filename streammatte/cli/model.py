"""`streammatte model`: what the network is made of."""

from __future__ import annotations

import click


@click.command()
@click.option("--size", default="512x512", metavar="WxH", help="Count operations for a picture of this size.")
@click.option("--candidates", is_flag=True, help="Time the widths that were tried, in every engine that is installed.")
def model(size: str, candidates: bool) -> None:
    """Print parameters and operations (a multiply-add counted as two) of the network and its parts.

    With --candidates it prints CPU milliseconds at one thread for one 512x288 picture, as a Markdown table.
    """
    from streammatte.cli.options import parse_size

    if candidates:
        _candidates()
        return
    from streammatte.nn.complexity import complexity
    from streammatte.nn.network import MattingNetwork

    width, height = parse_size(size, multiple=32)
    click.echo(f"{'part':<20}{'parameters':>12}{'GFLOPs':>10}   at {width}x{height}")
    for part in complexity(MattingNetwork(), (width, height)):
        click.echo(f"{part.name:<20}{part.parameters:>12,}{part.flops / 1e9:>10.4f}")


def _candidates() -> None:
    from streammatte.evaluate.benchmark import ENGINES, time_candidates

    click.echo("| widths | parameters (k) | GFLOPs at 512x512 | " + " | ".join(ENGINES) + " |")
    click.echo("|---" * (3 + len(ENGINES)) + "|")
    for timing in time_candidates():
        cells = [timing.name, f"{timing.parameters / 1e3:.1f}", f"{timing.flops / 1e9:.3f}"]
        cells += ["—" if ms is None else f"{ms:.1f}" for ms in timing.cpu_ms.values()]
        click.echo(f"| {' | '.join(cells)} |")
