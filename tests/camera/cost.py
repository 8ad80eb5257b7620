"""CPU time of a live session of a looped clip, by how often alpha is found; needs no device.

python tests/camera/cost.py [--clip VIDEO] [--size 1280x720]
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from fractions import Fraction

import cv2

import streammatte
from streammatte import Frame, fitted
from streammatte.live.allocator import share_arena
from streammatte.live.controls import LiveControls
from streammatte.live.session import LiveSession
from streammatte.stages import Source, SourceInfo

WARM_UP_S, MEASURED_S = 6.0, 12.0


class Scaled(Source):
    """The frames of a camera at another size, made once, and played at 30 a second."""

    def __init__(self, clip: str, size: tuple[int, int], frames: int = 90) -> None:
        with streammatte.open_source(clip) as source:
            self._pictures = [fitted(frame.rgb, size) for frame, _ in zip(source, range(frames), strict=False)]
        self._info = SourceInfo(size, Fraction(30), live=True)
        self._ended = False

    @property
    def info(self) -> SourceInfo:
        return self._info

    def __iter__(self) -> Iterator[Frame]:
        begin, count = time.monotonic(), 0
        while not self._ended:
            time.sleep(max(0.0, begin + count / 30 - time.monotonic()))
            index = count % (2 * len(self._pictures) - 2)  # forth and back, so that nothing jumps
            picture = self._pictures[min(index, 2 * len(self._pictures) - 2 - index)]
            yield Frame(picture, round(time.monotonic() * 1e6), Fraction(1, 1_000_000))
            count += 1

    def close(self) -> None:
        self._ended = True


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clip", default="sample")
    parser.add_argument("--size", default="1280x720")
    arguments = parser.parse_args()
    width, height = map(int, arguments.size.split("x"))
    share_arena()
    cv2.setNumThreads(1)
    matter = streammatte.load()
    print("| background | limit | CPU, % of a core | frames out / s | alphas found / s | latency, median / p95 ms |")
    print("|---|---|---|---|---|---|")
    for background in ("blur", str(streammatte.__path__[0]) + "/assets/beach.jpg"):
        for limits in ({}, {"matte_fps": 15}, {"matte_fps": 5}, {"cpu_budget": 60}, {"cpu_budget": 30}):
            controls = LiveControls([background], smoothing="motion")
            with LiveSession(lambda: Scaled(arguments.clip, (width, height)), controls, matter, **limits) as session:
                session.wait(WARM_UP_S)
                session.status()
                session.wait(MEASURED_S)
                status = session.status()
            limit = " ".join(f"--{name.replace('_', '-')} {value}" for name, value in limits.items()) or "none"
            print(
                f"| {background.rpartition('/')[2]} | {limit} | {status.cpu_percent:.0f} | {status.fps_out:.1f} | "
                f"{status.matte_fps:.1f} | {status.latency_median_ms:.0f} / {status.latency_p95_ms:.0f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
