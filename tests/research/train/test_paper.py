"""The paper's recipe: what section 3 says, computed a second way."""

from __future__ import annotations

import colorsys
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from streammatte.research.train.config import RECIPES
from streammatte.research.train.data import Person, TrainingSet
from streammatte.research.train.paper import PaperComposer, PaperMix, jittered

STILL = PaperMix(
    whole_foreground=0.0,
    mirror=0.0,
    rotation_degrees=0.0,
    shear_degrees=0.0,
    scale=(1.0, 1.0),
    hue_degrees=0.0,
    saturation=0.0,
    value=0.0,
)
"""Nothing but composing and cropping."""


def person(width: int = 200, height: int = 250) -> Person:
    """A soft disc whose colours tell the place: red is x, green is y."""
    y, x = np.mgrid[:height, :width]
    alpha = np.rint(np.clip(70 - np.hypot(x - 0.4 * width, y - 0.6 * height), 0, 6) / 6 * 255).astype(np.uint8)
    colours = np.stack([x, y, np.full_like(x, 99)], axis=-1).astype(np.uint8)
    return Person("disc", colours, alpha, colours, True, (0, 0, width, height), (False, False, False, False))


@pytest.fixture(scope="module")
def training_set() -> TrainingSet:
    return TrainingSet(((person(),),), (np.full((480, 640, 3), (10, 200, 30), np.uint8),))


def test_a_picture_is_alpha_f_plus_the_rest_of_b_in_floats(training_set: TrainingSet) -> None:
    """At the paper's size and with nothing else going on, a patch is a window of the photo with alpha 0 around it."""
    only, background = training_set.people[0][0], training_set.backgrounds[0][0, 0]
    composer = PaperComposer(training_set, STILL)
    for seed in range(5):
        picture, alpha = composer.draw(np.random.default_rng(seed), 512, 512)
        row, column = np.argwhere(alpha == 1)[0]
        x, y = picture[row, column, :2]  # an opaque pixel tells what part of the photo it is
        top, left = 512 + row - y, 512 + column - x
        a, f = np.zeros((1536, 1536)), np.zeros((1536, 1536, 3))
        a[top : top + 250, left : left + 200] = only.alpha / 255
        f[top : top + 250, left : left + 200] = only.foreground
        a, f = a[512:1024, 512:1024], f[512:1024, 512:1024]
        assert np.abs(alpha - a).max() < 1e-6
        assert np.abs(picture - (a[..., None] * f + (1 - a[..., None]) * background)).max() < 0.51
        assert 0 < a[256, 256] < 1


@pytest.mark.parametrize("size", [(512, 512), (256, 256), (320, 192)])
def test_a_patch_is_centred_on_an_unknown_pixel(training_set: TrainingSet, size: tuple[int, int]) -> None:
    composer = PaperComposer(training_set, PaperMix())
    for seed in range(40):
        _, alpha = composer.draw(np.random.default_rng(seed), *size)
        assert alpha.shape == size[::-1]
        assert 0 < alpha[size[1] // 2, size[0] // 2] < 1


def test_the_whole_foreground_is_resized_a_quarter_of_the_time(training_set: TrainingSet) -> None:
    composer = PaperComposer(training_set, replace(STILL, whole_foreground=PaperMix().whole_foreground))
    rng, resized = np.random.default_rng(0), 0
    for _ in range(2000):
        matrix = composer.placement(rng, training_set.people[0][0], np.array([80, 130]), 512, 512)
        if np.allclose(matrix[:, :2], np.diag((640 / 200, 640 / 250))):
            resized += 1
        else:
            assert np.allclose(matrix[:, :2], np.eye(2))
    assert abs(resized / 2000 - 0.25) < 4 * np.sqrt(0.25 * 0.75 / 2000)


def test_a_resized_foreground_is_what_opencv_s_resize_gives(training_set: TrainingSet) -> None:
    only = training_set.people[0][0]
    composer = PaperComposer(training_set, replace(STILL, whole_foreground=1.0))
    _, alpha = composer.draw(np.random.default_rng(0), 512, 512)
    whole = cv2.resize(only.alpha, (640, 640), interpolation=cv2.INTER_LINEAR).astype(np.float32) / 255
    found = cv2.matchTemplate(np.pad(whole, 512), alpha, cv2.TM_SQDIFF)
    assert found.min() / alpha.size < 1e-3 < 0.02 < (alpha**2).mean()  # somewhere in it, up to a part of a pixel


def test_the_affine_map_stays_within_its_ranges(training_set: TrainingSet) -> None:
    composer = PaperComposer(training_set, replace(PaperMix(), whole_foreground=0.0))
    rng, mirrored = np.random.default_rng(0), 0
    for _ in range(500):
        matrix = composer.placement(rng, training_set.people[0][0], np.array([80, 130]), 512, 512)
        assert np.allclose(matrix @ (80, 130, 1), (256, 256))
        along_x = matrix[:, 0]  # rotation keeps its length, and shear leaves it alone
        assert 0.8 <= np.hypot(*along_x) <= 1.25
        assert 0.8**2 <= abs(np.linalg.det(matrix[:, :2])) <= 1.25**2
        mirrored += np.linalg.det(matrix[:, :2]) < 0
        turned = np.rad2deg(np.arctan2(*(np.sign(along_x[0]) * along_x)[::-1]))
        assert abs(turned) <= 30
    assert 200 < mirrored < 300


def test_jitter_is_a_shift_in_hsv() -> None:
    rng = np.random.default_rng(0)
    picture = rng.integers(0, 256, (6, 7, 3), np.uint8)
    for hue, saturation, value in ((35.0, 0.07, -0.1), (-40.0, -0.1, 0.1), (0.0, 0.0, 0.0)):
        shifted = jittered(picture, hue, saturation, value)
        for y in range(6):
            for x in range(7):
                h, s, v = colorsys.rgb_to_hsv(*(picture[y, x] / 255))
                s, v = (min(1.0, max(0.0, c)) for c in (s + saturation, v + value))
                expected = np.array(colorsys.hsv_to_rgb((h + hue / 360) % 1, s, v)) * 255
                assert np.abs(shifted[y, x] - expected).max() < 0.05


def test_only_people_with_unknown_pixels_are_drawn(training_set: TrainingSet) -> None:
    hard = replace(person(), alpha=np.where(person().alpha > 0, 255, 0).astype(np.uint8))
    composer = PaperComposer(TrainingSet(((hard,), (person(),)), training_set.backgrounds), PaperMix())
    for seed in range(20):
        _, alpha = composer.draw(np.random.default_rng(seed), 64, 64)
        assert 0 < alpha[32, 32] < 1


def test_the_steps_are_the_paper_s_epochs() -> None:
    """431 foregrounds on 100 backgrounds each, seen 70 times in batches of 12; other packs in proportion."""
    (stage,) = RECIPES["paper"].stages
    assert stage.steps == 70 * 431 * 100 // 12 == 251_416
    assert stage.for_people(431).steps == 251_416
    assert stage.for_people(862).steps == 502_832
    assert stage.for_people(1).steps == 583
    ours = RECIPES["streammatte"].stages[0]
    assert ours.for_people(862) == ours


def test_the_recipe_is_section_3_s() -> None:
    recipe = RECIPES["paper"]
    (stage,) = recipe.stages
    assert (stage.batch, stage.sizes, stage.aspects, stage.learning_rate) == (12, (512,), ((1, 1),), 4e-4)
    assert stage.trained == "both"  # "all parts are trained jointly"
    assert not stage.pairs
    assert recipe.betas == (0.5, 0.999)
    assert (recipe.losses.segmentation, recipe.losses.l1, recipe.losses.gradient) == (1, 5, 0.5)
    assert isinstance(recipe.mix, PaperMix)


def test_the_schedule_is_a_line_and_then_half_a_cosine() -> None:
    (stage,) = RECIPES["paper"].stages
    short = replace(stage, steps=12, warmup=4, foregrounds=None)
    table = [1e-4, 2e-4, 3e-4, 4e-4]  # a quarter more of 4e-4 at each step
    # 2e-4 (1 + cos): cosines of 0, 22.5, 45, ..., 180 degrees
    table += [4e-4, 3.84776e-4, 3.41421e-4, 2.76537e-4, 2e-4, 1.23463e-4, 0.58579e-4, 0.15224e-4, 0]
    for step, expected in enumerate(table):
        assert short.learning_rate_at(step) == pytest.approx(expected, abs=1e-9), step


def test_cli_names_every_recipe() -> None:
    from streammatte.research.cli.train import train

    help_of_recipe = next(p.help for p in train.params if p.name == "recipe")  # type: ignore[attr-defined]
    assert all(name in help_of_recipe for name in RECIPES)


def test_cli_refuses_an_unknown_recipe(tmp_path: Path) -> None:
    from click.testing import CliRunner

    from streammatte.cli import cli

    result = CliRunner().invoke(cli, ["train", "--data", str(tmp_path), "--out", str(tmp_path), "--recipe", "x"])
    assert result.exit_code != 0
    told = result.output + result.stderr + str(result.exception)
    assert "streammatte, gpu, long, long-edges, long-gpu, paper" in told
