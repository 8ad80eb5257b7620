"""Make the sample clip: a portrait filmed with a restless camera, in changing light, with a chime.

::

    pip install scikit-image
    python demos/make_sample.py streammatte/assets/sample.mp4

The portrait is NASA's photograph of the astronaut Eileen Collins, in the public domain, which comes with
scikit-image. The camera pans, zooms and rolls inside the photograph, so that no border shows. The person leans a
little against the background by a smooth warp, which invents no pixel. The noise is seeded: the same versions of the
packages make the same file.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray
from skimage.data import astronaut

Array = NDArray[np.float32]

WIDTH, HEIGHT = 640, 480
RATE = 25
SECONDS = 5
SAMPLE_RATE = 48_000
PERSON = (  # ellipses in the photograph: centre, radii in pixels
    ((226, 95), (80, 90)),
    ((212, 250), (110, 100)),
    ((210, 430), (190, 190)),
)


def nearness() -> Array:
    """How near each point of the photograph is to the camera, (512, 512) in [0, 1], from background to person."""
    near = np.zeros((512, 512), np.float32)
    for centre, radii in PERSON:
        cv2.ellipse(near, centre, radii, 0, 0, 360, 1.0, cv2.FILLED)
    return cv2.GaussianBlur(near, None, 22)


def handheld(t: float, reach: float, seed: int) -> Array:
    """A smooth wander (x, y) around zero, at most `reach` far, at `t` seconds: a few sines of unrelated speeds."""
    rng = np.random.default_rng(seed)
    speed, phase = rng.uniform(1.5, 9.0, (2, 4)), rng.uniform(0, 2 * np.pi, (2, 4))
    return (reach * np.sin(speed * t + phase).mean(axis=1)).astype(np.float32)


def view(t: float, near: Array) -> Array:
    """The point of the photograph that each pixel of the frame at `t` seconds shows, (HEIGHT, WIDTH, 2)."""
    turn = 2 * np.pi * t / SECONDS
    scale = (422 - 28 * np.cos(turn)) / WIDTH  # photograph pixels per frame pixel: a zoom out and in again
    roll = np.deg2rad(1.1) * np.sin(1.3 * turn)
    centre = np.array([244 + 14 * np.sin(turn), 11 + scale * HEIGHT / 2]) + handheld(t, 3.0, seed=1)
    x, y = np.meshgrid(np.arange(WIDTH) - (WIDTH - 1) / 2, np.arange(HEIGHT) - (HEIGHT - 1) / 2)
    cos, sin = scale * np.cos(roll), scale * np.sin(roll)
    points = np.stack([cos * x - sin * y + centre[0], sin * x + cos * y + centre[1]], axis=-1).astype(np.float32)
    lean = np.array([5 * np.sin(2 * turn), 1.5 * np.cos(3 * turn)], np.float32) + handheld(t, 2.0, seed=2)
    points -= lean * cv2.remap(near, points, None, cv2.INTER_LINEAR)[..., None]
    if points.min() < 0 or points.max() > 511:
        raise ValueError(f"the camera leaves the photograph at {t:.2f} s; expected a smaller movement")
    return points


def light(t: float) -> Array:
    """Gain of linear light at `t` seconds, (HEIGHT, WIDTH, 3): a warm lamp passes while daylight comes and goes."""
    x, y = np.meshgrid(np.linspace(-1, 1, WIDTH), np.linspace(-0.75, 0.75, HEIGHT))
    lamp = np.exp(-((x - 1.6 * np.cos(np.pi * t / SECONDS)) ** 2 + (y + 0.4) ** 2) / 0.9)
    daylight = 0.78 - 0.22 * np.sin(2 * np.pi * t / SECONDS)
    gain = daylight * np.array([0.97, 1.0, 1.04]) + 0.45 * lamp[..., None] * np.array([1.1, 1.0, 0.82])
    return gain.astype(np.float32)


def frames(seconds: float) -> Iterator[NDArray[np.uint8]]:
    """The pictures, (HEIGHT, WIDTH, 3) uint8, R,G,B."""
    rng = np.random.default_rng(0)
    photo = (astronaut() / 255.0).astype(np.float32) ** 2.2
    near = nearness()
    for index in range(round(seconds * RATE)):
        t = index / RATE
        scene = np.clip(cv2.remap(photo, view(t, near), None, cv2.INTER_CUBIC), 0, None) * light(t)
        noise = rng.standard_normal(scene.shape, np.float32)
        scene += noise * np.sqrt(1e-5 + 2e-4 * scene)  # read noise and shot noise
        yield np.rint(255 * np.clip(scene, 0, 1) ** (1 / 2.2)).astype(np.uint8)


def chime(seconds: float) -> NDArray[np.float32]:
    """A slow run of bell notes, (2, samples) in [-1, 1], left and right."""
    t = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    sound = np.zeros((2, t.size))
    notes = (523.25, 659.25, 783.99, 1046.5, 783.99, 880.0, 659.25, 523.25)
    for index, pitch in enumerate(notes):
        since = np.maximum(t - 0.1 - 0.55 * index, 0)  # seconds since the stroke
        bell = sum(np.sin(2 * np.pi * pitch * k * since) * np.exp(-2.2 * k * since) / k**1.5 for k in (1, 2, 3, 4.2))
        bell *= np.minimum(since / 0.004, 1)  # no click
        right = 0.5 + 0.3 * np.sin(index)
        sound += 0.16 * bell * np.array([[1 - right], [right]])
    return (sound * np.minimum((seconds - t) / 0.4, 1)).astype(np.float32)


def write(path: Path, seconds: float = SECONDS) -> None:
    """Write the clip: H.264 tagged BT.709, and AAC."""
    with av.open(path, "w", options={"movflags": "faststart"}) as container:
        # One thread, because the encoder's result depends on their number.
        options = {"crf": "24", "preset": "veryslow", "threads": "1"}
        video = container.add_stream("h264", rate=RATE, options=options)
        video.width, video.height, video.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        context = video.codec_context
        context.color_primaries = context.color_trc = context.colorspace = 1  # BT.709
        context.color_range = 1  # limited
        audio = container.add_stream("aac", rate=SAMPLE_RATE, layout="stereo", bit_rate=64_000)

        for index, picture in enumerate(frames(seconds)):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame = frame.reformat(format="yuv420p", dst_colorspace="ITU709", dst_color_range="MPEG")
            frame.pts, frame.time_base = index, Fraction(1, RATE)
            container.mux(video.encode(frame))
        container.mux(video.encode())

        samples = av.AudioFrame.from_ndarray(chime(seconds), format="fltp", layout="stereo")
        samples.sample_rate = SAMPLE_RATE
        container.mux(audio.encode(samples))
        container.mux(audio.encode())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("path", type=Path, help="the file to write, .mp4")
    write(parser.parse_args().path)
