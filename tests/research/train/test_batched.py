from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from streammatte.research.train.batched.faults import block_coded, filtered, gaussian
from streammatte.research.train.batched.packing import Packed
from streammatte.research.train.batched.renderer import Renderer
from streammatte.research.train.batched.stacking import stacked
from streammatte.research.train.batched.stacks import Stack, Stacks
from streammatte.research.train.batches import StageSheets
from streammatte.research.train.composer import rendered
from streammatte.research.train.config import Stage
from streammatte.research.train.data import Person, TrainingSet, load_training_set
from streammatte.research.train.geometry import REACH, Shown
from streammatte.research.train.looks import Look, drawn_look, looked_at, second_look
from streammatte.research.train.mix import Hardness, Mix
from streammatte.research.train.plan import Photo, Planner, Room, Scene

CPU = torch.device("cpu")
STILL = Mix.still()


@pytest.fixture(scope="module")
def training_set(packs: Path, tmp_path_factory: pytest.TempPathFactory) -> TrainingSet:
    return load_training_set(packs, tmp_path_factory.mktemp("cache"), 96)


@pytest.fixture(scope="module")
def photographed() -> TrainingSet:
    """Busts and rooms, all of smooth colours, which a shift by a pixel spares."""
    y, x = np.mgrid[:96, :96]
    people = []
    for seed in range(4):
        head, body = np.hypot(x - 48, y - 30) - 16, np.hypot((x - 48) / 1.4, y - 80) - 30
        alpha = np.rint(np.clip(2 - np.minimum(head, body), 0, 4) / 4 * 255).astype(np.uint8)
        foreground, room = smooth(96, 96, seed), smooth(96, 96, seed + 10)
        photo = np.rint(room + alpha[..., None] / 255.0 * (foreground.astype(float) - room)).astype(np.uint8)
        people.append((Person.of(str(seed), photo, alpha, foreground),))
    return TrainingSet(tuple(people), tuple(smooth(72, 96, seed + 20) for seed in range(3)))


def smooth(height: int, width: int, seed: int = 0) -> NDArray[np.uint8]:
    noise = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    return np.asarray(cv2.normalize(cv2.GaussianBlur(noise, (0, 0), 2), None, 0, 255, cv2.NORM_MINMAX), np.uint8)


def levels(pictures: torch.Tensor) -> NDArray[np.float32]:
    """(N, C, H, W) in [0, 1] to (N, H, W, C) in [0, 255]."""
    return pictures.float().permute(0, 2, 3, 1).numpy() * 255


@pytest.mark.parametrize(("reflect", "border"), [(True, cv2.BORDER_REFLECT), (False, cv2.BORDER_REPLICATE)])
def test_pictures_are_sampled_as_opencv_does(reflect: bool, border: int) -> None:
    pictures = [smooth(60, 90), smooth(96, 50, 1)]
    stack = Stack.of(pictures, 96, CPU)
    y, x = np.mgrid[:40, :64].astype(np.float32)
    where = np.stack([1.1 * x - 0.3 * y - 6.5, 0.2 * x + 1.2 * y - 5.25], axis=-1)
    found = levels(
        stack.sample(torch.tensor([1, 0]), torch.from_numpy(where)[None].repeat(2, 1, 1, 1), reflect=reflect)
    )
    for got, picture in zip(found, pictures[::-1], strict=True):
        wanted = cv2.remap(picture, where[..., 0], where[..., 1], cv2.INTER_LINEAR, borderMode=border)
        assert np.abs(got - wanted).max() < 4  # OpenCV's coordinates have five bits behind the point


def test_a_small_copy_is_a_mean_of_what_it_leaves_out() -> None:
    """Every second pixel of a fine pattern, sampled at half the size, is its grey and not its black."""
    pattern = np.zeros((96, 96), np.uint8)
    pattern[:, ::2] = 200
    y, x = np.mgrid[:48, :48].astype(np.float32)
    where = torch.from_numpy(np.stack([2 * x + 0.5, 2 * y + 0.5], axis=-1))[None]
    found = Stack.of([pattern], 96, CPU).sample(torch.tensor([0]), where, reflect=True)
    assert torch.allclose(found.float(), torch.tensor(100 / 255), atol=1e-3)


def test_blurs_are_opencv_s() -> None:
    pictures = np.stack([smooth(64, 96), smooth(64, 96, 1)]).astype(np.float32)
    image = torch.from_numpy(pictures).permute(0, 3, 1, 2)
    kernel = np.random.default_rng(2).random((2, 5, 7)).astype(np.float32)
    for got, picture, sigma in zip(
        levels(gaussian(image, torch.tensor((1.5, 6.0)))), pictures, (1.5, 6.0), strict=True
    ):
        wanted = cv2.GaussianBlur(picture, (61, 61), sigma, borderType=cv2.BORDER_REFLECT_101)
        assert np.abs(got / 255 - wanted).max() < 0.05
    for got, picture, own in zip(levels(filtered(image, torch.from_numpy(kernel))), pictures, kernel, strict=True):
        wanted = cv2.filter2D(picture, -1, own, borderType=cv2.BORDER_REFLECT_101)
        assert np.abs(got / 255 - wanted).max() < 0.05


@pytest.mark.parametrize("quality", [15, 50, 85])
def test_jpeg_is_libjpeg_s(quality: int) -> None:
    picture = smooth(96, 128)
    data = cv2.imencode(".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    wanted = cv2.imdecode(data, cv2.IMREAD_COLOR)[..., ::-1].astype(np.float32)
    image = torch.from_numpy(picture).permute(2, 0, 1)[None].float() / 255
    (got,) = levels(block_coded(image, torch.tensor([float(quality)]), jpeg=True))
    lost = np.abs(wanted - picture).mean()
    assert np.abs(got - wanted).mean() < 0.35 * lost
    assert np.abs(got - picture).mean() == pytest.approx(lost, rel=0.1)


def test_coarser_quantisers_lose_more() -> None:
    image = torch.from_numpy(smooth(96, 128)).permute(2, 0, 1)[None].float() / 255
    lost = [(block_coded(image, torch.tensor([q]), jpeg=False) - image).abs().mean().item() for q in (10.0, 28.0, 40.0)]
    assert lost[0] < 0.02 < lost[2]
    assert lost == sorted(lost)


def render(scenes: list[Scene], training_set: TrainingSet, looks: Sequence[Look] = ()) -> tuple[torch.Tensor, ...]:
    return Renderer(Stacks.of(training_set, 96, CPU)).render(Packed.of(stacked(scenes, training_set, looks)))


def scenes_of(mix: Mix, training_set: TrainingSet, count: int, size: tuple[int, int] = (96, 64)) -> list[Scene]:
    planner, rng = Planner(training_set, mix, Hardness.equal(training_set)), np.random.default_rng(0)
    return [planner.draw(rng, *size) for _ in range(count)]


ALL = {
    **dict.fromkeys(vars(STILL), 0.5),
    "nobody": 0.2,
    "own_background": 0.3,
    # what one renderer makes otherwise than the other: its own noise, blocks for H.264, sleeves of the old clothes;
    # and random filters, which make much of a little
    **dict.fromkeys(
        ("noise", "low_light", "video_compression", "low_resolution", "jpeg", "other_clothes", "strange"), 0.0
    ),
}


@pytest.mark.parametrize(
    "odds",
    [
        {},
        {"own_background": 1.0, "relit": 1.0},
        {"alike": 1.0},
        {"shadow": 1.0},
        {"other_clothes": 1.0},
        {"bent": 1.0},
        {"two_people": 1.0},
        {"arms": 1.0, "near_hand": 1.0, "headphones": 1.0},
        {"nobody": 0.5, "clutter": 1.0, "poster": 0.5, "plain": 0.5},
        {"nobody": 0.3, "own_background": 0.3, "screen": 1.0},
        {"occluder": 1.0},
        {"strange": 1.0},
        {"blur_background": 1.0},
        {"motion_blur": 1.0, "uneven_light": 1.0, "grey": 0.5},
        ALL,
    ],
    ids=lambda odds: " ".join(odds) if len(odds) < 9 else "all",
)
def test_both_renderers_make_the_same_of_a_plan(odds: dict[str, float], photographed: TrainingSet) -> None:
    scenes = scenes_of(Mix.still(**odds), photographed, 24, (128, 96))
    pictures, alphas = render(scenes, photographed)
    found, found_alpha, own = [], [], []
    for got, alpha, scene in zip(levels(pictures), alphas[:, 0].numpy(), scenes, strict=True):
        wanted, wanted_alpha = rendered(scene, photographed)
        found_alpha.append(np.abs(alpha - wanted_alpha).mean())
        found.append(np.abs(got - wanted).mean())
        own.append(wanted.std())
    assert max(found) < 12
    assert np.mean(found) < 4
    assert max(found_alpha) < 0.1  # masks are drawn at a quarter of the size by one of them
    assert np.mean(found_alpha) < 0.02
    assert np.mean(own) > 15  # there is something to see


def test_two_looks_are_those_of_the_other_renderer(training_set: TrainingSet) -> None:
    scenes, rng = scenes_of(STILL, training_set, 6), np.random.default_rng(1)
    firsts = [replace(drawn_look(rng, 96, 64), noise=0.0) for _ in scenes]
    looks = firsts + [replace(second_look(rng, first, 96, 64), noise=0.0) for first in firsts]
    pictures, alphas = render(scenes, training_set, looks)
    for got, alpha, look, scene in zip(levels(pictures), levels(alphas)[..., 0], looks, scenes * 2, strict=True):
        picture, matte = rendered(scene, training_set)
        wanted, wanted_alpha = looked_at(look, picture, np.rint(matte * 255).astype(np.uint8))
        assert np.abs(got - wanted).mean() < 3
        assert np.abs(alpha - wanted_alpha).mean() < 3


def test_noise_is_as_strong_as_planned(training_set: TrainingSet) -> None:
    (scene,) = scenes_of(STILL, training_set, 1)
    sensor = replace(scene.sensor, noise=8.0, coarse=False)
    noisy, _ = render([replace(scene, sensor=sensor)], training_set)
    plain, _ = render([scene], training_set)
    assert (levels(noisy) - levels(plain)).std() == pytest.approx(8, rel=0.1)


def test_every_fault_at_once_leaves_pictures(training_set: TrainingSet) -> None:
    everything = replace(Mix(**dict.fromkeys(vars(STILL), 1.0)), own_background=0.4, nobody=0.2)
    scenes = scenes_of(everything, training_set, 24)
    assert {type(scene.behind) for scene in scenes} == {Room, Photo}
    pictures, alpha = render(scenes, training_set)
    for values in (pictures, alpha):
        assert torch.isfinite(values).all()
        assert values.min() >= 0
        assert values.max() <= 1
    nobody = torch.tensor([isinstance(scene.behind, Room) and not scene.people for scene in scenes])
    assert (alpha[nobody] == 0).all()
    assert (alpha[~nobody].amax((1, 2, 3)) > 0.5).any()


def test_a_step_has_the_same_pictures_again_and_a_paired_one_two_looks(training_set: TrainingSet) -> None:
    stage = Stage("pairs", 3, 8, (64,), 96, 1e-3, trained="both", warmup=1, pairs=1.0)
    planner = Planner(training_set, Mix(), Hardness.equal(training_set))
    sheets = StageSheets(planner, training_set, stage, (0, 0, 0))
    renderer = Renderer(Stacks.of(training_set, 96, CPU))
    pictures, alpha = renderer.render(sheets[1])
    again, _ = renderer.render(sheets[1])
    assert torch.equal(pictures, again)
    assert len(pictures) == len(alpha) == 8
    assert (alpha[:4] - alpha[4:].flip(-1)).abs().mean() < 0.02
    single = StageSheets(planner, training_set, replace(stage, pairs=0.0), (0, 0, 0))[1]
    assert len(renderer.render(single)[0]) == 8


def test_a_bent_person_goes_on_a_little_beyond_their_photo_and_no_further(training_set: TrainingSet) -> None:
    """In either composer: all of the photo is person, and it covers the left sixth of the frame."""
    solid = np.full((96, 64), 255, np.uint8)
    someone = Person("p", smooth(96, 64), solid, smooth(96, 64), True, (0, 0, 64, 96), (True, True, True, True))
    frame, matrix = (192, 96), np.array([[1, 0, -32], [0, 1, 0]], np.float32)
    mix = Mix.still(bent=1.0)
    alone = TrainingSet(((someone,),), training_set.backgrounds)
    scenes = [
        replace(scene, people=tuple(replace(figure, shown=Shown(0, matrix)) for figure in scene.people))
        for scene in scenes_of(mix, alone, 4, frame)
    ]
    _, found = render(scenes, alone)
    shifts = 3 * 0.045 * 96
    for alpha in [*(rendered(scene, alone)[1] for scene in scenes), *found[:, 0].numpy()]:
        assert (alpha[20:-20, :24] == 1).all()
        assert (alpha[:, int(32 + REACH * 96 + shifts) :] == 0).all()
