"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click
from click.shell_completion import CompletionItem

from streammatte.batch.asked import usual_threads
from streammatte.errors import UsageError
from streammatte.plugins.background import FORMS, Background

__all__ = [
    "BACKGROUND",
    "CAMERA",
    "PerhapsFile",
    "alpha_option",
    "background_options",
    "bits_option",
    "encoding_options",
    "engine_options",
    "filter_options",
    "kept_filters",
    "kept_options",
    "quality_option",
    "quiet_option",
    "refuse_clash",
    "smooth_option",
    "weights_option",
]

C = TypeVar("C", bound=Callable[..., Any])


class PerhapsFile(click.types.StringParamType):
    """A text that may name a file; a shell completes it as one.

    Parameters
    ----------
    names_file : callable
        Whether a text would be taken for a file's name.
    """

    def __init__(self, names_file: Callable[[str], bool]) -> None:
        self.names_file = names_file

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        return [CompletionItem(incomplete, type="file")]


BACKGROUND = PerhapsFile(lambda text: bool(Background.parse(text).paths))
CAMERA = PerhapsFile(lambda text: text != "sample" and not text.isdecimal())


def engine_options(command: C) -> C:
    """Add --engine, --device and --threads."""
    options = (
        click.option(
            "--engine",
            type=click.Choice(("auto", "onnxruntime", "openvino", "torch")),
            default="auto",
            show_default=True,
            help="What runs the network; auto: torch on a GPU, else onnxruntime.",
        ),
        click.option("--device", type=click.Choice(("auto", "cpu", "cuda", "mps")), default="auto", show_default=True),
        click.option(
            "--threads",
            type=click.IntRange(1),
            default=usual_threads(),
            show_default="half of the cores, 2 at most",
            help="The most that the CPU is given for the network; reading and writing go on beside it.",
        ),
    )
    return _apply(options, command)


def background_options(command: C) -> C:
    """Add --bg, --bg-fit, --no-decontaminate and --filter."""
    fit = click.option(
        "--bg-fit",
        type=click.Choice(("cover", "contain", "stretch")),
        default="cover",
        show_default=True,
        help="Cut a picture or video to the frame's shape, leave black bars, or distort it.",
    )
    background = click.option(
        "--bg",
        type=BACKGROUND,
        metavar=f"{FORMS}|none",
        help="What stands behind the person; COLOUR is #rrggbb or a name of CSS such as white. "
        "[default: none where a file carries alpha, else blur]",
    )
    return background(fit(filter_options(command)))


def filter_options(command: C) -> C:
    """Add --no-decontaminate and --filter."""
    options = (
        click.option(
            "--no-decontaminate", is_flag=True, help="Leave the old background's colour in hair and soft edges."
        ),
        click.option(
            "--filter",
            "filters",
            metavar="NAME[:KEY=VALUE,...]",
            multiple=True,
            shell_complete=_filter_names,
            help="Apply a filter after --bg; may be repeated. 'streammatte filters' lists them.",
        ),
    )
    return _apply(options, command)


def kept_options(command: C) -> C:
    """Add --people and --keep-held-objects."""
    options = (
        click.option(
            "--people",
            type=click.Choice(("all", "largest", "nearest")),
            default="all",
            show_default=True,
            help="Whom to keep: everybody, or the one who is largest, or tallest, in the picture.",
        ),
        click.option(
            "--keep-held-objects",
            is_flag=True,
            help="Keep what is held too, and hands that were missed; the camera must stand still.",
        ),
    )
    return _apply(options, command)


def kept_filters(people: str, keep_held_objects: bool) -> list[str]:
    """Return the filters that `kept_options` ask for, to be applied before the background."""
    return ["held"] * keep_held_objects + [f"people:{people}"] * (people != "all")


def smooth_option(default: str) -> Callable[[C], C]:
    """Add --smooth."""
    return click.option(
        "--smooth",
        type=click.Choice(("off", "motion")),
        default=default,
        show_default=True,
        help="Steady alpha over time where the picture stands still.",
    )


def quality_option(default: str) -> Callable[[C], C]:
    """Add --quality."""
    return click.option(
        "--quality",
        type=click.Choice(("fast", "normal", "best")),
        default=default,
        show_default=True,
        help="What the network sees: a frame in a box of 512x512, at that area whatever its shape, or mirrored too.",
    )


alpha_option = click.option(
    "--alpha",
    "alpha",
    type=click.Choice(("straight", "premultiplied")),
    help="Where OUT is transparent: the foreground's own colours, or those multiplied by alpha. "
    "[default: straight; .exr is always premultiplied]",
)

bits_option = click.option(
    "--bits", type=click.Choice((8, 16)), default=8, show_default=True, help="Of each value in PNG and TIFF pictures."
)


def encoding_options(command: C) -> C:
    """Add --codec, --crf, --bitrate, --preset and --pix-fmt."""
    options = (
        click.option(
            "--codec",
            metavar="NAME",
            shell_complete=_codec_names,
            help="How OUT is stored: h264, hevc, av1, vp9, prores, ffv1 and png, which lose nothing, or an encoder of "
            "hardware, such as h264_nvenc; 'streammatte codecs' lists those that work here.  [default: h264, or hevc "
            "for 10 bits and HDR; in .webm vp9 or, for these, av1; with alpha vp9 in .mkv and prores in .mov]",
        ),
        click.option("--crf", type=click.IntRange(0), help="The quality of OUT, from 0, the best, to 51 or 63."),
        click.option("--bitrate", metavar="RATE", help="Or how many bits there are for a second, such as 4M or 800k."),
        click.option(
            "--preset", metavar="NAME", help="How much time the encoder takes, such as slow; for av1, 0 to 13."
        ),
        click.option("--pix-fmt", metavar="NAME", help="How pixels are stored, such as yuv420p10le or yuv444p."),
    )
    return _apply(options, command)


weights_option = click.option(
    "--weights", type=click.Path(path_type=Path), help="Weights (.safetensors); the shipped ones by default."
)

quiet_option = click.option("-q", "--quiet", is_flag=True, help="Print errors only.")


def refuse_clash(
    outputs: Sequence[Path], inputs: Sequence[Path], *, remedy: str = "give each output a name of its own"
) -> None:
    """Refuse outputs that would overwrite an input or one another.

    Raises
    ------
    UsageError
        If two of the files are the same. Of a folder it is what lies in it that is read.
    """
    inside = [each for path in inputs if path.is_dir() for each in path.iterdir()]
    seen = {path.resolve(): "an input" for path in (*inputs, *inside)}
    for output in outputs:
        place = output.resolve()
        if place in seen:
            raise UsageError(f"{output} would be written over {seen[place]}", remedy=remedy, subject=output)
        seen[place] = "another output"


def _codec_names(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    from streammatte.io.encoders import CODECS

    return [name for name in CODECS if name.startswith(incomplete)]


def _filter_names(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    from streammatte.plugins.registry import filter_names

    return [entry.name for entry in filter_names() if entry.usable and entry.name.startswith(incomplete)]


def _apply(options: tuple[Callable[[C], C], ...], command: C) -> C:
    for option in reversed(options):
        command = option(command)
    return command
