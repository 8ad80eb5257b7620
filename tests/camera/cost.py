"""CPU time of a live session of a looped clip, by how often alpha is found; needs no device.

python tests/camera/cost.py [--clip VIDEO] [--size 1280x720]
"""

from __future__ import annotations

import argparse
from statistics import median

import cv2

import streammatte
from streammatte.bench import LiveRun, live_run

LOOKS = "blur", "picture"
LIMITS: tuple[dict[str, float], ...] = ({}, {"matte_fps": 10}, {"matte_fps": 5}, {"cpu_budget": 50}, {"cpu_budget": 5})
ROUNDS = 3
"""Every limit has its turn in each, so that none has the machine's better minutes."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clip", default="sample")
    parser.add_argument("--size", default="1280x720")
    arguments = parser.parse_args()
    width, height = map(int, arguments.size.split("x"))
    cv2.setNumThreads(1)
    matter = streammatte.load(quality="fast", threads=1)  # as `webcam` has it on two cores
    runs: dict[tuple[str, str], list[LiveRun]] = {}
    for _ in range(ROUNDS):
        for look in LOOKS:
            for limits in LIMITS:
                limit = " ".join(f"--{name.replace('_', '-')} {value:g}" for name, value in limits.items()) or "none"
                run = live_run(arguments.clip, (width, height), matter, look, seconds=5.0, **limits)
                runs.setdefault((look, limit), []).append(run)
    print("| background | limit | CPU, % of a core | frames out / s | alphas found / s | latency, median ms |")
    print("|---|---|---|---|---|---|")
    for (look, limit), found in runs.items():
        cpu = median(run.cpu_percent for run in found)
        shown, mattes = median(run.frames_per_s for run in found), median(run.found_per_s for run in found)
        latency_ms = median(run.latency_ms or 0 for run in found)
        print(f"| {look} | {limit} | {cpu:.0f} | {shown:.1f} | {mattes:.1f} | {latency_ms:.0f} |")


if __name__ == "__main__":
    main()
