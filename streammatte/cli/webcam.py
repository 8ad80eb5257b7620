"""`streammatte webcam`: matte a camera live."""

from __future__ import annotations

from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Any

import click

from streammatte.cli.matter import matter_option, refuse_unused
from streammatte.cli.options import (
    BACKGROUND,
    CAMERA,
    engine_options,
    filter_options,
    kept_filters,
    kept_options,
    quality_option,
    quiet_option,
    smooth_option,
    weights_option,
)
from streammatte.cli.profiles import ProfileCommand
from streammatte.cli.texts import parse_size
from streammatte.plugins.background import FORMS

if TYPE_CHECKING:
    from streammatte.devices.preview import PreviewSink
    from streammatte.live.session import LiveSession
    from streammatte.matting.smoothing import SmootherName


__all__ = ["session_options", "spare_the_machine", "webcam"]


@click.command(cls=ProfileCommand)
@click.option(
    "--bg",
    "backgrounds",
    type=BACKGROUND,
    metavar=FORMS,
    multiple=True,
    help="What stands behind the person. May be repeated, or be a folder of pictures: the keys n and p go through "
    "them.  [default: blur]",
)
@filter_options
@kept_options
@smooth_option("motion")
@click.option(
    "--camera",
    type=CAMERA,
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
    help="Write to this virtual camera, or the first; 'pipewire' is one that needs no kernel module, on Linux. The "
    "default unless --preview is given.",
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
    help="Of one core: find alpha less often while the program uses more. What the least is, if that is more, is told.",
)
@click.option(
    "--control",
    is_flag=True,
    help="Serve a page to control it, and to matte files, from a browser on this machine; tells its address.",
)
@click.option("--always-on", is_flag=True, help="Keep the camera open while no program watches the virtual camera.")
@matter_option
@quality_option("fast")
@weights_option
@engine_options
@quiet_option
def webcam(preview: bool, control: bool, quiet: bool, **options: Any) -> None:
    """Take the background out of a camera, live.

    The result goes to a virtual camera, a window or both. Keys in the terminal and the window change it while it runs;
    ? lists them. q, Ctrl-C, or closing the window, ends it.
    """
    from streammatte.cli.status_line import described
    from streammatte.devices.preview import PreviewSink
    from streammatte.live.opening import open_session

    if control:
        from streammatte.control import ControlServer
    arguments = session_options(preview=preview, **options)
    spare_the_machine()
    with ExitStack() as opened:
        window = opened.enter_context(PreviewSink("streammatte")) if preview else None
        session = opened.enter_context(open_session(**arguments))
        if control:
            server = opened.enter_context(ControlServer(session))
            click.echo(f"control it at {server.url}", err=True)
        with suppress(KeyboardInterrupt):  # the usual way to end it
            _steer(session, window, quiet=quiet)
        status = session.status()
    if not quiet:
        click.echo(
            f"showed {status.shown} frames; {status.received} came, {status.dropped} dropped; {described(status)}"
        )


def session_options(
    *,
    backgrounds: tuple[str, ...],
    no_decontaminate: bool,
    people: str,
    keep_held_objects: bool,
    smooth: SmootherName,
    size: str,
    fps: int,
    virtual_camera: str | None,
    preview: bool,
    fit: bool,
    always_on: bool,
    **options: Any,
) -> dict[str, Any]:
    """Return what the options of `webcam`, called within its context, are to `open_session`.

    Raises
    ------
    UsageError
        If they cannot be.
    """
    refuse_unused(options["matter"])
    return {
        **options,
        "backgrounds": backgrounds or ("blur",),
        "kept": kept_filters(people, keep_held_objects),
        "smoothing": smooth,
        "decontaminate": not no_decontaminate,
        "size": parse_size(size),
        "rate": fps,
        "virtual_camera": virtual_camera or (virtual_camera == "" or not preview),
        "fit": "contain" if fit else "cover",
        "always_on": always_on or preview,
    }


def spare_the_machine() -> None:
    """Keep a session that may run all day from taking more than it needs; a library leaves this to its program."""
    import cv2

    from streammatte.allocator import keep_freed_memory, share_arena

    share_arena()
    keep_freed_memory()
    cv2.setNumThreads(1)  # the stages run beside each other; threads within them cost more than they save


def _steer(session: LiveSession, window: PreviewSink | None, *, quiet: bool) -> None:
    """Obey the keys, show the window and tell how it goes, until the session ends."""
    from streammatte.cli.keys import pressed_keys
    from streammatte.cli.status_line import status_line
    from streammatte.live.keys import KEYS

    controls = session.controls
    told = 0
    with pressed_keys() as typed, status_line(quiet=quiet) as tell:
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


def _shown(window: PreviewSink, session: LiveSession) -> str:
    """Show the newest frame; return the keys pressed in the window."""
    window.write(session.shown)
    if window.closed_by_user:
        session.controls.quit()
    return window.pressed
