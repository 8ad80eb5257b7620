"""`streammatte webcam`: matte a camera live."""

from __future__ import annotations

import sys
from contextlib import ExitStack, suppress
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import click

from streammatte.background import FORMS, without_folders
from streammatte.cli.options import (
    engine_options,
    filter_options,
    kept_filters,
    kept_options,
    parse_size,
    quiet_option,
    smooth_option,
    weights_option,
)
from streammatte.cli.profiles import ProfileCommand

if TYPE_CHECKING:
    from streammatte.devices.preview import PreviewSink
    from streammatte.devices.virtual_camera import VirtualCameraSink
    from streammatte.engines import Device, EngineName
    from streammatte.live.session import LiveSession
    from streammatte.smoothing import SmootherName
    from streammatte.stages import Source


_COUNTS = sys.platform == "linux"
"""Whether the system tells who reads a virtual camera."""


@click.command(cls=ProfileCommand)
@click.option(
    "--bg",
    "backgrounds",
    metavar=f"FOLDER|{FORMS}",
    multiple=True,
    help="What stands behind the person. May be repeated, or be a folder of pictures: the keys n and p go through "
    "them.  [default: blur]",
)
@filter_options
@kept_options
@smooth_option("motion")
@click.option(
    "--camera",
    metavar="NAME|ADDRESS|VIDEO",
    help="A camera ('streammatte devices' lists them; the first by default), rtsp://... or http://..., or a video, "
    "played in a loop; 'sample' is one.",
)
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
@click.option(
    "--fit", is_flag=True, help="Show the whole frame with black bars where the virtual camera's shape differs."
)
@click.option("--mirror", is_flag=True, help="Show the picture mirrored.")
@click.option(
    "--matte-fps",
    type=click.FloatRange(0, min_open=True),
    metavar="N",
    help="Find alpha at most so often in a second; in between, it follows the motion. The video's rate stays.",
)
@click.option(
    "--cpu-budget",
    type=click.FloatRange(0, min_open=True),
    metavar="PERCENT",
    help="Of one core: find alpha less often while the program uses more.",
)
@click.option(
    "--control", is_flag=True, help="Serve a page to control it from a browser on this machine; tells its address."
)
@click.option("--always-on", is_flag=True, help="Keep the camera open while no program watches the virtual camera.")
@weights_option
@engine_options
@quiet_option
def webcam(
    backgrounds: tuple[str, ...],
    no_decontaminate: bool,
    filters: tuple[str, ...],
    people: str,
    keep_held_objects: bool,
    smooth: SmootherName,
    camera: str | None,
    size: str,
    fps: int,
    virtual_camera: str | None,
    preview: bool,
    fit: bool,
    mirror: bool,
    matte_fps: float | None,
    cpu_budget: float | None,
    control: bool,
    always_on: bool,
    weights: Path | None,
    engine: EngineName,
    device: Device,
    threads: int,
    quiet: bool,
) -> None:
    """Take the background out of a camera, live.

    The result goes to a virtual camera, a window or both. Keys in the terminal and the window change it while it runs;
    ? lists them. q, Ctrl-C, or closing the window, ends it.
    """
    import cv2

    from streammatte.cli.keys import pressed_keys
    from streammatte.cli.status_line import described, status_line
    from streammatte.devices import open_camera
    from streammatte.devices.camera import find_again
    from streammatte.devices.preview import PreviewSink
    from streammatte.live.allocator import share_arena
    from streammatte.live.controls import LiveControls
    from streammatte.live.keys import KEYS
    from streammatte.live.session import LiveSession
    from streammatte.matting import load

    if control:
        from streammatte.control import ControlServer
    share_arena()
    cv2.setNumThreads(1)  # the stages run beside each other; threads within them cost more than they save
    asked = parse_size(size), Fraction(fps)
    controls = LiveControls(
        without_folders(backgrounds or ("blur",)),
        filters=filters,
        kept=kept_filters(people, keep_held_objects),
        smoothing=smooth,
        decontaminate=not no_decontaminate,
        load=lambda path: load(path, engine=engine, device=device, threads=threads),
        weights=weights,
    )
    if mirror:
        controls.toggle("mirror")

    found: list[str] = []  # device and name of the camera that was taken by default: no other may take its place

    def opened_camera() -> Source:
        source = open_camera(find_again(*found) if found else camera, *asked)
        if camera is None:
            found[:] = source.info.device, found[1] if found else source.info.name
        controls.notify(_got(source))
        return source

    with ExitStack() as opened:
        output = _Output(virtual_camera or None, fit) if virtual_camera is not None or not preview else None
        window = PreviewSink("streammatte") if preview else None
        if window is not None:
            opened.callback(window.abort)
        session = opened.enter_context(
            LiveSession(
                opened_camera,
                controls,
                load(weights, engine=engine, device=device, threads=threads),
                open_output=output,
                count_readers=output.readers if output and not window and not always_on and _COUNTS else None,
                matte_fps=matte_fps,
                cpu_budget=cpu_budget,
            )
        )
        if control:
            server = opened.enter_context(ControlServer(session))
            click.echo(f"control it at {server.url}", err=True)
        typed = opened.enter_context(pressed_keys())
        tell = opened.enter_context(status_line(quiet=quiet))
        told = 0
        with suppress(KeyboardInterrupt):  # the usual way to end it
            while not session.wait(0.03 if window else 0.1):
                keys = typed()
                if window is not None:
                    keys += _shown(window, session)
                for key in keys:
                    controls.press(key)
                if "?" in keys:
                    controls.notify("\n".join(f"  {key}  {what}" for key, (what, _) in KEYS.items()))
                if not quiet and controls.notified > told:
                    click.echo("\n".join(controls.notices[told - controls.notified :]), err=True)
                told = controls.notified
                tell(session.status)
        status = session.status()
    if not quiet:
        click.echo(
            f"showed {status.shown} frames; {status.received} came, {status.dropped} dropped; {described(status)}"
        )


def _shown(window: PreviewSink, session: LiveSession) -> str:
    """Show the newest frame; return the keys pressed in the window."""
    window.write(session.shown)
    if window.closed_by_user:
        session.controls.quit()
    return window.pressed


def _got(source: Source) -> str:
    """What was asked for is not always what a camera gives."""
    info = source.info
    rate = f" at {float(info.rate):.3g} fps" if info.rate else ""
    coding = f" {info.coding}" if info.coding else ""
    return f"{info.device or 'the video'} gives {info.size[0]}x{info.size[1]}{coding}{rate}"


class _Output:
    """Opens the virtual camera, and counts who watches it."""

    def __init__(self, name: str | None, contain: bool) -> None:
        self._name = name
        self._contain = contain
        self._device = ""

    def __call__(self, size: tuple[int, int], rate: Fraction) -> VirtualCameraSink:
        from streammatte.devices.virtual_camera import VirtualCameraSink

        sink = VirtualCameraSink(size, rate, self._name, "contain" if self._contain else "cover")
        self._device = sink.device
        return sink

    def readers(self) -> int:
        from streammatte.devices.holders import holders

        return len(holders(self._device))
