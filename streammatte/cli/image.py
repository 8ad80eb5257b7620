"""`streammatte image`: matte pictures."""

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
    alpha_option,
    background_options,
    bits_option,
    engine_options,
    quality_option,
    quiet_option,
    weights_option,
)
from streammatte.cli.profiles import ProfileCommand
from streammatte.errors import UsageError

if TYPE_CHECKING:
    from streammatte.compositing.fitting import FitMode
    from streammatte.io.paint import AlphaKind
    from streammatte.matting.engines import Device, EngineName
    from streammatte.matting.matter import Quality


@click.command(cls=ProfileCommand)
@click.argument("inputs", metavar="IN...", nargs=-1, required=True, type=click.Path())
@click.argument("out", metavar="OUT", type=click.Path(path_type=Path))
@background_options
@alpha_option
@bits_option
@matter_option
@quality_option("normal")
@weights_option
@engine_options
@click.option(
    "--suffix",
    type=click.Choice((".png", ".webp", ".tif", ".exr", ".jpg", ".bmp")),
    default=".png",
    show_default=True,
    help="Of the files in a folder.",
)
@overwrite_option
@ray_option
@quiet_option
def image(
    inputs: tuple[str, ...],
    out: Path,
    bg: str | None,
    bg_fit: FitMode,
    no_decontaminate: bool,
    filters: tuple[str, ...],
    alpha: AlphaKind | None,
    bits: Literal[8, 16],
    matter: str,
    quality: Quality,
    weights: Path | None,
    engine: EngineName,
    device: Device,
    threads: int,
    suffix: str,
    overwrite: Overwrite,
    ray: str | None,
    quiet: bool,
) -> None:
    """Take the background out of the pictures IN and write OUT.

    Several pictures, or a folder of them, are written into the folder OUT. A PNG, TIFF, WebP or EXR gets a transparent
    background unless --bg says otherwise; any other picture a blurred one.
    """
    from streammatte.batch.asked import AskedMatter
    from streammatte.batch.jobs import Job
    from streammatte.batch.task import Task
    from streammatte.io.containers import PICTURES, WRITTEN_PICTURES

    refuse_unused(matter)
    for each in inputs:
        if Path(each).suffix.lower() not in PICTURES and not Path(each).is_dir():
            known = " ".join(sorted(PICTURES))
            raise UsageError(
                f"{each} is no picture by its name; expected one of {known}", remedy="for a video: streammatte video"
            )
    task = Task(
        bg=bg,
        bg_fit=bg_fit,
        decontaminate=not no_decontaminate,
        filters=filters,
        smooth="off",
        alpha=alpha,
        bits=bits,
    )
    asked = AskedMatter(matter, weights, quality, engine, device, threads)
    if goes_into_folder(inputs, out):
        pictures = inputs_of(inputs, [out], PICTURES, "picture", quiet=quiet)
        jobs = [Job(each, out / name) for each, name in names_of(pictures, suffix).items()]
        cluster = None if ray is None else connected(ray, asked)
        do_many(jobs, task, asked, cluster, folder=out, noun="picture", overwrite=overwrite, quiet=quiet)
        return
    refuse_suffix()
    if ray is not None:
        raise UsageError("one picture is not done on more machines", remedy="leave --ray out")
    if out.suffix.lower() not in WRITTEN_PICTURES:
        written = " ".join(sorted(WRITTEN_PICTURES))
        raise UsageError(f"{out} is no picture by its name; expected one of {written}, or a folder that exists")
    if not may_replace([out], overwrite):
        click.echo(f"{out} is there already, and left as it is", err=True)
        return
    do_one(Job(inputs[0], out), task, cache(asked.open), unit="picture", quiet=quiet)
