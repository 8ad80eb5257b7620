"""`streammatte video`: matte a video file."""

from __future__ import annotations

from contextlib import ExitStack
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from streammatte.cli.matter import matter_option, refuse_unused, runs_on
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
    refuse_clash,
    smooth_option,
    weights_option,
)
from streammatte.cli.profiles import ProfileCommand
from streammatte.cli.texts import parse_bitrate, parse_raw, parse_time
from streammatte.errors import MediaError, UsageError

if TYPE_CHECKING:
    from streammatte.engines import Device, EngineName
    from streammatte.fitting import FitMode
    from streammatte.io.paint import AlphaKind, Picture
    from streammatte.matting import Quality
    from streammatte.smoothing import SmootherName
    from streammatte.stages import SourceInfo

_WHOLE = 0.9
"""Part of the stated duration from which a video counts as whole; not every recorder states it to the frame."""


def _names_file(text: str) -> bool:
    return text not in ("sample", "-") and "://" not in text


@click.command(cls=ProfileCommand)
@click.argument("video", metavar="IN", type=PerhapsFile(_names_file))
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
@click.option("--alpha-out", metavar="FILE", type=click.Path(path_type=Path), help="Write alpha too, in grey.")
@click.option(
    "--foreground-out", metavar="FILE", type=click.Path(path_type=Path), help="Write the foreground over black too."
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
@quiet_option
def video(
    video: str,
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
    quiet: bool,
) -> None:
    """Take the background out of the video IN and write OUT.

    IN may be "sample", a short clip that comes along, "-" for standard input, or an address (rtsp://, http://). OUT is
    .mp4, .mov, .mkv or .webm, a sequence of pictures such as OUT/%06d.png, .tif or .exr, or "-" for standard output,
    which gets Matroska. Times and sound are kept. A file appears under its name when it is complete. A name that begins
    with a dash goes after "--".
    """
    import cv2

    from streammatte.background import Background
    from streammatte.cli.notices import Notices
    from streammatte.cli.progress import progress
    from streammatte.io import alpha_kind, open_sink, open_source
    from streammatte.io.containers import DEEP
    from streammatte.io.pipes import STANDARD
    from streammatte.io.tee import TeeSink
    from streammatte.pipeline import run
    from streammatte.plugin_text import parse_filter, parse_matter
    from streammatte.smoothing import smoother

    refuse_unused(matter)
    cv2.setNumThreads(1)  # the stages run beside each other; threads within them cost more than they save
    if end is not None and duration is not None:
        raise UsageError("--end and --duration say the same in two ways", remedy="leave one of them out")
    begin, until = parse_time(start or "0"), parse_time(end) if end is not None else None
    if duration is not None:
        until = begin + parse_time(duration)
    background = Background.of(bg, out)
    if bg_end == "stop":
        latest = begin + Fraction(background.duration_s).limit_denominator(1_000_000)
        until = latest if until is None else min(until, latest)
    outputs = [path for path in (out, alpha_out, foreground_out, side_by_side_out) if path is not None]
    notices = Notices(quiet=quiet)
    with ExitStack() as opened:
        source = opened.enter_context(
            open_source(
                video,
                start_s=begin,
                end_s=until,
                deinterlace=not no_deinterlace,
                raw=None if raw is None else parse_raw(raw),
                on_notice=notices,
            )
        )
        kept = kept_filters(people, keep_held_objects)
        behind = background.filters(
            decontaminate=not no_decontaminate, fit=bg_fit, end="loop" if bg_end == "loop" else "hold"
        )
        steps = [*map(parse_filter, kept), *behind, *map(parse_filter, filters)]
        refuse_clash(outputs, background.paths)
        transparent = background.kind == "none"
        deep = [path for path in outputs if path.suffix.lower() in DEEP] or [out]
        sink_to = partial(open_sink, source=source, first_number=start_number, on_notice=notices)
        composite = sink_to(
            out,
            transparent=transparent,
            alpha=alpha,
            bits=bits if out in deep else 8,
            codec=codec,
            crf=crf,
            bitrate=None if bitrate is None else parse_bitrate(bitrate),
            preset=preset,
            pix_fmt=pix_fmt,
            sound=not no_sound,
        )
        sinks = [opened.enter_context(composite)]
        others: list[tuple[Path | None, Picture]] = [
            (alpha_out, "alpha"),
            (foreground_out, "foreground"),
            (side_by_side_out, "side by side"),
        ]
        for path, picture in others:
            if path is not None:
                sink = sink_to(path, picture=picture, bits=bits if path in deep else 8, sound=False)
                sinks.append(opened.enter_context(sink))
        notices.say()
        network = parse_matter(matter, weights=weights, quality=quality, engine=engine, device=device, threads=threads)
        with progress(source.info.frames, quiet=quiet) as tally:
            run(source, network, TeeSink(*sinks), smoother=smoother(smooth), filters=steps, on_frame=tally)
    notices.say()
    if not quiet:
        names = " and ".join("standard output" if path == STANDARD else str(path) for path in outputs)
        kind = f"; {alpha_kind(out, alpha)} alpha" if transparent else ""
        click.echo(
            f"wrote {names}: {tally.summary}; background: {background}{kind}; {runs_on(network)}",
            err=STANDARD in outputs,
        )
    _refuse_fragment(source.info)


def _refuse_fragment(info: SourceInfo) -> None:
    """Raise a MediaError if the file ended long before it should have: no decoder says so."""
    if info.duration_s and info.read_s < _WHOLE * info.duration_s:
        raise MediaError(
            f"{info.path or info.name} breaks off after {info.read_s:.1f} of {info.duration_s:.1f} s; "
            "what could be read is written",
            remedy="for the rest, copy or record it again",
        )
