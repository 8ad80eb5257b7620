"""What files that are matted cost a live session of a looped clip beside them; needs no device.

python tests/camera/beside.py [--clip VIDEO] [--size 1280x720]
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import sleep

import cv2

import streammatte
from streammatte.batch.look import FileLook
from streammatte.batch.queue import FileQueue
from streammatte.bench import LiveRun, live_run
from streammatte.bench.clips import scaled

FILES = 0, 1, 2
ROUNDS = 3
"""Every number has its turn in each, so that none has the machine's better minutes."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clip", default="sample")
    parser.add_argument("--size", default="1280x720")
    arguments = parser.parse_args()
    width, height = map(int, arguments.size.split("x"))
    cv2.setNumThreads(1)
    matter = streammatte.load(quality="fast", threads=1)  # as `webcam` has it on two cores
    runs: dict[int, list[LiveRun]] = {number: [] for number in FILES}
    rates: dict[int, list[float]] = {number: [] for number in FILES}
    with TemporaryDirectory() as folder:
        clip = scaled("sample", (640, 480), Path(folder), 600)
        for _ in range(ROUNDS):
            for number in FILES:
                queue = FileQueue(Path(folder, "spool"), Path(folder), Path(folder))
                entries = [queue.add("sample.mp4", None, FileLook()) for _ in range(number)]
                for entry in entries:
                    shutil.copyfile(clip, entry.source)
                    queue.start(entry.number)
                while not all(entry.frames for entry in entries):
                    sleep(0.05)
                runs[number].append(live_run(arguments.clip, (width, height), matter, "blur", seconds=5.0))
                rates[number].append(sum(entry.rate or 0 for entry in entries))
                assert all(entry.state == "working" for entry in entries), "a file was done too soon"
                queue.close()
    print("| files | frames out / s | alphas found / s | latency, median ms | CPU, % of a core | files' frames / s |")
    print("|---|---|---|---|---|---|")
    for number, found in runs.items():
        shown, mattes = median(run.frames_per_s for run in found), median(run.found_per_s for run in found)
        latency_ms, cpu = median(run.latency_ms or 0 for run in found), median(run.cpu_percent for run in found)
        rate = median(rates[number])
        print(f"| {number} | {shown:.1f} | {mattes:.1f} | {latency_ms:.0f} | {cpu:.0f} | {rate:.1f} |")


if __name__ == "__main__":
    main()
