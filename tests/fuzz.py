"""Damages small clips of six containers in every way and sees what `streammatte video` makes of each.

    python tests/fuzz.py --count 3000 --seed 1

Each copy must end in time, without a traceback or a crash, with exit code 0 or 1, with a result that is whole or none
at all, with nothing beside it; and if the result has fewer pictures than the clip had, that must be told, unless they
are lost at its beginning or end and nothing in the file tells of them. The clips as they are must give 0 and lose
nothing. The command line runs in processes that live on, with a network that takes for foreground what is bright; what
it writes is read by PyAV alone. Needs ffmpeg; ends with 1 where anything is wrong.
"""

from __future__ import annotations

import argparse
import faulthandler
import multiprocessing
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import traceback
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from queue import SimpleQueue
from typing import Any
from unittest import mock

import av
import numpy as np

FRAMES, RATE = 20, 25
CLIPS = {
    "clip.mp4": "-c:v libx264 -g 5 -bf 2 -pix_fmt yuv420p -c:a aac -movflags faststart",
    "clip.mov": "-c:v prores_ks -c:a pcm_s16le",
    "clip.mkv": "-c:v libx265 -x265-params keyint=5:log-level=none -pix_fmt yuv420p -c:a flac -cluster_time_limit 200",
    "clip.webm": "-c:v libvpx-vp9 -g 5 -deadline realtime -pix_fmt yuv420p -c:a libopus",
    "clip.ts": "-c:v mpeg2video -g 5 -pix_fmt yuv420p -c:a mp2",
    "clip.avi": "-c:v mpeg4 -g 5 -bf 2 -pix_fmt yuv420p -c:a libmp3lame",
}
RESULTS = (("out.mp4",), ("out.mkv", "--bg", "white"), ("out.mov", "--bg", "none"), ("out.webm", "--bg", "blur"))
SAID = re.compile("pictures that|breaks off|it ends after|its times jump")
ENDINGS = ("as before", "loss told", "breaks off, the rest done", "refused", "shorter, which nothing in it tells")


class Bright:
    """Takes for foreground what is bright."""

    engine, device = "double", "nothing"

    def matte(self, frame: Any) -> Any:
        return (frame.rgb.mean(axis=2) > 127).astype(np.float32)

    def bring(self, frame: Any) -> None:
        pass

    def reset(self) -> None:
        pass


def damaged(data: bytes, chance: random.Random) -> tuple[str, bytes]:
    """Return a kind of damage, and the data that has suffered it."""
    kind = chance.choice(("bits turned", "zeros", "noise", "cut off", "a piece gone", "a piece twice"))
    copy = bytearray(data)
    start = chance.randrange(len(data))
    length = min(int(2 ** chance.uniform(0, 12)), len(data) - start)
    if kind == "bits turned":
        for _ in range(int(2 ** chance.uniform(0, 6))):
            copy[chance.randrange(len(copy))] ^= 1 << chance.randrange(8)
    elif kind == "zeros":
        copy[start : start + length] = bytes(length)
    elif kind == "noise":
        copy[start : start + length] = chance.randbytes(length)
    elif kind == "cut off":
        del copy[max(1, start) :]
    elif kind == "a piece gone":
        del copy[start : start + length]
    else:
        copy[start:start] = copy[start : start + length]
    return kind, bytes(copy)


def work(connection: Connection, log: Path) -> None:
    """Run the command line with the arguments that come, and send its exit codes; -1 for a traceback."""
    with log.open("w") as file:
        for descriptor in (1, 2):
            os.dup2(file.fileno(), descriptor)
    faulthandler.enable()
    from streammatte.cli import cli

    with mock.patch("streammatte.matting.matter.load", return_value=Bright()):
        while True:
            try:
                arguments = connection.recv()
            except EOFError:
                return
            try:
                cli.main(args=arguments, prog_name="streammatte")
            except SystemExit as ended:
                code = ended.code or 0
            except BaseException:
                traceback.print_exc()
                code = -1
            sys.stdout.flush()
            sys.stderr.flush()
            connection.send(code)


class Worker:
    """A process that runs the command line, and another one where it dies or does not answer."""

    def __init__(self, folder: Path, patience_s: float) -> None:
        self.folder = folder
        self.folder.mkdir()
        self.log = folder.with_suffix(".log")
        self.patience_s = patience_s
        self.start()

    def start(self) -> None:
        spawn = multiprocessing.get_context("spawn")
        self.connection, other = spawn.Pipe()
        self.process = spawn.Process(target=work, args=(other, self.log), daemon=True)
        self.process.start()
        other.close()
        self.read = 0

    def run(self, arguments: list[str]) -> tuple[int | None, str]:
        """Return the exit code, None for a crash or a hang, and what was said."""
        self.connection.send(arguments)
        answered = self.connection.poll(self.patience_s)
        try:
            code = self.connection.recv() if answered else None
        except EOFError:
            code = None
        said = self.log.read_text(errors="replace")[self.read :]
        self.read += len(said)
        if code is None:
            self.end()
            said += f"\n{'crash' if answered else 'hang'}, {self.process.exitcode}"
            self.start()
        return code, said

    def end(self) -> None:
        self.connection.close()
        self.process.join(0 if self.process.is_alive() else 5)
        self.process.kill()
        self.process.join()


@dataclass(frozen=True)
class Outcome:
    """What became of a copy: how it ended, and what is wrong with that."""

    ending: str
    faults: tuple[str, ...]
    said: str


def tried(worker: Worker, clip: str, data: bytes, result: tuple[str, ...], *, healthy: bool) -> Outcome:
    """Give data to the command line and look at what comes."""
    shutil.rmtree(worker.folder)
    worker.folder.mkdir()
    source, out = worker.folder / clip, worker.folder / result[0]
    source.write_bytes(data)
    code, said = worker.run(["video", str(source), str(out), *result[1:]])
    faults = []
    if code not in (0, 1):
        faults.append("crash or hang" if code is None else "traceback" if code == -1 else f"exit code {code}")
    elif "Traceback" in said:
        faults.append("traceback in a thread")
    strange = [line for line in said.splitlines() if not line.startswith(("streammatte: ", "wrote "))]
    if strange and not faults:
        faults.append("more is said than lines of ours")
    left = {each.name for each in worker.folder.iterdir()} - {source.name, out.name}
    if left:
        faults.append("leftovers")
    if source.read_bytes() != data:
        faults.append("the input is changed")
    times = None
    if out.exists():
        try:
            times = shown(out)
        except av.error.FFmpegError:
            faults.append("the result is not whole")
        wrote = re.search(r"^wrote .*: (\d+) frame", said, re.MULTILINE)
        if times is not None and (wrote is None or int(wrote[1]) != len(times)):
            faults.append("another number of pictures than is said")
    elif code == 0:
        faults.append("no result")
    told = SAID.search(said) is not None
    lost = times is not None and len(times) < FRAMES and not told
    steps = np.diff(times or [0, 1])
    unknowable = lost and steps.max(initial=0) < 1.5 * np.median(steps)
    if lost and not unknowable:
        faults.append("lost pictures are not told")
    if healthy and (code or told or times is None or len(times) != FRAMES):
        faults.append("a healthy clip is taken for a damaged one")
    return Outcome(
        ENDINGS[4 if unknowable else (3 if times is None else 2) if code else int(told)], tuple(faults), said
    )


def shown(path: Path) -> list[float]:
    """Read a file that was written to its end and return the times of its pictures; its sound may keep its damage."""
    with av.open(f"file:{path}") as container:
        return [
            frame.time for packet in container.demux() if packet.stream.type == "video" for frame in packet.decode()
        ]


def make_clips(folder: Path) -> dict[str, bytes]:
    """Make the clips with ffmpeg."""
    lasting = f"duration={FRAMES / RATE}"
    inputs = f"-f lavfi -i testsrc2=size=64x48:rate={RATE}:{lasting} -f lavfi -i sine=sample_rate=48000:{lasting}"
    for name, how in CLIPS.items():
        subprocess.run(["ffmpeg", "-v", "error", *inputs.split(), *how.split(), folder / name], check=True)
    return {name: (folder / name).read_bytes() for name in CLIPS}


def main() -> None:
    """Try all, and print a table and what is wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=3000, help="damaged copies (default: 3000)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes (default: one for each core)")
    parser.add_argument("--patience", type=float, default=60, metavar="SECONDS", help="for each copy (default: 60)")
    parser.add_argument("--only", type=int, metavar="NUMBER", help="try this copy alone")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep the copies with which something is wrong here")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        clips = make_clips(folder)
        workers: SimpleQueue[Worker] = SimpleQueue()
        for number in range(arguments.jobs):
            workers.put(Worker(folder / f"worker{number}", arguments.patience))

        def try_one(number: int) -> tuple[int, str, str, Outcome, bytes]:
            """The copies with a number below 0 are no copies but the clips themselves."""
            chance = random.Random(f"{arguments.seed} {number}")
            clip = list(CLIPS)[number % len(CLIPS)]
            result = RESULTS[number // len(CLIPS) % len(RESULTS)]
            kind, data = ("none", clips[clip]) if number < 0 else damaged(clips[clip], chance)
            worker = workers.get()
            outcome = tried(worker, clip, data, result, healthy=number < 0)
            workers.put(worker)
            return number, clip, f"{kind}, {' '.join(result)}", outcome, data

        numbers = range(-len(CLIPS) * len(RESULTS), arguments.count) if arguments.only is None else [arguments.only]
        ends, wrong = Counter(), Counter()
        with ThreadPoolExecutor(arguments.jobs) as pool:
            for number, clip, how, outcome, data in pool.map(try_one, numbers):
                ends[clip, outcome.ending] += number >= 0
                wrong.update(outcome.faults)
                if outcome.faults or arguments.only is not None:
                    print(f"{number} ({clip}, {how}): {', '.join(outcome.faults)}\n{outcome.said.strip()}", flush=True)
                    if arguments.keep:
                        arguments.keep.mkdir(exist_ok=True)
                        (arguments.keep / f"{number}-{clip}").write_bytes(data)
        while not workers.empty():
            workers.get().end()
    print(f"\n| | {' | '.join(ENDINGS)} |\n|{'---|' * (len(ENDINGS) + 1)}")
    for clip in CLIPS:
        print(f"| {Path(clip).suffix} | {' | '.join(str(ends[clip, ending]) for ending in ENDINGS)} |")
    print(f"\n{sum(ends.values())} copies; wrong: {dict(wrong) or 'nothing'}")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
