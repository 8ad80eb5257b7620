"""Proves that real programs read the virtual camera, and tells what they see; README.md beside this file says how."""

from __future__ import annotations

import argparse
import itertools
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import NamedTuple

import av
import numpy as np
from browser import page, watched
from running import frames, live, near, top, until
from window import Screen

GREEN = (0, 255, 0)
GREEN_OF_SMPTE_C = (75, 250, 0)  # the same green, where it is taken for one of standard definition's primaries
GREEN_AS_709 = (0, 216, 0)  # or where BT.601's numbers are taken for BT.709's
SECONDS = 5


class Seen(NamedTuple):
    """What a program shows, or has recorded."""

    size: tuple[int, int]
    rate: float
    top: tuple[int, ...]


def judged(pictures: Sequence[np.ndarray], seconds: float, wanted: tuple[int, int, int] = GREEN) -> Seen:
    """What so many seconds of pictures are, if they are matted and move."""
    height, width = pictures[-1].shape[:2]
    colour = top(pictures[-1]).round().astype(int).tolist()
    assert near(colour, wanted), f"the top of the picture is {colour}"
    assert not near(pictures[-1][height * 6 // 10, width // 2], wanted, 60), "there is nobody in the picture"
    new = sum(bool(np.abs(b.astype(np.int16) - a).max() > 24) for a, b in itertools.pairwise(pictures))
    assert new > seconds, "the picture stands still"
    return Seen((width, height), new / seconds, tuple(colour))


@contextmanager
def running(command: Sequence[str], home: str, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """A program and all that it starts, with its home in an empty folder."""
    environment |= {"HOME": home, "XDG_CONFIG_HOME": f"{home}/.config"}
    environment |= {"LIBGL_ALWAYS_SOFTWARE": "1", "NO_AT_BRIDGE": "1"}
    log = Path(home, "said")
    with log.open("wb") as said:
        process = subprocess.Popen(
            command,
            env=os.environ | environment,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            start_new_session=True,
        )
        try:
            yield process
        except AssertionError as error:
            last = log.read_text(errors="replace").splitlines()[-3:]
            raise AssertionError(f"{error}; {command[0]} said last: {' '.join(last)}") from error
        finally:
            for kind in (signal.SIGTERM, signal.SIGKILL):
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, kind)
                with suppress(subprocess.TimeoutExpired):
                    process.wait(3)


def in_browser(browser: str, arguments: argparse.Namespace, **preferences: bool) -> Seen:
    with page(arguments.name, browser, preferences) as reports:
        seen = watched(reports, GREEN, SECONDS)
    return Seen(seen["size"], seen["rate"], tuple(seen["top"]))


def unprivileged(command: Sequence[str], home: str) -> list[str]:
    """The command; for root one that a user without rights runs where the program refuses root, as VLC does."""
    if command[0] != "vlc" or os.geteuid():
        return list(command)
    shutil.chown(home, "nobody")
    return ["setpriv", "--reuid=nobody", "--regid=video", "--clear-groups", *command]


def in_window(command: str, arguments: argparse.Namespace, wanted: tuple[int, int, int] = GREEN) -> Seen:
    """What a program shows on a screen."""
    words = command.format(device=arguments.output, name=arguments.name).split()

    def green() -> tuple[int, int, int, int]:
        """The part of the screen in which green lies: its left, top, width and height; all 0 where there is little."""
        picture = next(screen.pictures(fps=30)).astype(np.int16)
        rows, columns = np.nonzero((np.abs(picture - wanted) < 40).all(axis=2))
        if rows.size < 10_000:
            return 0, 0, 0, 0
        left, upper = columns.min(), rows.min()
        return left, upper, columns.max() + 1 - left, rows.max() + 1 - upper

    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home,
        Screen() as screen,
        running(unprivileged(words, home), home, DISPLAY=screen.display),
    ):
        until(lambda: any(green()), 60, "green on the screen", every_s=1)  # looking takes the program's time
        time.sleep(3)  # it has its place and size then
        left, upper, *size = green()
        pictures = list(itertools.islice(screen.pictures(30, (left, upper), (size[0], size[1])), 30 * SECONDS))
        return judged(pictures, SECONDS, wanted)


def in_obs(arguments: argparse.Namespace) -> Seen:
    """What OBS records of its source Video Capture Device (V4L2), with a canvas of the camera's size."""
    height, width = next(frames(arguments.output)).shape[:2]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home, Screen() as screen:
        folder = Path(home, ".config", "obs-studio")
        scene = {"id_counter": 1, "items": [{"name": "camera", "id": 1, "visible": True}]}
        scenes = {
            "name": "s",
            "current_scene": "scene",
            "current_program_scene": "scene",
            "scene_order": [{"name": "scene"}],
            "sources": [
                {"id": "scene", "name": "scene", "settings": scene},
                {"id": "v4l2_input", "name": "camera", "settings": {"device_id": arguments.output}},
            ],
        }
        files = {
            "global.ini": "[General]\nFirstRun=true\nEnableAutoUpdates=false\n"
            "[Basic]\nProfile=p\nProfileDir=p\nSceneCollection=s\nSceneCollectionFile=s\n",
            "basic/profiles/p/basic.ini": f"[General]\nName=p\n[Video]\nBaseCX={width}\nBaseCY={height}\n"
            f"OutputCX={width}\nOutputCY={height}\n[Output]\nMode=Simple\n[SimpleOutput]\nFilePath={home}\n"
            "RecFormat=mkv\nRecQuality=Stream\nStreamEncoder=x264\n",
            "basic/scenes/s.json": json.dumps(scenes),
        }
        for name, text in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text)
        with running(["obs", "--startrecording", "--minimize-to-tray", "--multi"], home, DISPLAY=screen.display):
            until(lambda: list(Path(home).glob("*.mkv")), 60, "a recording")
            time.sleep(10 + SECONDS)
        (recording,) = Path(home).glob("*.mkv")
        with av.open(str(recording)) as container:
            shown = [frame.to_ndarray(format="rgb24", src_colorspace="ITU709") for frame in container.decode(video=0)]
            rate = container.streams.video[0].average_rate
        assert rate, "the recording tells no rate"
        return judged(shown[-round(SECONDS * rate) :], SECONDS, GREEN_AS_709)


class Reader(NamedTuple):
    package: str  # of Debian
    see: Callable[[argparse.Namespace], Seen]


READERS = {
    "chromium": Reader("chromium", partial(in_browser, "chromium")),
    "firefox-esr": Reader("firefox-esr", partial(in_browser, "firefox-esr")),
    "obs": Reader("obs-studio obs-plugins", in_obs),
    "gst-launch-1.0": Reader(
        "gstreamer1.0-tools gstreamer1.0-plugins-good gstreamer1.0-x",
        partial(in_window, "gst-launch-1.0 v4l2src device={device} ! videoconvert ! ximagesink"),
    ),
    "ffplay": Reader("ffmpeg", partial(in_window, "ffplay -f v4l2 {device}")),
    "mpv": Reader("mpv", partial(in_window, "mpv --no-config --vo=x11 av://v4l2:{device}", wanted=GREEN_OF_SMPTE_C)),
    "vlc": Reader("vlc", partial(in_window, "vlc --intf dummy v4l2://{device}")),
    "guvcview": Reader("guvcview", partial(in_window, "guvcview --device={device} --gui=none --audio=none")),
}


def version(program: str) -> str:
    with tempfile.TemporaryDirectory() as home:
        command = unprivileged([program, "--version"], home)
        said = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False).stdout
    found = re.search(r"\d+(\.\d+)+", said.replace(program, ""))
    return found[0] if found else "?"


def told(readers: Mapping[str, Reader], arguments: argparse.Namespace) -> bool:
    """Print what each program sees; return whether all that are there see what they should."""
    good = True
    print("| program | version | size | frames a second | top of the picture |\n|---|---|---|---|---|", flush=True)
    for program in arguments.programs or readers:
        reader = readers[program]
        if not shutil.which(program):
            print(f"| {program} | | not there: `apt install {reader.package}` | | |", flush=True)
            continue
        try:
            seen = reader.see(arguments)
            line = f"{'x'.join(map(str, seen.size))} | {seen.rate:.1f} | {seen.top}"
        except (AssertionError, OSError, StopIteration) as error:
            good = False
            line = f"failed: {error} | | "
        print(f"| {program} | {version(program)} | {line} |", flush=True)
    return good


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("programs", nargs="*", metavar="PROGRAM", help=f"all by default; {', '.join(READERS)}")
    parser.add_argument("--webcam", default="/dev/video0")
    parser.add_argument("--output", default="/dev/video10")
    parser.add_argument("--name", default="streammatte", help="the virtual camera's label")
    arguments = parser.parse_args()
    if not READERS.keys() >= set(arguments.programs):
        parser.error(f"there are the programs {', '.join(READERS)}")
    options = ("--camera", arguments.webcam, "--virtual-camera", arguments.output, "--matte-fps", "5")
    with live(*options) as streammatte:
        next(frames(arguments.output))  # it is a camera from here on
        good = told(READERS, arguments)
        print("streammatte said:", streammatte.end().strip().splitlines()[-1], file=sys.stderr)
    sys.exit(not good)


if __name__ == "__main__":
    main()
