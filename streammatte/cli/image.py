"""`streammatte image`: matte pictures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from streammatte.cli.matter import matter_option, refuse_unused, runs_on
from streammatte.cli.options import (
    alpha_option,
    background_options,
    bits_option,
    engine_options,
    quality_option,
    quiet_option,
    refuse_clash,
    weights_option,
)
from streammatte.cli.profiles import ProfileCommand
from streammatte.errors import MediaError, UsageError

if TYPE_CHECKING:
    from streammatte.engines import Device, EngineName
    from streammatte.fitting import FitMode
    from streammatte.io.paint import AlphaKind
    from streammatte.matting import Quality


@click.command(cls=ProfileCommand)
@click.argument("inputs", metavar="IN...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.argument("out", metavar="OUT", type=click.Path(path_type=Path))
@background_options
@alpha_option
@bits_option
@matter_option
@quality_option("normal")
@weights_option
@engine_options
@quiet_option
def image(
    inputs: tuple[Path, ...],
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
    quiet: bool,
) -> None:
    """Take the background out of the pictures IN and write OUT.

    Several pictures, or a folder of them, are written as OUT/NAME.png. A PNG, TIFF, WebP or EXR gets a transparent
    background unless --bg says otherwise; any other picture a blurred one.
    """
    from streammatte.background import Background
    from streammatte.chain import Chain
    from streammatte.cli.notices import Notices
    from streammatte.cli.progress import progress
    from streammatte.io import alpha_kind, open_sink, open_source
    from streammatte.pipeline import run_chain
    from streammatte.plugin_text import parse_filter, parse_matter

    refuse_unused(matter)
    jobs = _jobs(inputs, out)
    pictures, results = [picture for picture, _ in jobs], [result for _, result in jobs]
    background = Background.of(bg, results[0])
    steps = [*background.filters(decontaminate=not no_decontaminate, fit=bg_fit), *map(parse_filter, filters)]
    refuse_clash(results, [*pictures, *background.paths])
    transparent = background.kind == "none"
    kind = f"; {alpha_kind(results[0], alpha)} alpha" if transparent else ""
    notices = Notices(quiet=quiet)
    failures: list[str] = []
    network = parse_matter(matter, weights=weights, quality=quality, engine=engine, device=device, threads=threads)
    if results[0] != out:
        _make_folder(out)
    with Chain(network, filters=steps) as chain, progress(len(jobs), unit="picture", quiet=quiet) as tally:
        for picture, result in jobs:
            try:
                source = open_source(picture, on_notice=notices)
            except MediaError as error:
                if len(jobs) == 1:
                    raise
                failures.append(str(error))
                continue
            with source:
                sink = open_sink(result, source, transparent=transparent, alpha=alpha, bits=bits, on_notice=notices)
                run_chain(source, chain, sink, on_frame=tally)
    notices.say()
    if not quiet:
        click.echo(f"wrote {out}: {tally.summary}; background: {background}{kind}; {runs_on(network)}")
    if failures:
        raise MediaError(f"{len(failures)} of {len(jobs)} pictures are not done: {'; '.join(failures)}")


def _jobs(inputs: tuple[Path, ...], out: Path) -> list[tuple[Path, Path]]:
    """Which picture becomes which."""
    from streammatte.io.containers import PICTURES, WRITTEN_PICTURES
    from streammatte.io.files import check_input

    known = " ".join(sorted(PICTURES))
    pictures: list[Path] = []
    for path in inputs:
        if path.is_dir():
            found = sorted(each for each in path.iterdir() if each.suffix.lower() in PICTURES)
            if not found:
                raise MediaError(f"the folder {path} holds no pictures; expected files that end in one of {known}")
            pictures += found
        elif path.suffix.lower() in PICTURES:
            pictures.append(check_input(path))
        else:
            raise UsageError(
                f"{path} is no picture by its name; expected one of {known}", remedy="for a video: streammatte video"
            )
    if len(inputs) > 1 or inputs[0].is_dir() or out.is_dir():
        if out.is_file():
            raise UsageError(
                f"{out} is a file; expected a folder for {len(pictures)} pictures", remedy="give another OUT"
            )
        return [(picture, out / f"{picture.stem}.png") for picture in pictures]
    if out.suffix.lower() not in WRITTEN_PICTURES:
        written = " ".join(sorted(WRITTEN_PICTURES))
        raise UsageError(f"{out} is no picture by its name; expected one of {written}, or a folder that exists")
    return [(pictures[0], out)]


def _make_folder(path: Path) -> None:
    try:
        path.mkdir(exist_ok=True)
    except OSError as error:
        raise MediaError(f"the folder {path} cannot be made ({error.strerror})", remedy="choose another OUT") from error
