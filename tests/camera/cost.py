"""CPU time of a live session of a looped clip, by how often alpha is found; needs no device.

python tests/camera/cost.py [--clip VIDEO] [--size 1280x720]
"""

from __future__ import annotations

import argparse

import cv2

import streammatte
from streammatte.bench import live_run

LIMITS: tuple[dict[str, float], ...] = (
    {},
    {"matte_fps": 15},
    {"matte_fps": 10},
    {"matte_fps": 5},
    {"cpu_budget": 60},
    {"cpu_budget": 50},
    {"cpu_budget": 40},
    {"cpu_budget": 5},
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clip", default="sample")
    parser.add_argument("--size", default="1280x720")
    arguments = parser.parse_args()
    width, height = map(int, arguments.size.split("x"))
    cv2.setNumThreads(1)
    matter = streammatte.load()
    print("| background | limit | CPU, % of a core | frames out / s | alphas found / s | latency, median ms |")
    print("|---|---|---|---|---|---|")
    for look in ("blur", "picture"):
        for limits in LIMITS:
            run = live_run(arguments.clip, (width, height), matter, look, **limits)
            limit = " ".join(f"--{name.replace('_', '-')} {value:g}" for name, value in limits.items()) or "none"
            print(
                f"| {look} | {limit} | {run.cpu_percent:.0f} | {run.frames_per_s:.1f} | {run.found_per_s:.1f} | "
                f"{run.latency_ms or float('nan'):.0f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
