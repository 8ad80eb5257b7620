"""The paper's protocol on a folder laid out as Composition-1k, and on a validation pack."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from streammatte.errors import MediaError
from streammatte.research.evaluate.composition import composites, evaluate

WIDTH, HEIGHT = 40, 20


def write(path: Path, rgb: NDArray[np.uint8]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), rgb[..., ::-1])


def read(path: Path) -> NDArray[np.uint8]:
    return cv2.imread(str(path))[..., ::-1]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two foregrounds and five backgrounds, with lists that are not in alphabetical order, one folder up."""
    root = tmp_path / "Test_set" / "images"
    rng = np.random.default_rng(0)
    for name in ("ant.png", "bee.png"):
        write(root / "fg" / name, rng.integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8))
        write(root / "alpha" / name, np.repeat(rng.integers(0, 256, (HEIGHT, WIDTH, 1), np.uint8), 3, axis=2))
    write(root / "bg" / "large.png", rng.integers(0, 256, (HEIGHT + 7, WIDTH + 9, 3), np.uint8))
    steps = np.arange(0, 200, 20, dtype=np.uint8)
    write(root / "bg" / "small.png", np.tile(steps[None, :, None], (10, 1, 3)))
    for name in ("x.png", "y.png", "z.png"):
        write(root / "bg" / name, np.full((HEIGHT, WIDTH, 3), 77, np.uint8))
    (root.parent / "test_fg_names.txt").write_text("bee.png\r\nant.png\r\n")
    (root.parent / "test_bg_names.txt").write_text("large.png\nsmall.png\nz.png\ny.png\nx.png\n")
    return root


def test_the_lists_give_the_order(folder: Path) -> None:
    made = [(each.foreground.name, each.alpha.name, each.background.name) for each in composites(folder)]
    assert made == [
        ("bee.png", "bee.png", "large.png"),
        ("bee.png", "bee.png", "small.png"),
        ("ant.png", "ant.png", "z.png"),
        ("ant.png", "ant.png", "y.png"),
    ]


def test_without_lists_names_give_the_order(folder: Path) -> None:
    for path in folder.parent.glob("*.txt"):
        path.unlink()
    made = [(each.foreground.stem, each.background.stem) for each in composites(folder)]
    assert made == [("ant", "large"), ("ant", "small"), ("bee", "x"), ("bee", "y")]


def test_composites_are_those_of_equation_1(folder: Path) -> None:
    large, small, *_ = composites(folder)
    foreground, alpha = read(folder / "fg" / "bee.png").astype(float), read(folder / "alpha" / "bee.png") / 255
    cut = read(folder / "bg" / "large.png")[:HEIGHT, :WIDTH]
    picture, target = large.read()
    np.testing.assert_allclose(target, alpha[..., 0], atol=1e-6)
    np.testing.assert_allclose(picture, alpha * foreground + (1 - alpha) * cut, atol=0.51)

    picture, _ = small.read()  # 10x10 grows to 40x40 and loses its lower half
    ramp = np.interp((np.arange(WIDTH) + 0.5) / 4 - 0.5, np.arange(10), np.arange(10) * 20)
    inside = slice(8, -8)  # at the rim, cubic interpolation is no straight line
    expected = alpha * foreground + (1 - alpha) * ramp[None, :, None]
    np.testing.assert_allclose(picture[:, inside], expected[:, inside], atol=1.51)


def test_scores_at_800(folder: Path) -> None:
    write(folder / "alpha" / "ant.png", np.full((HEIGHT, WIDTH, 3), 255, np.uint8))
    write(folder / "alpha" / "bee.png", np.full((HEIGHT, WIDTH, 3), 255, np.uint8))
    seen = []

    def quarter(rgb):
        seen.append(rgb.shape)
        return np.full((5, 10), 0.25, np.float32)

    (ours,) = evaluate(folder, quarter, limit=3)
    assert seen == [(HEIGHT, WIDTH, 3)] * 3  # the network sees each picture in its own aspect
    assert (ours.name, ours.pictures) == ("streammatte, no trimap", 3)
    expected = {"sad": 0.75 * 800**2, "mse": 0.75**2, "grad": 0, "conn": 0.8 * 800**2}  # 0.2 is the last shared step
    for name, value in expected.items():
        assert ours.figures[name] == pytest.approx(value, rel=1e-6)
    assert ours.figures["cpu_s"] >= 0


def test_rivals_see_the_same_pictures_with_trimaps(folder: Path) -> None:
    write(folder / "trimaps" / "bee_0.png", np.full((HEIGHT, WIDTH, 3), 128, np.uint8))
    half = np.where(np.arange(WIDTH) < WIDTH // 2, 0, 255).astype(np.uint8)
    write(folder / "alpha" / "ant.png", np.tile(half[None, :, None], (HEIGHT, 1, 3)))
    seen = []

    def rival(rgb, trimap):
        seen.append((rgb.shape, trimap))
        return np.zeros(trimap.shape, np.float32)

    ours, theirs = evaluate(folder, lambda rgb: np.zeros((4, 8), np.float32), {"zero": rival})
    assert theirs.name == "zero, trimap"
    assert {name: theirs.figures[name] for name in ("sad", "mse", "grad", "conn")} == {
        name: ours.figures[name] for name in ("sad", "mse", "grad", "conn")
    }
    assert [shape for shape, _ in seen] == [(800, 800, 3)] * 4
    assert (seen[0][1] == 128).all()  # from the file
    assert np.unique(seen[2][1]).tolist() == [0, 128, 255]  # made from alpha


def test_the_pack_has_the_same_protocol(pack: Path, bright) -> None:
    made = composites(pack)
    names = [(each.foreground.parent.parent.name, each.foreground.stem, each.background.stem) for each in made]
    assert names == [("a", "0000", "dark"), ("a", "0012", "lamp"), ("b", "0000", "dark"), ("b", "0012", "lamp")]
    (ours,) = evaluate(pack, bright, limit=1)  # the dark room: what is bright is the dancer
    assert ours.figures["sad"] == pytest.approx(0, abs=1e-6)


def test_what_cannot_be_read_is_named(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(MediaError, match=r"expected fg/, alpha/ and bg/, or val/dancer"):
        composites(tmp_path)
    write(folder / "alpha" / "bee.png", np.zeros((5, 5, 3), np.uint8))
    with pytest.raises(MediaError, match=r"bee\.png has another size"):
        evaluate(folder, lambda rgb: np.zeros((4, 8), np.float32))
    for path in (folder / "bg").iterdir():
        path.unlink()
    (folder.parent / "test_bg_names.txt").unlink()
    with pytest.raises(MediaError, match=r"no pictures in .*bg"):
        composites(folder)
