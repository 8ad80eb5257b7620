from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from streammatte.research.train.batches import StageBatches
from streammatte.research.train.composer import Composer
from streammatte.research.train.compression import video_coded
from streammatte.research.train.config import Stage
from streammatte.research.train.data import TrainingSet, load_training_set
from streammatte.research.train.mix import Mix


@pytest.fixture(scope="module")
def training_set(packs: Path, tmp_path_factory: pytest.TempPathFactory) -> TrainingSet:
    return load_training_set(packs, tmp_path_factory.mktemp("cache"), 64)


def test_packs_are_read_and_grouped(training_set: TrainingSet) -> None:
    assert [len(group) for group in training_set.people] == [2, 1, 1, 1]  # a clip's frames are one group
    assert len(training_set.backgrounds) == 4
    person = training_set.people[1][0]
    assert person.photo.shape == (64, 48, 3)
    assert person.touches == (False, False, False, True)
    # the photo's mixed pixels hold background; the estimated foreground is the disc's colour there as well
    band = (person.alpha > 60) & (person.alpha < 200)
    assert band.any()
    true = np.array((255, 128, 0))
    estimated = np.abs(person.foreground[band].astype(int) - true).mean()
    assert estimated < 0.5 * np.abs(person.photo[band].astype(int) - true).mean()


def test_gathered_packs_are_read_where_they_are(packs: Path, tmp_path: Path) -> None:
    # the portraits' file stands in: `a_one` and `a_two` are then frames 'one' and 'two' of a clip `a`
    for file in (*packs.iterdir(), packs / "portraits.tar"):
        target = tmp_path / ("gathered.tar" if (tmp_path / file.name).exists() else file.name)
        target.write_bytes(file.read_bytes())
    (tmp_path / "things.tar").write_bytes((packs / "scenes.tar").read_bytes())
    read = load_training_set(tmp_path, tmp_path / "cache", 64)
    assert [len(group) for group in read.people] == [2, 2, 1, 1, 1]
    assert [person.name for person in read.people[1]] == ["a_one", "a_two"]
    assert len(read.backgrounds) == 6


def test_a_composite_is_orange_exactly_where_alpha_says(training_set: TrainingSet) -> None:
    """Without changes of colour the picture tells alpha: red is 255 on the disc and at most 120 off it."""
    composer = Composer(training_set, Mix.still())
    checked = 0
    for seed in range(30):
        picture, alpha = composer.draw(np.random.default_rng(seed), 64, 96)
        assert picture.shape == (96, 64, 3)
        assert alpha.shape == (96, 64)
        assert alpha.dtype == np.float32
        if alpha.min() > 0.01 or alpha.max() < 0.99:
            continue  # all or nothing of the disc is in the picture
        checked += 1
        redness = picture[..., 0].astype(float) - picture[..., 2]
        inside, outside = redness[alpha > 0.99].mean(), redness[alpha < 0.01].mean()
        assert inside > outside + 20
    assert checked > 15


def test_nobody_has_no_alpha(training_set: TrainingSet) -> None:
    composer = Composer(training_set, Mix(nobody=1.0))
    _, alpha = composer.draw(np.random.default_rng(0), 64, 64)
    assert not alpha.any()


def test_cut_edges_of_a_person_are_not_seen(training_set: TrainingSet) -> None:
    """The discs are cut off at the photo's bottom, so that alpha must reach the frame's bottom wherever it is seen."""
    composer = Composer(training_set, Mix(own_background=0, nobody=0, two_people=0, occluder=0, motion_blur=0))
    for seed in range(40):
        _, alpha = composer.draw(np.random.default_rng(seed), 96, 64)
        columns = alpha[-3:].max(axis=0) > 0.5
        if (alpha > 0.5).any():
            assert columns.any(), seed


def test_a_step_s_batch_is_always_the_same(training_set: TrainingSet) -> None:
    stage = Stage("s", 10, 3, (64,), 64, 1e-3, trained="sn", warmup=1)
    first, again = (StageBatches(Composer(training_set, Mix()), stage, (0, 0, 0), 3) for _ in range(2))
    _ = again[2]
    pictures, alphas, _ = first[7]
    assert (pictures == again[7].pictures).all()
    assert (alphas == again[7].alphas).all()
    assert pictures.shape[0] == alphas.shape[0] == 3
    assert pictures.shape[2] % 32 == pictures.shape[3] % 32 == 0


def test_video_compression_is_lossy_but_near() -> None:
    y, x = np.mgrid[:64, :96]
    picture = np.stack([x * 2, y * 3, 255 - x], axis=-1).astype(np.uint8)
    errors = [np.abs(video_coded(picture, picture, crf).astype(int) - picture).mean() for crf in (1, 45)]
    assert errors[0] < 3 < errors[1] < 40
