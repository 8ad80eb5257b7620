"""`streammatte bench`: what a frame costs on this machine."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from streammatte.cli.options import engine_options, quality_option, quiet_option, weights_option
from streammatte.cli.profiles import ProfileCommand
from streammatte.errors import UsageError

if TYPE_CHECKING:
    from streammatte.bench import Cost
    from streammatte.matting.engines import Device, EngineName
    from streammatte.matting.matter import Quality

_AROUND = "all but read and network"


@click.command(cls=ProfileCommand)
@click.argument("clip", default="sample")
@click.option("--size", "sizes", metavar="NAME,...", default="480p,720p,1080p,4K", show_default=True)
@click.option("--look", "looks", metavar="NAME,...", default="blur,picture,colour,transparent", show_default=True)
@click.option("--frames", type=click.IntRange(2), default=40, show_default=True, help="Of each look, in each round.")
@click.option("--no-runs", is_flag=True, help="Time the stages alone, not whole files and live sessions.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document, for programs.")
@quality_option("fast")
@weights_option
@engine_options
@quiet_option
def bench(
    clip: str,
    sizes: str,
    looks: str,
    frames: int,
    no_runs: bool,
    as_json: bool,
    quality: Quality,
    weights: Path | None,
    engine: str,
    device: str,
    threads: int,
    quiet: bool,
) -> None:
    """Time the parts of a frame's way, whole files and live sessions, on CLIP, by default the sample.

    Times are CPU milliseconds a frame and, in brackets, milliseconds by the clock: medians of rounds that are
    interleaved. Stages run one after the other at one thread of OpenCV; --threads 1 gives the network one as well.
    """
    import cv2

    from streammatte import bench as measure
    from streammatte.allocator import keep_freed_memory
    from streammatte.matting.matter import load

    cv2.setNumThreads(1)
    keep_freed_memory()
    chosen_sizes, chosen_looks = _chosen(sizes, measure.SIZES), _chosen(looks, measure.LOOKS)
    matter = load(
        weights, quality=quality, engine=cast("EngineName", engine), device=cast("Device", device), threads=threads
    )
    document: dict[str, Any] = {"engine": matter.engine, "device": matter.device, "threads": threads}
    document |= {"quality": quality, "sizes": {}}
    for name in chosen_sizes:
        size = measure.SIZES[name]
        if not quiet:
            click.echo(f"{name}: the stages", err=True)
        costs = measure.stage_costs(clip, size, matter, looks=chosen_looks, frames=frames)
        found = document["sizes"][name] = {
            "size": size,
            "stages": costs,
            "edits": {},
            "mediapipe": {},
            "files": [],
            "live": [],
        }
        if "picture" in chosen_looks:
            edited = [f"picture+{edit}" for edit in measure.EDITS]
            few = max(2, frames // 4)
            costs = measure.stage_costs(clip, size, matter, looks=["picture", *edited], frames=few)
            found["edits"] = {look: _around(each) for look, each in costs.items()}
            found["mediapipe"] = measure.mediapipe_costs(clip, size, frames=frames)
        if no_runs:
            continue
        if not quiet:
            click.echo(f"{name}: files and sessions", err=True)
        options = (
            "--quality",
            quality,
            "--engine",
            matter.engine,
            "--device",
            matter.device,
            "--threads",
            str(threads),
            *(("--weights", str(weights)) if weights else ()),
        )
        seconds = 10 if size[0] <= 1920 else 3  # long enough that the start of the program does not count for much
        runs = measure.file_runs(clip, size, looks=chosen_looks, frames=30 * seconds, options=options)
        found["files"] = [asdict(run) for run in runs]
        live = [look for look in chosen_looks if look != "transparent"]
        found["live"] = [asdict(measure.live_run(clip, size, matter, look)) for look in live]
    if as_json:
        import json

        click.echo(json.dumps(_plain(document), indent=2))
    else:
        click.echo("\n".join(_tables(document)))


def _chosen(text: str, known: Iterable[str]) -> list[str]:
    names = [name.strip() for name in text.split(",")]
    for name in names:
        if name not in known:
            raise UsageError(f"there is no {name!r}; expected some of {', '.join(known)}, with commas between")
    return names


def _around(costs: dict[str, Cost]) -> float:
    """CPU milliseconds of a frame beside reading and the network."""
    return sum(cost.cpu_ms for stage, cost in costs.items() if stage not in ("read", "network"))


def _plain(value: Any) -> Any:
    """The same without named tuples, which JSON would take for lists."""
    if hasattr(value, "_asdict"):
        return value._asdict()
    return {key: _plain(each) for key, each in value.items()} if isinstance(value, dict) else value


def _tables(document: dict[str, Any]) -> Iterator[str]:
    from streammatte.bench import STAGES

    runs = "{engine} on {device}, {threads} threads, quality {quality}".format_map(document)
    yield f"The network runs in {runs}."
    for name, found in document["sizes"].items():
        yield f"\n{name}, CPU ms a frame (by the clock)\n"
        looks = found["stages"]
        yield f"| stage | {' | '.join(looks)} |"
        yield "|---" * (len(looks) + 1) + "|"
        for stage in STAGES:
            cells = [f"{costs[stage].cpu_ms:.1f} ({costs[stage].wall_ms:.1f})" for costs in looks.values()]
            yield f"| {stage} | {' | '.join(cells)} |"
        yield f"| {_AROUND} | {' | '.join(f'{_around(costs):.1f}' for costs in looks.values())} |"
        if found["edits"]:
            yield f"\n| look | {_AROUND}, CPU ms a frame |"
            yield "|---|---|"
            yield from (f"| {look} | {cpu_ms:.1f} |" for look, cpu_ms in found["edits"].items())
        if found["mediapipe"]:
            yield "\n| MediaPipe's selfie segmenter, a plain blend | CPU ms a frame (by the clock) |"
            yield "|---|---|"
            for stage, cost in found["mediapipe"].items():
                yield f"| {stage} | {cost.cpu_ms:.1f} ({cost.wall_ms:.1f}) |"
            yield f"| all | {sum(cost.cpu_ms for cost in found['mediapipe'].values()):.1f} |"
        if found["files"]:
            yield "\n| file | frames / s | CPU ms a frame | first frame, s | peak, MB |"
            yield "|---|---|---|---|---|"
            for run in found["files"]:
                yield (
                    f"| {run['look']} | {run['frames_per_s']:.0f} | {run['cpu_ms']:.0f} | "
                    f"{run['first_frame_s']:.1f} | {run['peak_mb'] or float('nan'):.0f} |"
                )
        if found["live"]:
            yield "\n| live at 30 frames a second | CPU, % of a core | frames / s | latency, ms |"
            yield "|---|---|---|---|"
            for run in found["live"]:
                rates = f"{run['cpu_percent']:.0f} | {run['frames_per_s']:.1f}"
                yield f"| {run['look']} | {rates} | {run['latency_ms'] or float('nan'):.0f} |"
