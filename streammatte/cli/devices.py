"""`streammatte devices`: what there is to read from, write to and compute with."""

from __future__ import annotations

import click


@click.command()
def devices() -> None:
    """List cameras, virtual cameras and compute devices."""
    from streammatte.devices import list_outputs
    from streammatte.devices.listing import lasting, list_cameras, no_camera
    from streammatte.devices.virtual_camera import no_virtual_camera
    from streammatte.doctor.commands import shell
    from streammatte.matting.engines import torch_devices

    cameras, virtual_cameras = list_cameras(), list_outputs()
    rows = [("kind", "option", "device or name")]
    for camera, spec in zip(cameras, lasting(cameras), strict=True):
        rows.append(("camera", shell("--camera", spec), camera.name if spec == camera.device else camera.device))
    rows += [("virtual camera", shell("--virtual-camera", name), "") for name in virtual_cameras]
    rows += [("compute device", shell("--device", device), "") for device in torch_devices() or ("cpu",)]
    width = max(len(option) for _, option, _ in rows)
    for kind, option, device in rows:  # each on a line, however long, so that it can be copied
        click.echo(f"{kind:<14}  {option:<{width}}  {device}".rstrip())
    if not cameras:
        click.echo(f"\n{no_camera()}")
    if not virtual_cameras:
        click.echo(f"\n{no_virtual_camera()}")
