"""`streammatte export`: the network as one file for other engines."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, cast

import click

from streammatte.cli.options import weights_option
from streammatte.cli.profiles import ProfileCommand


@click.command(cls=ProfileCommand)
@click.argument("out", type=click.Path(path_type=Path))
@weights_option
@click.option("--format", "file_format", type=click.Choice(("onnx", "torchscript")), default="onnx", show_default=True)
def export(out: Path, weights: Path | None, file_format: str) -> None:
    """Write the network to OUT: image (N, 3, H, W), R,G,B in [0, 1], to alpha (N, 1, H, W).

    H and W are free multiples of 32.
    """
    from streammatte.engines import origin
    from streammatte.errors import MediaError
    from streammatte.matting import shipped_weights
    from streammatte.nn.export import export as write
    from streammatte.nn.weights import load_network

    path = weights or shipped_weights()
    if not path.is_file():
        raise MediaError(f"there are no weights at {path}; expected a safetensors file that 'streammatte train' wrote")
    if not out.parent.is_dir():
        raise MediaError(f"the folder {out.parent} is not there; make it first, or write elsewhere")
    write(load_network(path), out, cast("Literal['onnx', 'torchscript']", file_format), note=origin(path))
    click.echo(f"{out}: {file_format}, {out.stat().st_size / 1e6:.2f} MB")
