from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

import streammatte
from streammatte.compositing.frames import Alpha, Frame, Rgb
from streammatte.errors import DeviceError, MediaError, ShapeError, UsageError, WeightsError
from streammatte.matting.engines import OpenVinoEngine, open_engine
from streammatte.matting.matter import NetworkMatter, Quality, fit, load, shipped_weights

WIDE, TALL, LARGE = (512, 288), (288, 512), (704, 384)


@pytest.fixture(scope="module")
def picture() -> Rgb:
    """The first frame of the sample: a woman in the middle, background in the upper corners."""
    source = streammatte.open_source("sample")
    frame = next(iter(source))
    source.close()
    return frame.rgb


@pytest.mark.parametrize(
    ("size", "fitted", "padded"),
    [
        ((1920, 1080), (683, 384), (704, 384)),
        ((1080, 1920), (384, 683), (384, 704)),
        ((640, 360), (683, 384), (704, 384)),
        ((640, 480), (591, 443), (608, 448)),
        ((700, 700), (512, 512), (512, 512)),
        ((1, 1), (512, 512), (512, 512)),
        ((4000, 3), (2048, 2), (2048, 32)),
    ],
)
@pytest.mark.parametrize("quality", ["normal", "best"])
def test_a_frame_has_the_area_of_the_box_at_any_aspect(
    size: tuple[int, int], fitted: tuple[int, int], padded: tuple[int, int], quality: Quality
) -> None:
    assert fit(size, quality) == (fitted, padded)


@pytest.mark.parametrize(
    ("size", "fitted", "padded"),
    [
        ((1920, 1080), (512, 288), (512, 288)),
        ((1080, 1920), (288, 512), (288, 512)),
        ((640, 480), (512, 384), (512, 384)),
        ((512, 512), (512, 512), (512, 512)),
        ((1280, 718), (512, 287), (512, 288)),
        ((1000, 3), (512, 2), (512, 32)),
        ((1, 1), (512, 512), (512, 512)),
    ],
)
def test_a_frame_is_fitted_into_the_box_with_its_aspect_kept(
    size: tuple[int, int], fitted: tuple[int, int], padded: tuple[int, int]
) -> None:
    assert fit(size, "fast") == (fitted, padded)
    if min(size) > 10:
        assert fitted[0] / fitted[1] == pytest.approx(size[0] / size[1], rel=0.005)


@pytest.mark.parametrize("size", [WIDE, TALL, LARGE])
def test_engines_agree_on_the_shipped_weights(size: tuple[int, int]) -> None:
    image = np.random.default_rng(0).integers(0, 256, (size[1], size[0], 3), np.uint8)
    expected = open_engine(shipped_weights(), "torch", "cpu").run(image)
    assert expected.shape == (size[1], size[0])
    others = [open_engine(shipped_weights(), "onnxruntime")]
    if importlib.util.find_spec("openvino"):
        others.append(OpenVinoEngine(shipped_weights(), 1))
    for engine in others:
        assert np.abs(engine.run(image) - expected).max() <= 1e-3, engine.name


@pytest.mark.parametrize("size", [(640, 480), (37, 91), (1, 1), (300, 7)])
def test_alpha_has_the_picture_s_size(size: tuple[int, int], picture: Rgb) -> None:
    alpha = load().matte(np.ascontiguousarray(picture[: size[1], : size[0]]))
    assert alpha.shape == (size[1], size[0])
    assert alpha.dtype == np.float32
    assert alpha.min() >= 0
    assert alpha.max() <= 1


def test_the_shipped_network_finds_the_person(picture: Rgb) -> None:
    matter = load()
    assert (matter.engine, matter.device) == ("onnxruntime", "cpu")
    alpha = matter.matte(picture)
    height, width = alpha.shape
    assert alpha[height // 2, width // 2 - 20 : width // 2 + 20].mean() > 0.9
    assert alpha.mean() < 0.9


class Seen:
    """A network that takes for foreground what is brighter towards the right; keeps what it was shown."""

    name = device = "double"

    def __init__(self) -> None:
        self.pictures: list[Rgb] = []

    def run(self, rgb: Rgb) -> Alpha:
        self.pictures.append(rgb)
        ramp = np.linspace(0, 1, rgb.shape[1], dtype=np.float32)
        return np.asarray(rgb[..., 0] / np.float32(255) * ramp, np.float32)


def test_the_best_is_the_mean_of_the_picture_and_its_mirror_image(picture: Rgb) -> None:
    engine = Seen()
    alpha = NetworkMatter(engine, "best").matte(Frame(picture))
    height, width = alpha.shape
    seen, mirrored = engine.pictures
    assert seen.shape == mirrored.shape == (448, 608, 3)
    np.testing.assert_array_equal(mirrored[:height, :width], np.fliplr(seen[:height, :width]))
    found = [np.clip((engine.run(each)[:height, :width] - 0.03) / 0.94, 0, 1) for each in (seen, mirrored)]
    np.testing.assert_allclose(alpha, (found[0] + np.fliplr(found[1])) / 2, atol=1e-6)


@pytest.mark.parametrize(("quality", "size"), [("fast", (512, 288)), ("normal", (640, 360)), ("best", (640, 360))])
def test_alpha_of_a_frame_is_as_large_as_what_was_seen_but_no_larger_than_the_frame(
    quality: Quality, size: tuple[int, int], picture: Rgb
) -> None:
    frame = Frame(np.ascontiguousarray(picture[60:420]))
    alpha = load(quality=quality).matte(frame)
    assert (alpha.shape[1], alpha.shape[0]) == size
    whole = load(quality=quality).matte(frame.rgb)
    assert whole.shape == (360, 640)
    assert np.abs(whole - cv2.resize(alpha, (640, 360))).mean() < 0.01


def test_other_arrays_are_refused() -> None:
    matter = load()
    arrays = [np.zeros((8, 8), np.uint8), np.zeros((8, 8, 4), np.uint8), np.zeros((8, 8, 3), np.float32)]
    empty = [np.zeros((0, 0, 3), np.uint8), np.zeros((0, 8, 3), np.uint8)]
    for wrong in (*arrays, *empty, "picture"):
        with pytest.raises(ShapeError, match="expected an array"):
            matter.matte(wrong)  # type: ignore[arg-type]


def test_what_cannot_be_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="no weights at"):
        load(tmp_path / "none.safetensors")
    with pytest.raises(UsageError, match=r"no quality 'superb'.*fast, normal, best"):
        load(quality="superb")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="threads is 0"):
        load(threads=0)
    with pytest.raises(UsageError, match="--engine torch"):
        load(engine="onnxruntime", device="cuda")
    (tmp_path / "w.safetensors").write_bytes(b"x")
    with pytest.raises(WeightsError, match="streammatte export"):
        load(tmp_path / "w.safetensors")
    (tmp_path / "w.onnx").write_bytes(b"x")
    with pytest.raises(WeightsError, match="cannot read"):
        load(tmp_path / "w.safetensors")


def test_a_missing_device_is_named() -> None:
    from streammatte.matting.engines import torch_devices

    for device in {"cuda", "mps"} - set(torch_devices()):
        with pytest.raises(DeviceError, match=device):
            load(device=device)  # type: ignore[arg-type]


def test_a_matter_is_a_matter() -> None:
    assert isinstance(NetworkMatter(open_engine(shipped_weights())), streammatte.Matter)


def test_onnxruntime_keeps_no_record_for_its_makers(tmp_path: Path) -> None:
    """From 1.29 on it would note the networks that it reads in the user's cache, and send that."""
    told = {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path), "LOCALAPPDATA": str(tmp_path)}
    environment = {name: value for name, value in os.environ.items() if name not in ("CI", "ORT_DISABLE_TELEMETRY")}
    program = "import streammatte; print(streammatte.load(engine='onnxruntime').engine)"
    result = subprocess.run([sys.executable, "-c", program], env=environment | told, capture_output=True, text=True)
    assert result.stdout == "onnxruntime\n", result.stderr
    assert list(tmp_path.rglob("*")) == []
