"""Proves the live path on a Linux with a webcam, v4l2loopbacks, Chromium and X; see README.md beside this file."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from importlib import resources
from pathlib import Path

from browser import page, watched
from running import frames, live, moves, near, opened, top, until
from window import Window

GREEN = (0, 255, 0)
SAMPLE = Path(str(resources.files("streammatte"))) / "assets" / "sample.mp4"


def call(arguments: argparse.Namespace, *, before: bool) -> Iterator[tuple[str, str]]:
    """Chromium in a call, opened before streammatte is there or after it."""
    options = ("--camera", arguments.webcam, "--virtual-camera", arguments.output)
    with page(arguments.name) as reports:
        if before:
            until(lambda: any("waiting" in each for each in reports), 60, "the page looks for the camera")
        with live(*options) as running:
            seen = watched(reports, GREEN)
            said = running.end()
    yield "label in Chromium", seen["label"]
    yield "size in Chromium", "x".join(map(str, seen["size"]))
    yield "frames a second in Chromium", f"{seen['rate']:.1f}"
    yield "top of the picture (background #00ff00)", str(tuple(seen["top"]))
    yield f"from the start of {'streammatte' if before else 'both'} to green", f"{seen['waited_s']:.1f} s"
    yield "streammatte said", said.strip().splitlines()[-1]


def again(arguments: argparse.Namespace) -> Iterator[tuple[str, str]]:
    """A program keeps the virtual camera open while streammatte ends and starts again."""
    options = ("--camera", arguments.webcam, "--virtual-camera", arguments.output)
    with live(*options, background="#ff0000") as running:
        reader = frames(arguments.output)
        until(lambda: near(top(next(reader)), (255, 0, 0)), 30, "red")
        running.end()
    began = time.monotonic()
    with live(*options) as running:
        until(lambda: near(top(next(reader)), GREEN), 30, "green, for the reader that never left")
        yield "from the second start to green, for a reader that never left", f"{time.monotonic() - began:.1f} s"
        reader.close()
        running.end()


def idle(arguments: argparse.Namespace) -> Iterator[tuple[str, str]]:
    """Nobody watches, then somebody does, then nobody again."""
    options = ("--camera", arguments.webcam, "--virtual-camera", arguments.output)
    with live(*options) as running:
        opened(running, arguments.webcam)
        closed = until(lambda: not running.holds(arguments.webcam), 20, "the camera is closed")
        yield "camera closed with nobody watching, after", f"{closed:.1f} s"
        yield "CPU while idle", f"{running.cpu_percent(10):.1f} % of a core"
        began = time.monotonic()
        for picture in frames(arguments.output):
            if near(top(picture), GREEN):
                break
            assert time.monotonic() - began < 10, "no green within 10 s of a reader's coming"
        yield "from a reader's coming to its first matted frame", f"{time.monotonic() - began:.2f} s"
        reader = frames(arguments.output)
        next(reader)
        before, at = running.cpu_s(), time.monotonic()
        count = 0
        while time.monotonic() - at < 8:
            assert near(top(next(reader)), GREEN)
            count += 1
        seconds = time.monotonic() - at
        yield "CPU while watched", f"{(running.cpu_s() - before) / seconds * 100:.0f} % of a core"
        yield "frames a second while watched", f"{count / seconds:.1f}"
        reader.close()
        again = until(lambda: not running.holds(arguments.webcam), 20, "the camera is closed again")
        yield "camera closed after the reader left", f"{again:.1f} s"
        yield "streammatte said", running.end().strip().splitlines()[-1]


def unplug(arguments: argparse.Namespace) -> Iterator[tuple[str, str]]:
    """The driver of the camera that was taken by default lets go of its device, and takes it back."""
    driver = Path("/sys/bus/platform/drivers/vivid")
    (device,) = [each.name for each in driver.glob("vivid.*")]
    took_s = {}

    def tell_driver(action: str) -> None:
        began = time.monotonic()
        (driver / action).write_text(device)
        took_s[action] = time.monotonic() - began

    with live("--virtual-camera", arguments.output, "--always-on", background="blur:5") as running:
        opened(running, "/dev/video0")
        reader = frames(arguments.output)
        began = last = time.monotonic()
        worst, plugged_in = 0.0, 0.0
        steps = [(4.0, "unbind"), (10.0, "bind"), (20.0, "")]
        while steps:
            picture = next(reader)
            now = time.monotonic()
            if now - began > 2:
                worst = max(worst, now - last)
            last = now
            if now - began > steps[0][0]:
                _, action = steps.pop(0)
                if action:  # in another thread: the driver may wait for whoever has the device open
                    threading.Thread(target=tell_driver, args=(action,)).start()
                if action == "bind":
                    plugged_in = time.monotonic()
            if plugged_in and running.holds("/dev/video0"):
                yield "camera open again after it was plugged in", f"{time.monotonic() - plugged_in:.1f} s"
                plugged_in = 0.0
        assert not plugged_in, "the camera was not opened again"
        yield "the driver took, to let go and to take back", " and ".join(f"{s * 1000:.0f} ms" for s in took_s.values())
        yield "longest time without a frame for the reader, 2 s before to 10 s after", f"{worst * 1000:.0f} ms"
        yield "the picture then", "moves" if moves(reader) else "stands still"
        reader.close()
        del picture
        yield "streammatte said", running.end().strip().splitlines()[-1]


def jpeg(arguments: argparse.Namespace) -> Iterator[tuple[str, str]]:
    """A camera that codes its pictures as Motion JPEG, as webcams do from 720 lines on."""
    command = ["ffmpeg", "-v", "error", "-re", "-stream_loop", "-1", "-i", str(SAMPLE), "-vf", "scale=1280:720"]
    command += ["-r", "30", "-c:v", "mjpeg", "-q:v", "4", "-pix_fmt", "yuvj422p", "-f", "v4l2", arguments.jpeg]
    with subprocess.Popen(command) as camera:
        try:
            options = ("--camera", arguments.jpeg, "--virtual-camera", arguments.output, "--always-on")
            time.sleep(2)
            with live(*options) as running:
                reader = frames(arguments.output)
                until(lambda: near(top(next(reader)), GREEN), 30, "green")
                picture = next(reader)
                assert near(top(picture), GREEN)
                assert not near(picture[360, 640], GREEN), "there is nobody in the picture"
                time.sleep(5)
                reader.close()
                said = running.end().strip().splitlines()
            (got,) = [line for line in said if "mjpeg" in line]
            yield "streammatte got", got
            yield "size of the virtual camera", f"{picture.shape[1]}x{picture.shape[0]}"
            yield "streammatte said", said[-1]
        finally:
            camera.kill()


def silent(arguments: argparse.Namespace) -> Iterator[tuple[str, str]]:
    """A camera that stops giving pictures, and goes on after a while."""
    command = ["ffmpeg", "-v", "error", "-re", "-stream_loop", "-1", "-i", str(SAMPLE), "-vf", "scale=640:360"]
    with subprocess.Popen([*command, "-r", "30", "-pix_fmt", "yuyv422", "-f", "v4l2", arguments.jpeg]) as camera:
        try:
            time.sleep(2)
            options = ("--camera", arguments.jpeg, "--virtual-camera", arguments.output, "--always-on")
            with live(*options) as running:
                reader = frames(arguments.output)
                until(lambda: near(top(next(reader)), GREEN), 30, "green")
                camera.send_signal(signal.SIGSTOP)
                began = last = time.monotonic()
                worst = 0.0
                while last - began < 15:
                    next(reader)
                    worst, last = max(worst, time.monotonic() - last), time.monotonic()
                yield (
                    "longest time without a frame for the reader, in 15 s of silence",
                    f"{worst * 1000:.0f} ms",
                )
                camera.send_signal(signal.SIGCONT)
                back = until(lambda: moves(reader, 5), 20, "the picture moves again")
                yield "from its next picture to one that moves", f"{back:.1f} s"
                reader.close()
                yield "streammatte said", running.end().strip().splitlines()[-1]
        finally:
            camera.kill()


def preview(arguments: argparse.Namespace) -> Iterator[tuple[str, str]]:
    """The window, and keys pressed in it."""
    with Window() as window:
        options = ("--camera", "sample", "--preview", "--bg", "#0000ff")
        with live(*options, env={"DISPLAY": window.display}) as running:
            until(lambda: near(window.corner(), GREEN), 60, "a window with green in its corner")
            yield "corner in the window", str(window.corner())
            window.press("n")
            until(lambda: near(window.corner(), (0, 0, 255)), 20, "the next background, after n")
            window.press("a")
            until(lambda: near(window.corner(), (0, 0, 0)), 20, "the alpha, after a")
            yield "keys n and a in the window", "next background, alpha"
            window.press("q")
            running.process.wait(20)
            said = running.end()
            assert not any("Qt" in line or "QFont" in line for line in said.splitlines()), said
            yield "streammatte said, after q", said.strip().splitlines()[-1]


SCENES: dict[str, Callable[[argparse.Namespace], Iterator[tuple[str, str]]]] = {
    "call-first": lambda arguments: call(arguments, before=True),
    "call-later": lambda arguments: call(arguments, before=False),
    "again": again,
    "idle": idle,
    "unplug": unplug,
    "jpeg": jpeg,
    "silent": silent,
    "preview": preview,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scenes", nargs="*", metavar="SCENE", help=f"all by default; {', '.join(SCENES)}")
    parser.add_argument("--webcam", default=os.environ.get("STREAMMATTE_WEBCAM", "/dev/video0"))
    parser.add_argument("--output", default=os.environ.get("STREAMMATTE_OUTPUT", "/dev/video10"))
    parser.add_argument("--jpeg", default="/dev/video11", help="a second v4l2loopback, for the scenes jpeg and silent")
    parser.add_argument("--name", default="streammatte", help="the virtual camera's label")
    arguments = parser.parse_args()
    if not SCENES.keys() >= set(arguments.scenes):
        parser.error(f"there are the scenes {', '.join(SCENES)}")
    print("| scene | what | measured |\n|---|---|---|")
    for name in arguments.scenes or SCENES:
        for what, figure in SCENES[name](arguments):
            print(f"| {name} | {what} | {figure} |", flush=True)


if __name__ == "__main__":
    main()
