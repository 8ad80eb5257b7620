"""`streammatte codecs`: how videos can be stored by this build, on this machine."""

from __future__ import annotations

import click


@click.command()
def codecs() -> None:
    """List codecs, where they go and what they take."""
    from rich.console import Console
    from rich.table import Table

    from streammatte.io.containers import CONTAINERS
    from streammatte.io.encoders import CODECS
    from streammatte.io.video_encoding import exists, opens

    table = Table("--codec", "encoder", "OUT", "alpha", "--crf", "--preset", box=None, pad_edge=False)
    without_device = []
    for name, codec in CODECS.items():
        encoder = codec.opaque
        if not exists(encoder):
            continue
        if encoder.hardware and not opens(encoder):
            without_device.append(name)
            continue
        knobs, presets = encoder.knobs, list(encoder.knobs.presets)
        table.add_row(
            name,
            encoder.name,
            " ".join(suffix for suffix, each in CONTAINERS.items() if codec.standard in each.standards),
            "yes" if codec.transparent else "no",
            f"0-{knobs.coarsest}" if knobs.crf else "--bitrate" if knobs.bitrate else "no",
            f"{presets[0]}-{presets[-1]}" if presets else "no",
        )
    Console().print(table)
    if without_device:
        click.echo(f"\nThis build has them too, but no device here: {', '.join(without_device)}.")
