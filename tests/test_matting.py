from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest

import streammatte
from streammatte.engines import OpenVinoEngine, open_engine
from streammatte.errors import DeviceError, MediaError, ShapeError, UsageError, WeightsError
from streammatte.frames import Rgb
from streammatte.matting import NetworkMatter, fit, load, shipped_weights

WIDE, TALL = (512, 288), (288, 512)


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
        ((1920, 1080), (512, 288), (512, 288)),
        ((1080, 1920), (288, 512), (288, 512)),
        ((640, 480), (512, 384), (512, 384)),
        ((512, 512), (512, 512), (512, 512)),
        ((1280, 718), (512, 287), (512, 288)),
        ((1000, 3), (512, 2), (512, 32)),
        ((1, 1), (512, 512), (512, 512)),
    ],
)
def test_a_frame_is_fitted_with_its_aspect_kept(
    size: tuple[int, int], fitted: tuple[int, int], padded: tuple[int, int]
) -> None:
    assert fit(size) == (fitted, padded)
    if min(size) > 10:
        assert fitted[0] / fitted[1] == pytest.approx(size[0] / size[1], rel=0.005)


@pytest.mark.parametrize("size", [WIDE, TALL])
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
    from streammatte.engines import torch_devices

    for device in {"cuda", "mps"} - set(torch_devices()):
        with pytest.raises(DeviceError, match=device):
            load(device=device)  # type: ignore[arg-type]


def test_a_matter_is_a_matter() -> None:
    assert isinstance(NetworkMatter(open_engine(shipped_weights())), streammatte.Matter)
