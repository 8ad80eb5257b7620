from __future__ import annotations

import dataclasses
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from streammatte.research.train import colour
from streammatte.research.train.augment import Hardness, Mix
from streammatte.research.train.batched.faults import block_coded, filtered, gaussian
from streammatte.research.train.batched.plans import Planner
from streammatte.research.train.batched.renderer import Renderer, _recoloured, _strange, _toned, _with_extras
from streammatte.research.train.batched.stacks import Stack, Stacks
from streammatte.research.train.batches import StagePlans
from streammatte.research.train.config import Stage
from streammatte.research.train.data import Person, TrainingSet, load_training_set
from streammatte.research.train.extras import Extra, with_extra
from streammatte.research.train.geometry import REACH, cut_out

CPU = torch.device("cpu")
STILL = Mix.still()


@pytest.fixture(scope="module")
def training_set(packs: Path, tmp_path_factory: pytest.TempPathFactory) -> TrainingSet:
    return load_training_set(packs, tmp_path_factory.mktemp("cache"), 96)


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


def test_colours_are_those_of_the_other_composer() -> None:
    picture = smooth(48, 64)
    image = torch.from_numpy(picture).permute(2, 0, 1)[None] / 255
    for seed in range(5):
        matrices, gammas = colour.drawn_colours(np.random.default_rng(seed), 1)
        (got,) = levels(_recoloured(image, torch.from_numpy(matrices), torch.from_numpy(gammas)))
        wanted = colour.recoloured(np.random.default_rng(seed), picture)
        assert np.abs(got - wanted).max() < 6  # a table of 256 levels, steep near black
        assert np.abs(got - wanted).mean() < 1


def test_strange_textures_are_those_of_the_other_composer() -> None:
    picture = smooth(48, 64)
    image = torch.from_numpy(picture).permute(2, 0, 1)[None] / 255
    for seed in range(5):
        kernels, mixing, share = colour.drawn_filters(np.random.default_rng(seed))
        say = {
            "strange_filter": torch.from_numpy(kernels)[None],
            "strange_mixing": torch.from_numpy(mixing)[None],
            "strange_share": torch.tensor([share], dtype=torch.float32),
        }
        (got,) = levels(_strange(image, say))
        wanted = colour.strange(np.random.default_rng(seed), picture)
        assert np.abs(got - wanted).max() < 2
        assert np.abs(got - picture).mean() > 5


def test_tones_are_those_of_the_other_composer() -> None:
    picture, tone = smooth(48, 64), np.array((200, 40, 90), np.uint8)
    image = torch.from_numpy(picture).permute(2, 0, 1)[None].half() / 255
    for seed in range(5):
        share, contrast = (torch.from_numpy(x).float() for x in colour.drawn_tones(np.random.default_rng(seed), 1))
        (got,) = levels(_toned(image, torch.from_numpy(tone)[None] / 255, share, contrast))
        wanted = colour.toned(np.random.default_rng(seed), picture, tone)
        assert np.abs(got - wanted).max() < 2
        before, after = (np.abs(x.mean((0, 1)) - tone).mean() for x in (picture, wanted))
        assert after < 0.6 * before
        assert wanted.std((0, 1)).mean() < picture.std((0, 1)).mean()


def test_other_light_leaves_the_person_as_they_are(training_set: TrainingSet) -> None:
    photos = Mix.still(own_background=1.0, relit=1.0)
    plan = Planner(training_set, photos, Hardness.equal(training_set)).draw(np.random.default_rng(1), 96, 64, 3)
    renderer = Renderer(Stacks.of(training_set, 96, CPU))
    relit, alpha = renderer.render(plan)
    for key in ("relit_at", "relit_colour", "relit_gamma"):
        plan.choices[key] = plan.choices[key][:0]
    plain, _ = renderer.render(plan)
    difference = (relit - plain).abs().amax(1, keepdim=True)
    assert difference[alpha == 1].max() < 0.01
    assert difference[alpha == 0].mean() > 0.02


def test_a_composite_is_foreground_over_background(training_set: TrainingSet) -> None:
    plan = Planner(training_set, STILL, Hardness.equal(training_set)).draw(np.random.default_rng(3), 96, 64, 3)
    assert (plan.nobody, plan.composites, plan.photos) == (0, 3, 0)
    neutral = np.eye(3, 4)[None].repeat(3, axis=0)
    for name in ("background", "person"):
        plan.choices[f"{name}_colour"], plan.choices[f"{name}_gamma"] = neutral, np.ones(3)
    plan.choices["colour"], plan.choices["gamma"] = neutral, np.ones(3)
    pictures, alpha = Renderer(Stacks.of(training_set, 96, CPU)).render(plan)
    everybody = [person for group in training_set.people for person in group]
    for i in range(3):
        person = everybody[plan.choices["person"][i]]
        maps = [plan.choices[f"{name}_matrix"][i] for name in ("person", "background")]
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        front, a = (
            cv2.warpAffine(x, maps[0], (96, 64), flags=flags, borderMode=cv2.BORDER_REPLICATE)
            for x in (person.foreground, person.alpha)
        )
        room = training_set.backgrounds[plan.choices["background"][i]]
        behind = cv2.warpAffine(room, maps[1], (96, 64), flags=flags, borderMode=cv2.BORDER_REFLECT)
        share = a[..., None] / 255
        assert share.max() == 1
        assert np.abs(levels(alpha)[i] - a[..., None]).mean() < 1
        assert np.abs(levels(pictures)[i] - (share * front + (1 - share) * behind)).mean() < 3


def test_extras_are_those_of_the_other_composer() -> None:
    arm_alpha = np.zeros((32, 48), np.uint8)
    arm_alpha[8:20, 4:40] = 255
    arm_alpha = cv2.GaussianBlur(arm_alpha, (0, 0), 2)
    colours, alpha = smooth(64, 96), cv2.cvtColor(smooth(64, 96, 1), cv2.COLOR_RGB2GRAY)
    look = smooth(32, 48, 2)
    for behind in (False, True):
        say = {
            "extra0_at": torch.tensor([1]),
            "extra0_behind": torch.tensor([float(behind)]),
            "extra0_picture": torch.from_numpy(np.dstack([look, arm_alpha]))[None],
        }
        image = torch.from_numpy(colours).permute(2, 0, 1)[None].repeat(2, 1, 1, 1).half() / 255
        matte = torch.from_numpy(alpha)[None, None].repeat(2, 1, 1, 1).half() / 255
        _with_extras(image, matte, say, "extra0_")
        full = (cv2.resize(x, (96, 64), interpolation=cv2.INTER_LINEAR) for x in (look, arm_alpha))
        wanted, wanted_alpha = with_extra(Extra(*full, behind), colours, alpha.astype(np.float32) / 255)
        assert np.abs(levels(image)[1] - wanted).max() < 4
        assert np.abs(matte[1, 0].float().numpy() - wanted_alpha).max() < 0.01
        assert np.abs(levels(image)[0] - colours).max() < 1


def test_plain_things_are_those_of_the_other_composer(training_set: TrainingSet) -> None:
    mix = Mix.still(nobody=1.0, clutter=1.0, plain=1.0)
    plan = Planner(training_set, mix, Hardness.equal(training_set)).draw(np.random.default_rng(0), 96, 64, 3)
    plan.choices["clutter0_folds"][:], plan.choices["clutter0_planes"][:, 1] = 0, 255
    say = {key: torch.from_numpy(np.asarray(value)) for key, value in plan.choices.items()}
    mask, look = Renderer(Stacks.of(training_set, 96, CPU))._thing(say, plan, "clutter0_")
    assert look.shape == (3, 3, 64, 96)
    assert mask.shape == (3, 1, 64, 96)
    for got, small in zip(levels(look), plan.choices["clutter0_plain"], strict=True):
        assert np.abs(got - cv2.resize(small.transpose(1, 2, 0) * 255, (96, 64))).max() < 1


def test_posters_are_those_of_the_other_composer(training_set: TrainingSet) -> None:
    mix = Mix.still(nobody=1.0, clutter=1.0, poster=1.0)
    plan = Planner(training_set, mix, Hardness.equal(training_set)).draw(np.random.default_rng(0), 96, 64, 24)
    say = plan.choices
    at = say["clutter0_poster_at"]
    assert 2 <= len(at) < 24
    say["clutter0_colour"][:], say["clutter0_gamma"][:] = np.eye(3, 4), 1
    say["clutter0_folds"][:], say["clutter0_planes"][:, 1] = 0, 255
    renderer = Renderer(Stacks.of(training_set, 96, CPU))
    masks, looks = renderer._thing(
        {key: torch.from_numpy(np.asarray(value)) for key, value in say.items()}, plan, "clutter0_"
    )
    everybody = [person for group in training_set.people for person in group]
    for i, who, back in zip(at, say["clutter0_poster"], say["clutter0_poster_matrix"], strict=True):
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        wanted = cv2.warpAffine(everybody[who].photo, back, (96, 64), flags=flags, borderMode=cv2.BORDER_REFLECT)
        # what is much smaller than the photo comes from a copy of half the size
        assert np.abs(levels(looks)[i] - wanted).mean() < 6
        # the photo lies where the mask is
        inside = cv2.warpAffine(np.ones_like(everybody[who].alpha), back, (96, 64), flags=flags)
        assert inside[masks[i, 0].numpy() > 0.5].mean() > 0.9
    _, alpha = renderer.render(plan)
    assert not alpha.any()


def test_hands_near_the_lens_are_the_person_s(training_set: TrainingSet) -> None:
    mix = Mix.still(near_hand=1.0)
    plan = Planner(training_set, mix, Hardness.equal(training_set)).draw(np.random.default_rng(0), 96, 64, 6)
    assert plan.choices["extra0_at"].tolist() == list(range(6))
    _, alpha = Renderer(Stacks.of(training_set, 96, CPU)).render(plan)
    for found, drawn in zip(alpha[:, 0].numpy(), plan.choices["extra0_picture"][..., 3], strict=True):
        hand = cv2.resize(drawn, (96, 64), interpolation=cv2.INTER_LINEAR)
        assert (hand > 250).any()
        assert found[hand > 250].min() > 0.97


def test_every_fault_at_once_leaves_pictures(training_set: TrainingSet) -> None:
    everything = dataclasses.replace(Mix(**dict.fromkeys(vars(STILL), 1.0)), own_background=0.4, nobody=0.2)
    plan = Planner(training_set, everything, Hardness.equal(training_set)).draw(np.random.default_rng(0), 96, 64, 12, 2)
    assert min(plan.nobody, plan.composites, plan.photos) > 0
    pictures, alpha = Renderer(Stacks.of(training_set, 96, CPU)).render(plan)
    assert pictures.shape == (24, 3, 64, 96)
    assert torch.isfinite(pictures).all()
    assert pictures.min() >= 0
    assert pictures.max() <= 1
    assert torch.isfinite(alpha).all()
    assert alpha.min() >= 0
    assert alpha.max() <= 1
    assert (alpha[: plan.nobody] == 0).all()
    assert (alpha[plan.nobody : 12].amax((1, 2, 3)) > 0.5).any()


def test_pairs_differ_in_noise_alone_and_come_again(training_set: TrainingSet) -> None:
    noisy = Mix.still(noise=1.0)
    stage = Stage("pairs", 3, 8, (64,), 96, 1e-3, trained="both", warmup=1, pairs=1.0)
    plans = StagePlans(Planner(training_set, noisy, Hardness.equal(training_set)), stage, (0, 0, 0))
    renderer = Renderer(Stacks.of(training_set, 96, CPU))
    pictures, alpha = renderer.render(plans[1])
    again, _ = renderer.render(plans[1])
    other, _ = renderer.render(plans[2])
    assert torch.equal(pictures, again)
    assert other.shape != pictures.shape or not torch.equal(pictures, other)
    assert torch.equal(alpha[:4], alpha[4:])
    difference = (pictures[:4] - pictures[4:]).float()
    assert 0.001 < difference.abs().mean() < 0.1
    assert abs(difference.mean()) < 0.002


def test_a_bent_person_goes_on_a_little_beyond_their_photo_and_no_further(training_set: TrainingSet) -> None:
    """In either composer: all of the photo is person, and it covers the left sixth of the frame."""
    solid = np.full((96, 64), 255, np.uint8)
    someone = Person("p", smooth(96, 64), solid, smooth(96, 64), True, (0, 0, 64, 96), (True, True, True, True))
    frame, matrix = (192, 96), np.array([[1, 0, -32], [0, 1, 0]], np.float32)
    drawn = [cut_out(np.random.default_rng(k), someone.photo, solid, matrix, frame, bent=True)[1] for k in range(4)]
    alone = TrainingSet(((someone,),), training_set.backgrounds)
    mix = Mix.still(bent=1.0)
    plan = Planner(alone, mix, Hardness.equal(alone)).draw(np.random.default_rng(0), *frame, 4)
    plan.choices["person_matrix"] = np.repeat(cv2.invertAffineTransform(matrix)[None], 4, axis=0).astype(np.float32)
    _, rendered = Renderer(Stacks.of(alone, 96, CPU)).render(plan)
    shifts = 3 * 0.045 * 96
    for alpha in [*drawn, *rendered[:, 0].numpy()]:
        assert (alpha[20:-20, :24] == 1).all()
        assert (alpha[:, int(32 + REACH * 96 + shifts) :] == 0).all()
