"""`streammatte webcam`: matte a camera live."""

from __future__ import annotations

from contextlib import ExitStack, suppress
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import click

from streammatte.cli.options import (
    background_options,
    engine_options,
    parse_size,
    quiet_option,
    smooth_option,
    weights_option,
)
from streammatte.cli.profiles import ProfileCommand

if TYPE_CHECKING:
    from streammatte.engines import Device, EngineName
    from streammatte.pipeline import FrameReport
    from streammatte.smoothing import SmootherName
    from streammatte.stages import Sink


@click.command(cls=ProfileCommand)
@background_options
@smooth_option
@click.option("--camera", metavar="NAME", help="Which camera; the first by default. 'streammatte devices' lists them.")
@click.option("--size", metavar="WxH", default="1280x720", show_default=True, help="What to ask of the camera.")
@click.option("--fps", type=click.IntRange(1), default=30, show_default=True, help="What to ask of the camera.")
@click.option(
    "--virtual-camera",
    metavar="[NAME]",
    is_flag=False,
    flag_value="",
    help="Write to this virtual camera, or the first; the default unless --preview is given.",
)
@click.option("--preview", is_flag=True, help="Show the result in a window; closing it ends the program.")
@weights_option
@engine_options
@quiet_option
def webcam(
    bg: str | None,
    no_decontaminate: bool,
    filters: tuple[str, ...],
    smooth: SmootherName,
    camera: str | None,
    size: str,
    fps: int,
    virtual_camera: str | None,
    preview: bool,
    weights: Path | None,
    engine: EngineName,
    device: Device,
    threads: int,
    quiet: bool,
) -> None:
    """Take the background out of a camera, live.

    The result goes to a virtual camera, a window or both. Ctrl-C, or closing the window, ends it.
    """
    from streammatte.background import Background
    from streammatte.cli.progress import progress
    from streammatte.io.camera import CameraSource
    from streammatte.io.preview import PreviewSink
    from streammatte.io.tee import TeeSink
    from streammatte.io.virtual_camera import VirtualCameraSink
    from streammatte.matting import load
    from streammatte.pipeline import run
    from streammatte.plugins import parse_filter
    from streammatte.smoothing import smoother

    background = Background.of(bg, output=None, decontaminate=not no_decontaminate)
    steps = [*background.filters, *map(parse_filter, filters)]
    with ExitStack() as opened:
        source = CameraSource(camera, parse_size(size), Fraction(fps))
        opened.callback(source.close)
        sinks: list[Sink] = []
        if virtual_camera is not None or not preview:
            sinks.append(VirtualCameraSink(source.size, source.rate, virtual_camera or None))
            opened.callback(sinks[-1].abort)
        window = PreviewSink("streammatte") if preview else None
        if window is not None:
            sinks.append(window)
            opened.callback(window.abort)
        matter = load(weights, engine=engine, device=device, threads=threads)
        with progress(None, quiet=quiet) as tally:

            def on_frame(report: FrameReport) -> None:
                tally(report)
                if window is not None and window.closed_by_user:
                    source.close()

            with suppress(KeyboardInterrupt):  # the usual way to end it
                run(source, matter, TeeSink(*sinks), smoother=smoother(smooth), filters=steps, on_frame=on_frame)
    if not quiet:
        click.echo(f"showed {tally.summary}; background: {background.name}; {matter.engine} on {matter.device}")
