from __future__ import annotations

import subprocess
from fractions import Fraction
from pathlib import Path

import av
import click.testing
import numpy as np
import pytest

from streammatte.cli import cli
from streammatte.matting.matter import fit

SIZE = 96, 64
RATE = 25


class Bright:
    """Takes for foreground what is bright; stands in for the network, whose weights these tests do not need."""

    engine, device = "double", "nothing"

    def matte(self, frame):
        return (frame.rgb.mean(axis=2) > 127).astype(np.float32)

    def fit(self, size):
        return fit(size)

    def bring(self, frame):
        pass

    def reset(self):
        pass


@pytest.fixture
def loaded(monkeypatch):
    """The arguments of every load of the network, which a double takes the place of."""
    calls = []

    def load(weights: Path | None = None, *, quality="", engine="", device="", threads: int = 0):
        calls.append({"weights": weights, "quality": quality, "engine": engine, "device": device, "threads": threads})
        return Bright()

    monkeypatch.setattr("streammatte.matting.matter.load", load)
    return calls


@pytest.fixture
def streammatte(loaded):
    """Run the command line in this process."""
    runner = click.testing.CliRunner()

    def invoke(*arguments, answers=""):
        result = runner.invoke(cli, [str(each) for each in arguments], input=answers)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return invoke


@pytest.fixture
def make_clip():
    """Write a clip: a white disc that walks over a dark blue ground, with a tone."""

    def make(path, frames=12, *, video=True, audio=True):
        with av.open(path, "w") as container:
            picture = container.add_stream("libx264", RATE, options={"crf": "10"}) if video else None
            tone = container.add_stream("aac", 48_000, layout="mono") if audio else None
            if picture:
                picture.width, picture.height, picture.pix_fmt = *SIZE, "yuv420p"
                for index in range(frames):
                    frame = av.VideoFrame.from_ndarray(disc(20 + 2 * index))
                    frame.pts, frame.time_base = index, Fraction(1, RATE)
                    container.mux(picture.encode(frame))
                container.mux(picture.encode(None))
            if tone:
                sound = av.AudioFrame.from_ndarray(np.zeros((1, 1024 * 12), np.float32), "fltp", "mono")
                sound.sample_rate = 48_000
                container.mux(tone.encode(sound))
                container.mux(tone.encode(None))
        return path

    return make


@pytest.fixture
def clip(make_clip, tmp_path):
    return make_clip(tmp_path / "clip.mp4")


def disc(x):
    rows, columns = np.ogrid[: SIZE[1], : SIZE[0]]
    inside = (rows - 32) ** 2 + (columns - x) ** 2 < 15**2
    return np.where(inside[..., None], np.uint8(255), np.array([10, 20, 80], np.uint8))


@pytest.fixture
def pictures():
    """Read all frames of a file, (N, H, W, 3)."""

    def read(path):
        with av.open(path) as container:
            return np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)])

    return read


CONFIG = """\
# What I always want.
[webcam]
fps = 24
filter = ["blur:20"]

[profile.office.webcam]
bg = "white"   # as the wall
size = "640x360"
preview = true

# Upstairs.
[profile.home.webcam]
bg = "black"
"""


@pytest.fixture
def usual():
    """A config file with comments, a default and profiles."""
    return CONFIG


@pytest.fixture
def config(config_path):
    """Write the config file."""

    def write(text):
        config_path.parent.mkdir(parents=True, exist_ok=True)
        config_path.write_text(text, encoding="utf-8")
        return config_path

    return write


@pytest.fixture
def webcam(streammatte, monkeypatch):
    """Run `streammatte webcam`; returns its result and the options that reach it."""
    command = cli.get_command(None, "webcam")

    def invoke(*arguments):
        seen = {}
        monkeypatch.setattr(command, "callback", lambda **options: seen.update(options))
        return streammatte("webcam", *arguments), seen

    return invoke


@pytest.fixture
def start():
    """Start programs, and end at last what still runs."""
    running = []

    def start(*command, **pipes):
        running.append(subprocess.Popen([*map(str, command)], stderr=subprocess.PIPE, **pipes))
        return running[-1]

    yield start
    for process in running:
        process.kill()
        process.communicate()


@pytest.fixture
def ffmpeg(start):
    def ffmpeg(*arguments, **pipes):
        return start("ffmpeg", "-v", "error", "-y", *arguments, **pipes)

    return ffmpeg
