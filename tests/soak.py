"""Drives the live path from a looped clip through every switch for a while; watches memory and the output's gaps.

    python tests/soak.py --minutes 30

Nothing of it needs a device; with --virtual-camera the frames go to one. Before the minutes that count there is a
warm-up of some rounds of switches, in which everything is loaded more than once and the allocator finds its size; its
memory is told too, its gaps are not. Memory swings within a round, so that means over whole rounds are compared. Runs
on Linux, whose /proc tells the memory.
"""

from __future__ import annotations

import argparse
import itertools
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from fractions import Fraction
from importlib import resources
from pathlib import Path

import streammatte
from streammatte.allocator import share_arena
from streammatte.devices import open_camera
from streammatte.io import NullSink
from streammatte.live.controls import LiveControls
from streammatte.live.session import LiveSession
from streammatte.matting.matter import shipped_weights
from streammatte.stages import Sink, Source

SWITCH_EVERY_S = 3.0


class Rig:
    """A session with a camera that can be pulled out and readers that can be sent away."""

    def __init__(self, folder: Path, clip: str, virtual_camera: str | None) -> None:
        self.plugged_in = True
        self.readers = 1
        self.source: Source | None = None
        self.clip = clip
        beach = folder / "beach.jpg"
        shutil.copyfile(str(resources.files("streammatte") / "assets" / "beach.jpg"), beach)
        self.picture = beach
        sample = str(resources.files("streammatte") / "assets" / "sample.mp4")
        backgrounds = [str(beach), "blur", "#1e90ff", sample if clip == "sample" else clip]
        self.controls = LiveControls(backgrounds, smoothing="motion", load=streammatte.load)
        self.session = LiveSession(
            self.open,
            self.controls,
            streammatte.load(quality="fast"),  # as `webcam` has it
            open_output=lambda size, rate: self.watched(virtual_camera, size, rate),
            rate=30,
            hold_off_s=1.0,
        )

    def open(self) -> Source:
        if not self.plugged_in:
            raise streammatte.DeviceError("the camera is not plugged in")
        self.source = open_camera(self.clip)
        return self.source

    def watched(self, virtual_camera: str | None, size: tuple[int, int], rate: Fraction) -> Sink:
        """The virtual camera, or nothing; its readers are those of the rig."""
        output = virtual(virtual_camera, size, rate) if virtual_camera else Nowhere(rate)
        output.readers = lambda: self.readers
        return output

    def pull_out(self) -> None:
        self.plugged_in = False
        if self.source is not None:
            self.source.close()

    def plug_in(self) -> None:
        self.plugged_in = True

    def send_readers_away(self) -> None:
        self.readers = 0

    def call_readers_back(self) -> None:
        self.readers = 1

    def touch(self) -> None:
        os.utime(self.picture)

    def switches(self) -> list[tuple[str, Callable[[], object]]]:
        """One round of all of them, with their names."""
        controls = self.controls
        return [
            *[("next background", lambda: controls.press("n"))] * 4,
            ("previous background", lambda: controls.press("p")),
            ("blur up", lambda: controls.press("]")),
            ("blur down", lambda: controls.press("[")),
            *[("off / on", lambda: controls.press("o"))] * 2,
            *[("mirror", lambda: controls.press("m"))] * 2,
            *[("show alpha", lambda: controls.press("a"))] * 2,
            *[("freeze", lambda: controls.press("f"))] * 2,
            ("filters", lambda: controls.set_filters(["decontaminate", "blur:20"])),
            ("other filters", lambda: controls.set_filters(["held", "people:largest"])),
            ("no filters", lambda: controls.set_filters([])),
            ("smoothing off", lambda: controls.set_smoothing("off")),
            ("smoothing motion", lambda: controls.set_smoothing("motion")),
            ("background file changed", self.touch),
            ("no such background", lambda: controls.set_background("no such file.jpg")),
            ("new weights", lambda: controls.load_weights(shipped_weights())),
            ("camera pulled out", self.pull_out),
            ("camera plugged in", self.plug_in),
            ("readers gone", self.send_readers_away),
            ("readers back", self.call_readers_back),
        ]


class Nowhere(NullSink):
    def __init__(self, rate: Fraction) -> None:
        self.device, self.rate = "", rate


def virtual(name: str, size: tuple[int, int], rate: Fraction) -> Sink:
    from streammatte.devices.virtual_camera import VirtualCameraSink

    return VirtualCameraSink(size, rate, name)


def resident_mib() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=30, help="that count (default: 30)")
    parser.add_argument("--warm-up", type=float, default=6, metavar="MINUTES", help="before them (default: 6)")
    parser.add_argument("--clip", default="sample")
    parser.add_argument("--virtual-camera", metavar="NAME")
    arguments = parser.parse_args()
    share_arena()  # as the command line does
    with tempfile.TemporaryDirectory() as folder:
        rig = Rig(Path(folder), arguments.clip, arguments.virtual_camera)
        with rig.session as session:
            soak(rig, session, arguments.warm_up * 60, arguments.minutes * 60)


def soak(rig: Rig, session: LiveSession, warm_up_s: float, seconds: float) -> None:
    switches = rig.switches()
    memory: list[float] = []
    gaps: list[tuple[float, str]] = []
    began, cpu_s, warm = time.monotonic(), time.process_time(), 0
    for count, (name, switch) in enumerate(itertools.cycle(switches), 1):
        switch()
        assert not session.wait(SWITCH_EVERY_S), "the session has ended"
        status = session.status()
        passed = time.monotonic() - began
        if rig.readers and passed > warm_up_s:
            gaps.append((status.worst_gap_ms, name))
        session.forget_gaps()
        memory.append(resident_mib())
        if passed < warm_up_s:
            warm = count
        if count % len(switches) == 0:
            round_mib = sum(memory[-len(switches) :]) / len(switches)
            worst_ms = max(gaps, default=(0.0, ""))[0]
            print(f"{passed / 60:5.1f} min  {round_mib:.1f} MiB  {status.shown} out  gap {worst_ms:.0f} ms", flush=True)
        if passed > warm_up_s + seconds:
            break
    status = session.status()
    counted = memory[warm:]
    whole = max(1, min(3 * len(switches), len(counted) // 2))  # three rounds, or less where there are too few
    first, last = (sum(part) / len(part) for part in (counted[:whole], counted[-whole:]))
    longest = sorted(gaps, reverse=True)[:5]
    rows = {
        "minutes, of them warm-up": f"{passed / 60:.1f}, {warm_up_s / 60:.0f}",
        "switches": str(count),
        "memory in the first round of all": f"{sum(memory[: len(switches)]) / len(switches):.1f} MiB",
        "memory after the warm-up (mean of up to three rounds)": f"{first:.1f} MiB",
        "memory at the end (mean of up to three rounds)": f"{last:.1f} MiB ({(last / first - 1) * 100:+.1f} %)",
        "frames in, skipped for newer ones": f"{status.received}, {status.dropped}",
        "frames out, of them repeated": f"{status.shown}, {status.repeated}",
        "alphas found, carried, given again": f"{status.found}, {status.carried}, {status.rested}",
        "camera came back": f"{status.reconnects} times",
        "longest gaps between two frames out, while watched": ", ".join(
            f"{ms:.0f} ms ({name})" for ms, name in longest
        ),
        "intervals of 3 s with a gap over 200 ms": f"{sum(ms > 200 for ms, _ in gaps)} of {len(gaps)}",
        "CPU": f"{(time.process_time() - cpu_s) / passed * 100:.0f} % of a core",
    }
    print("\n| what | measured |\n|---|---|")
    print("\n".join(f"| {what} | {figure} |" for what, figure in rows.items()))


if __name__ == "__main__":
    main()
