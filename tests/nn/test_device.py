"""What is made on a device, against the same made in main memory; on the CPU, and on a GPU where there is one."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from itertools import islice

import cv2
import numpy as np
import pytest
import torch

from streammatte import ArraySource, Backdrop, Frame, Layers, ListSink, MotionSmoother, NetworkMatter, open_source, run
from streammatte.compositing.planes import Planes, planes_of
from streammatte.io.paint import TRANSPARENT_PAINTS
from streammatte.matting.engines import open_torch, torch_devices
from streammatte.matting.matter import fit, shipped_weights
from streammatte.nn.device import DevicePlanes
from streammatte.nn.folding import folded
from streammatte.nn.network import MattingNetwork
from streammatte.nn.weights import load_network
from streammatte.plugins.background import Background

pytestmark = pytest.mark.parametrize("device", [name for name in torch_devices() if name in ("cpu", "cuda")])

SIZE = 256, 192


def picture(seed, size=SIZE):
    coarse = np.random.default_rng(seed).integers(0, 256, (size[1] // 8, size[0] // 8, 3), np.uint8)
    return cv2.resize(coarse, size, interpolation=cv2.INTER_CUBIC)


def planar(seed=1, size=SIZE, full_range=False):
    rgb = picture(seed, size)
    return Planes(*planes_of(rgb, size, 6, full_range), 6, full_range, lambda _: rgb)


def disc(size):
    alpha = np.zeros((size[1], size[0]), np.float32)
    cv2.circle(alpha, (size[0] // 2, size[1]), size[1] * 2 // 3, 1.0, -1)
    return cv2.GaussianBlur(alpha, (0, 0), 2.0)


def both(device, small, planes):
    """The same layers here and on the device."""
    there = replace(planes)
    there.join(partial(DevicePlanes, device=device))
    return Layers.of(Frame(planes), small), Layers.of(Frame(there), small)


def differences(picture, other):
    return [np.abs(getattr(picture, name).astype(int) - getattr(other, name)).max() for name in "yuv"]


BACKGROUNDS = {
    "own": lambda layers: layers,
    "none": lambda layers: layers.with_background(None),
    "colour": lambda layers: layers.with_background(Backdrop(np.full((1, 1, 3), (0, 177, 64), np.uint8), SIZE)),
    "picture": lambda layers: layers.with_background(Backdrop(picture(2))),
    "picture mirrored": lambda layers: layers.with_background(Backdrop(picture(2)[:, ::-1])),
    "array": lambda layers: layers.with_background(picture(2)),
    "blur": lambda layers: Background.parse("blur").filters(decontaminate=False)[0](layers),
}


@pytest.mark.parametrize("decontaminated", [False, True])
@pytest.mark.parametrize("background", BACKGROUNDS)
# OpenCV takes alpha at 32nds of a pixel, which half the frame's size hits.
@pytest.mark.parametrize(("small", "levels"), [((128, 96), 1), ((100, 75), 3)])
def test_composites_are_those_of_main_memory(device, background, decontaminated, small, levels):
    composites = []
    for layers in both(device, disc(small), planar()):
        edited = BACKGROUNDS[background](layers.decontaminated() if decontaminated else layers)
        composites.append(edited.composite.planes)
    here, there = composites
    blurred = background == "blur"  # made of a small picture, which differs itself by a level
    assert max(differences(here, there)) <= levels + blurred
    if background == "own" and not decontaminated:
        assert differences(here, there) == [0, 0, 0]
    else:
        assert max(differences(here, planar())) > 16  # so something was laid over something


def test_what_is_large_is_made_on_the_device_alone(device, monkeypatch):
    _, there = both(device, disc((128, 96)), planar())
    for work in ("layers.over_planes", "decontamination.own_colours", "refine._refined", "planes.reduced"):
        monkeypatch.setattr(f"streammatte.compositing.{work}", None)
    shown = there.decontaminated().with_background(Backdrop(picture(2)))
    assert shown.frame.at((64, 48)).shape == (48, 64, 3)
    assert {shown.composite.size, shown.foreground_planes.size, shown.levels.shape[::-1]} == {SIZE}


def test_without_filters_the_frame_comes_out_itself(device):
    _, there = both(device, disc((128, 96)), planar())
    assert there.composite is there.frame


def test_outside_the_soft_band_planes_are_copies(device):
    _, there = both(device, disc((128, 96)), planar())
    composite = BACKGROUNDS["colour"](there.decontaminated()).composite.planes
    behind = Backdrop(np.full((1, 1, 3), (0, 177, 64), np.uint8), SIZE).planes(planar())
    solid, clear = there.levels == 255, there.levels == 0
    assert min(solid.sum(), clear.sum()) > 1000
    np.testing.assert_array_equal(composite.y[solid], planar().y[solid])
    np.testing.assert_array_equal(composite.y[clear], behind[0][clear])


@pytest.mark.parametrize("kind", ["straight", "premultiplied"])
def test_cutouts_are_those_of_main_memory(device, kind):
    paint = TRANSPARENT_PAINTS[kind, "planes"]
    here, there = (paint(layers.decontaminated()) for layers in both(device, disc((128, 96)), planar()))
    seen = here.alpha > 8  # at the very border of the soft band, own colours begin or not
    assert np.abs(here.alpha.astype(int) - there.alpha).max() <= 1
    assert np.abs(here.y.astype(int) - there.y)[seen].max() <= 2
    assert np.abs(here.u.astype(int) - there.u)[seen[1::2, 1::2]].max() <= 2


def test_who_asks_for_arrays_gets_those_of_main_memory(device):
    here, there = both(device, disc((100, 75)), planar())
    np.testing.assert_array_equal(there.alpha, here.alpha)
    np.testing.assert_array_equal(there.decontaminated().foreground, here.decontaminated().foreground)
    assert np.abs(there.levels - 255 * here.alpha).max() <= 3.5
    edited = [each.with_alpha(each.alpha).with_background(None).composite.planes for each in (here, there)]
    assert differences(*edited) == [0, 0, 0]


@pytest.mark.parametrize("full_range", [False, True])
@pytest.mark.parametrize("size", [(64, 48), (200, 150), (256, 192), (99, 75)])
def test_smaller_pictures_are_those_of_main_memory(device, full_range, size):
    here = planar(full_range=full_range)
    there = DevicePlanes(here, device)
    assert np.abs(there.at(size).astype(int) - here.at(size)).max() <= 4  # two levels for each of U and V


def test_a_background_is_uploaded_once(device):
    backdrop = Backdrop(picture(2))
    first, second = (DevicePlanes(planar(seed), device) for seed in (1, 3))
    assert first.backdrop(backdrop) is second.backdrop(backdrop)


def matter_on(device, twin):
    """Planes have a twin on "cuda" by themselves, on the CPU for these tests alone."""
    engine = open_torch(shipped_weights(), device, 1)
    assert (engine.twin is None) == (device == "cpu")
    engine.twin = twin
    return NetworkMatter(engine)


def test_planes_go_to_the_device_once(device):
    matter = matter_on(device, partial(DevicePlanes, device=device))
    frame = Frame(planar())
    matter.matte(frame)
    twin = frame.planes.twin
    matter.bring(Frame(frame.planes, 7))
    assert twin is not None
    assert frame.planes.twin is twin


def sample(count):
    """The first frames of the sample, read anew."""
    with open_source("sample") as source:
        return list(islice(source, count))


@pytest.mark.parametrize("look", ["blur", "#00b140"])
def test_a_video_comes_out_as_from_main_memory(device, look):
    results = []
    for twin in (None, partial(DevicePlanes, device=device)):
        matter = matter_on(device if twin else "cpu", twin)
        sink = ListSink()
        filters = Background.parse(look).filters(decontaminate=True)
        run(ArraySource(sample(4)), matter, sink, smoother=MotionSmoother(), filters=filters)
        results.append([layers.composite for layers in sink.layers])
    for here, there in zip(*results, strict=True):
        assert (there.pts, there.time_base) == (here.pts, here.time_base)
        apart = np.abs(here.planes.y.astype(int) - there.planes.y)
        assert apart.mean() < 0.2
        assert (apart > 3).mean() < 1e-3


def test_half_precision_changes_alpha_by_less_than_can_be_seen(device):
    network = load_network(shipped_weights(), MattingNetwork)
    frame = sample(1)[0]
    rgb = torch.tensor(frame.at(fit(frame.size).padded), device=device)[None]
    with torch.inference_mode():
        whole, half = (folded(network).to(device, kind)(rgb).float() for kind in (torch.float32, torch.float16))
    apart = (whole - half).abs()
    assert apart.mean() < 1e-4
    assert apart.max() < 0.03
