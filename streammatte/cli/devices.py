"""`streammatte devices`: what there is to read from, write to and compute with."""

from __future__ import annotations

import click

_CAMERA = "plug one in; 'streammatte webcam' says more"
_VIRTUAL_CAMERA = "'streammatte webcam' says how to make one"


@click.command()
def devices() -> None:
    """List cameras, virtual cameras and compute devices."""
    from rich.console import Console
    from rich.table import Table

    from streammatte.engines import torch_devices
    from streammatte.io.camera import list_cameras
    from streammatte.io.virtual_camera import list_virtual_cameras

    table = Table("kind", "option", "name", box=None, pad_edge=False)
    for camera in list_cameras():
        table.add_row("camera", f"--camera {camera.device}", camera.name)
    if not list_cameras():
        table.add_row("camera", "none", _CAMERA)
    for name in list_virtual_cameras():
        table.add_row("virtual camera", f"--virtual-camera {name}", name)
    if not list_virtual_cameras():
        table.add_row("virtual camera", "none", _VIRTUAL_CAMERA)
    for device in torch_devices():
        table.add_row("compute device", f"--device {device}", "")
    Console().print(table)
