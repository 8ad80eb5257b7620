from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from streammatte.research.train import batches
from streammatte.research.train.batches import ROUNDS, STREAMS, StageBatches
from streammatte.research.train.config import Stage

STAGE = Stage("s", 1000, 4, (64, 96), 96, 1e-3, trained="sn", warmup=1, looks=3, aspects=((1, 1), (2, 1)))


class Numbered:
    """Draws scenes of one colour, and counts them."""

    def __init__(self) -> None:
        self.drawn = 0

    def draw(self, rng: np.random.Generator, width: int, height: int) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
        self.drawn += 1
        colour = rng.integers(60, 190, 3)
        return np.full((height, width, 3), colour, np.uint8), np.full((height, width), colour[0] / 255, np.float32)


def scenes(batch: batches.Batch) -> list[int]:
    """What tells the scenes of a batch: their alphas, which looks do not change."""
    return [round(float(alpha.mean()) * 255) for alpha in batch.alphas]


def test_each_scene_is_shown_as_often_as_asked_in_batches_of_one_size() -> None:
    drawn = Numbered()
    items = StageBatches(drawn, STAGE, (0, 0, 0), 4)
    block = STREAMS * ROUNDS * 3
    found = [items[step] for step in range(block)]
    assert drawn.drawn == STREAMS * ROUNDS * 4
    for stream in range(STREAMS):
        mine = found[stream::STREAMS]
        assert len({batch.pictures.shape for batch in mine}) == 1
        shown = np.array([scenes(batch) for batch in mine])
        thirds = [sorted(part.ravel()) for part in np.split(shown, 3)]
        assert thirds[0] == thirds[1] == thirds[2]
        assert not np.array_equal(shown[:ROUNDS], shown[ROUNDS : 2 * ROUNDS])  # in another order
    sizes = {items[step].pictures.shape for step in range(0, 20 * block, block)}
    assert len(sizes) == 4  # two sizes, two aspects


def test_a_run_that_goes_on_in_the_middle_sees_what_an_unbroken_one_sees() -> None:
    whole = StageBatches(Numbered(), replace(STAGE, pairs=0.3), (0, 0, 0), 4)
    later = StageBatches(Numbered(), replace(STAGE, pairs=0.3), (0, 0, 0), 4)
    for step in range(60):
        found = whole[step]
        if step >= 31:
            again = later[step]
            assert (found.pictures == again.pictures).all()
            assert (found.alphas == again.alphas).all()
            assert found.pairs == again.pairs


def test_members_of_a_team_have_other_pictures_of_the_same_sizes() -> None:
    one, other = (StageBatches(Numbered(), replace(STAGE, pairs=0.3), (0, 0, rank), 4) for rank in range(2))
    paired = []
    for step in range(40):
        a, b = one[step], other[step]
        assert a.pictures.shape == b.pictures.shape
        assert a.pairs == b.pairs
        assert scenes(a) != scenes(b)
        paired.append(a.pairs)
    assert 0.1 < np.mean(paired) < 0.5


def test_a_pair_is_two_looks_at_one_scene() -> None:
    items = StageBatches(Numbered(), replace(STAGE, pairs=1.0), (0, 0, 0), 4)
    batch = items[0]
    found = scenes(batch)
    assert batch.pairs
    assert found[:2] == found[2:]
    assert len(set(found)) == 2
    assert (batch.pictures[:2] != batch.pictures[2:]).any()


def test_where_scenes_are_shown_once_they_are_shown_as_they_are() -> None:
    drawn = Numbered()
    batch = StageBatches(drawn, replace(STAGE, looks=1), (0, 0, 0), 4)[5]
    assert drawn.drawn == 4
    for picture in batch.pictures:
        assert len(np.unique(picture.reshape(3, -1).numpy(), axis=1).T) == 1
