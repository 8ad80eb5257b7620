"""`streammatte devices`: what there is to read from, write to and compute with."""

from __future__ import annotations

import click


@click.command()
def devices() -> None:
    """List cameras, virtual cameras and compute devices."""
    from rich.console import Console
    from rich.table import Table

    from streammatte.devices import list_outputs
    from streammatte.devices.listing import list_cameras, no_camera
    from streammatte.devices.virtual_camera import no_virtual_camera
    from streammatte.matting.engines import torch_devices

    cameras, virtual_cameras = list_cameras(), list_outputs()
    table = Table("kind", "option", "name", box=None, pad_edge=False)
    for camera in cameras:
        table.add_row("camera", f"--camera {camera.device}", camera.name)
    for name in virtual_cameras:
        table.add_row("virtual camera", f"--virtual-camera {name}")
    for device in torch_devices() or ("cpu",):
        table.add_row("compute device", f"--device {device}")
    Console().print(table)
    if not cameras:
        click.echo(f"\n{no_camera()}")
    if not virtual_cameras:
        click.echo(f"\n{no_virtual_camera()}")
