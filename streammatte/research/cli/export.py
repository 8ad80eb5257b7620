"""`streammatte export`: the network as one file for other engines."""

from __future__ import annotations

from pathlib import Path

import click

from streammatte.cli.options import weights_option
from streammatte.research.cli.command import ResearchCommand


@click.command(cls=ResearchCommand)
@click.argument("out", type=click.Path(path_type=Path))
@weights_option
def export(out: Path, weights: Path | None) -> None:
    """Write the network to OUT in ONNX form: image (N, H, W, 3), R,G,B, uint8, to alpha (N, 1, H, W), float32.

    H and W are free multiples of 32.
    """
    from streammatte.errors import MediaError
    from streammatte.matting.matter import weights_file
    from streammatte.matting.onnx_files import origin
    from streammatte.nn.weights import load_network
    from streammatte.research.export import export as write
    from streammatte.research.variants import build

    path = weights_file(weights)
    if not out.parent.is_dir():
        raise MediaError(f"the folder {out.parent} is not there", remedy="make it first, or write elsewhere")
    write(load_network(path, build), out, note=origin(path))
    click.echo(f"{out}: {out.stat().st_size / 1e6:.2f} MB")
