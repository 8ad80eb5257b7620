"""`streammatte video`: matte a video file."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from streammatte.cli.many import (
    Overwrite,
    connected,
    do_many,
    goes_into_folder,
    inputs_of,
    may_replace,
    names_of,
    overwrite_option,
    ray_option,
    refuse_suffix,
)
from streammatte.cli.matter import matter_option, refuse_unused
from streammatte.cli.one import do_one
from streammatte.cli.options import (
    PerhapsFile,
    alpha_option,
    background_options,
    bits_option,
    encoding_options,
    engine_options,
    kept_filters,
    kept_options,
    quality_option,
    quiet_option,
    smooth_option,
    weights_option,
)
from streammatte.cli.profiles import ProfileCommand
from streammatte.cli.texts import parse_bitrate, parse_raw, parse_time
from streammatte.errors import MediaError, UsageError

if TYPE_CHECKING:
    from streammatte.compositing.fitting import FitMode
    from streammatte.io.paint import AlphaKind, Picture
    from streammatte.matting.engines import Device, EngineName
    from streammatte.matting.matter import Quality
    from streammatte.matting.smoothing import SmootherName


def _names_file(text: str) -> bool:
    return text not in ("sample", "-") and "://" not in text


@click.command(cls=ProfileCommand)
@click.argument("inputs", metavar="IN...", nargs=-1, required=True, type=PerhapsFile(_names_file))
@click.argument("out", metavar="OUT", type=click.Path(path_type=Path))
@background_options
@click.option(
    "--bg-end",
    type=click.Choice(("loop", "hold", "stop")),
    default="loop",
    show_default=True,
    help="Where a video behind the person ends, begin it anew, keep its last picture, or end OUT too.",
)
@kept_options
@smooth_option("motion")
@alpha_option
@bits_option
@encoding_options
@click.option(
    "--alpha-out",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Write alpha too, in grey; where OUT is a folder, into this one, and so with the next three.",
)
@click.option(
    "--foreground-out", metavar="FILE", type=click.Path(path_type=Path), help="Write the foreground over black too."
)
@click.option(
    "--colours-out",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Write the foreground's own colours too, which go with that alpha, as straight ones.",
)
@click.option(
    "--side-by-side-out",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Write straight colours and, to their right, alpha too, for players that take the two apart.",
)
@click.option(
    "--start-number", type=click.IntRange(0), default=1, show_default=True, help="Of the first picture of a sequence."
)
@click.option("--start", metavar="TIME", help="Begin here; TIME is in seconds or h:m:s.")
@click.option("--end", metavar="TIME", help="End here.")
@click.option("--duration", metavar="TIME", help="End so much later than the start.")
@click.option("--raw", metavar="WxH@FPS", help="IN is nothing but R,G,B, 8 bits each, of that size and rate.")
@click.option("--no-deinterlace", is_flag=True, help="Leave interlaced pictures as they are.")
@click.option("--no-sound", is_flag=True, help="Leave out sound and subtitles.")
@matter_option
@quality_option("normal")
@weights_option
@engine_options
@click.option(
    "--suffix",
    type=click.Choice((".mp4", ".m4v", ".mov", ".mkv", ".webm")),
    help="Of the files in a folder.  [default: .mp4; .mov where --bg is none]",
)
@overwrite_option
@ray_option
@quiet_option
def video(
    inputs: tuple[str, ...],
    out: Path,
    bg: str | None,
    bg_fit: FitMode,
    bg_end: Literal["loop", "hold", "stop"],
    no_decontaminate: bool,
    filters: tuple[str, ...],
    people: str,
    keep_held_objects: bool,
    smooth: SmootherName,
    alpha: AlphaKind | None,
    bits: Literal[8, 16],
    codec: str | None,
    crf: int | None,
    bitrate: str | None,
    preset: str | None,
    pix_fmt: str | None,
    alpha_out: Path | None,
    foreground_out: Path | None,
    colours_out: Path | None,
    side_by_side_out: Path | None,
    start_number: int,
    start: str | None,
    end: str | None,
    duration: str | None,
    raw: str | None,
    no_deinterlace: bool,
    no_sound: bool,
    matter: str,
    quality: Quality,
    weights: Path | None,
    engine: EngineName,
    device: Device,
    threads: int,
    suffix: str | None,
    overwrite: Overwrite,
    ray: str | None,
    quiet: bool,
) -> None:
    """Take the background out of the video IN and write OUT, or of several, or a folder of them, into the folder OUT.

    IN may be "sample", a short clip that comes along, "-" for standard input, or an address (rtsp://, http://). OUT is
    .mp4, .mov, .mkv or .webm, a sequence of pictures such as OUT/%06d.png, .tif or .exr, or "-" for standard output,
    which gets Matroska. Times and sound are kept. A file appears under its name when it is complete. A name that begins
    with a dash goes after "--".
    """
    import cv2

    from streammatte.allocator import keep_freed_memory
    from streammatte.batch.asked import AskedMatter
    from streammatte.batch.jobs import Job
    from streammatte.batch.task import Task
    from streammatte.io.containers import VIDEOS
    from streammatte.io.encoders import Encoding
    from streammatte.io.images import is_there
    from streammatte.io.packets import Span
    from streammatte.io.pipes import STANDARD

    refuse_unused(matter)
    cv2.setNumThreads(1)  # the stages run beside each other; threads within them cost more than they save
    keep_freed_memory()
    if end is not None and duration is not None:
        raise UsageError("--end and --duration say the same in two ways", remedy="leave one of them out")
    begin, until = parse_time(start or "0"), parse_time(end) if end is not None else None
    if duration is not None:
        until = begin + parse_time(duration)
    task = Task(
        bg=bg,
        bg_fit=bg_fit,
        bg_end=bg_end,
        decontaminate=not no_decontaminate,
        kept=tuple(kept_filters(people, keep_held_objects)),
        filters=filters,
        smooth=smooth,
        alpha=alpha,
        bits=bits,
        encoding=Encoding(codec, crf, None if bitrate is None else parse_bitrate(bitrate), preset, pix_fmt),
        start_number=start_number,
        start=begin,
        end=until,
        raw=None if raw is None else parse_raw(raw),
        deinterlace=not no_deinterlace,
        sound=not no_sound,
    )
    asked = AskedMatter(matter, weights, quality, engine, device, threads)
    beside: dict[Picture, Path | None] = {
        "alpha": alpha_out,
        "foreground": foreground_out,
        "colours": colours_out,
        "side by side": side_by_side_out,
    }
    others = tuple((picture, path) for picture, path in beside.items() if path is not None)
    if goes_into_folder(inputs, out):
        videos = inputs_of(inputs, [out, *(folder for _, folder in others)], VIDEOS, "video", quiet=quiet)
        names = names_of(videos, suffix or (".mov" if bg == "none" else ".mp4"))
        jobs = [
            Job(each, out / name, tuple((picture, folder / name) for picture, folder in others))
            for each, name in names.items()
        ]
        cluster = None if ray is None else connected(ray, asked)
        do_many(jobs, task, asked, cluster, folder=out, noun="video", overwrite=overwrite, quiet=quiet)
        return
    refuse_suffix()
    job = Job(inputs[0], out, others)
    if not may_replace(job.outputs, overwrite):
        click.echo(f"{next(filter(is_there, job.outputs))} is there already, and left as it is", err=True)
        return
    if ray is None:
        try:
            do_one(job, task, cache(asked.open), unit="frame", quiet=quiet)
        except BrokenPipeError as error:
            if job.out != STANDARD or not others:  # whoever reads has seen enough
                raise
            undone = " and ".join(str(path) for _, path in others)
            raise MediaError(f"standard output was closed before the end; {undone} is not written") from error
        return
    film = task.film(job.source)
    parts = connected(ray, asked).matter(film, Span(task.start, task.end))
    do_one(job, task, lambda: parts, unit="frame", quiet=quiet)
    for notice in parts.told() if not quiet else ():
        click.echo(f"streammatte: {notice}", err=True)
