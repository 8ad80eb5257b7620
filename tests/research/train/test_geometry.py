from __future__ import annotations

import math

import cv2
import numpy as np
import pytest

from streammatte.research.train.data import Person
from streammatte.research.train.geometry import fits, hung, placement


def portrait() -> Person:
    """A head over shoulders that the photo cuts off at both sides and below."""
    alpha = np.zeros((240, 180), np.uint8)
    cv2.circle(alpha, (90, 80), 40, 255, -1)
    cv2.fillPoly(alpha, [np.array([(70, 110), (110, 110), (200, 200), (200, 260), (-20, 260), (-20, 200)])], 255)
    nothing = np.zeros((240, 180, 3), np.uint8)
    return Person.of("p", nothing, alpha, nothing)


@pytest.mark.parametrize("at_the_edge", [False, True])
def test_where_a_photo_cut_a_person_off_is_not_seen(at_the_edge: bool) -> None:
    person = portrait()
    assert person.touches == (True, False, True, True)
    cut = np.zeros_like(person.alpha)
    for edge in (np.s_[:, 0], np.s_[:, -1], np.s_[-1]):
        cut[edge] = person.alpha[edge]
    at_one_side, widths = [], []
    for seed in range(200):
        rng = np.random.default_rng(seed)
        matrix = placement(rng, person, 160, 120, cut_out=True, with_head=0.0, at_the_edge=at_the_edge)
        if abs(np.arctan2(matrix[1, 0], abs(matrix[0, 0]))) > 0.3:
            continue  # so rare a tilt may show a corner
        seen, alpha = (cv2.warpAffine(plane, matrix, (160, 120)) for plane in (cut, person.alpha))
        assert seen[:100, 16:-16].max() < 128, seed
        if at_the_edge:
            assert (matrix @ (90, 40, 1))[1] > -1, seed  # the top of the head is not above the frame
        at_one_side.append(alpha[:, 0].any() != alpha[:, -1].any())
        widths.append((alpha > 128).any(axis=0).mean())
    # it is let stand at one side and seen in part, which a portrait between two cut sides cannot
    assert (np.mean(at_one_side) > 0.6) == at_the_edge
    assert (np.mean(widths) < 0.8) == at_the_edge


def figure() -> Person:
    """A narrow figure from head to feet in the middle of a tall photo."""
    alpha = np.zeros((400, 200), np.uint8)
    alpha[40:380, 80:120] = 255
    nothing = np.zeros((400, 200, 3), np.uint8)
    return Person.of("f", nothing, alpha, nothing)


@pytest.mark.parametrize("person", [portrait(), figure()], ids=["portrait", "figure"])
@pytest.mark.parametrize("cut_out", [False, True])
def test_a_head_is_in_the_frame_as_often_as_asked(person: Person, cut_out: bool) -> None:
    x, y, width, _ = person.box

    def heads(with_head: float) -> float:
        rng = np.random.default_rng(0)
        maps = [placement(rng, person, 160, 120, cut_out=cut_out, with_head=with_head) for _ in range(300)]
        return float(np.mean([(matrix @ (x + width / 2, y, 1))[1] > -1 for matrix in maps]))

    by_chance = heads(0.0)
    assert heads(1.0) == 1
    assert by_chance < 0.8
    assert math.isclose(heads(0.6), 0.6 + 0.4 * by_chance, abs_tol=0.08)


@pytest.mark.parametrize("size", [(160, 120), (120, 160), (192, 108)], ids=str)
@pytest.mark.parametrize("person", [portrait(), figure()], ids=["portrait", "figure"])
def test_a_photo_with_its_own_background_covers_the_frame(person: Person, size: tuple[int, int]) -> None:
    """Beside it its mirror image would be seen, which no camera shows."""
    rng = np.random.default_rng(0)
    photo = np.full_like(person.alpha, 255)
    beyond = []
    for _ in range(200):
        matrix = placement(rng, person, *size, cut_out=False, with_head=0.9)
        seen = cv2.warpAffine(photo, matrix, size)[2:-2, 2:-2]
        beyond.append(float((seen < 128).mean()))
    assert np.mean(np.array(beyond) > 0) < 0.03  # a corner, where a photo is tilted far
    assert max(beyond) < 0.1


def test_of_photos_that_cover_a_wide_frame_most_show_a_face_with_its_chin() -> None:
    """A portrait in a tall photo has its chin two thirds down; of a whole figure a part is enough."""
    rng = np.random.default_rng(0)
    chin = {"p": (90, 118, 1), "f": (100, 85, 1)}
    chosen, chins = [], []
    while len(chosen) < 300:
        person = portrait() if rng.random() < 0.5 else figure()
        if fits(rng, person, 160, 90):
            matrix = placement(rng, person, 160, 90, cut_out=False, with_head=1.0)
            chosen.append(person.name)
            chins.append((matrix @ chin[person.name])[1] < 90)
    assert 0.6 < np.mean(np.array(chosen) == "f") < 0.95
    assert np.mean(chins) > 0.93


@pytest.mark.parametrize("person", [portrait(), figure()], ids=["portrait", "figure"])
def test_a_photo_on_the_wall_covers_its_frame_and_shows_the_face(person: Person) -> None:
    height, width = person.alpha.shape
    x, y, across, _ = person.box
    mirrored = []
    for seed in range(50):
        rng = np.random.default_rng(seed)
        tilt, sides = rng.uniform(-0.3, 0.3), rng.uniform(40, 200) * np.array((1, rng.uniform(0.5, 1.3)))
        linear = np.array([(math.cos(tilt), -math.sin(tilt)), (math.sin(tilt), math.cos(tilt))]) * sides
        screen = np.column_stack((linear, rng.uniform(0, 100, 2)))
        onto = hung(rng, person, screen)
        back = cv2.invertAffineTransform(onto)
        corners = back @ np.vstack((screen @ np.array([(0, 1, 1, 0), (0, 0, 1, 1), (1, 1, 1, 1)]), np.ones(4)))
        assert corners.min() > -0.1
        assert (corners.max(axis=1) < (width + 0.1, height + 0.1)).all()
        face = onto @ (x + across / 2, y + 0.25 * min(person.box[3], across), 1)
        u, v = np.linalg.solve(linear, face - screen[:, 2])
        assert 0 < u < 1
        assert 0 < v < 1
        # neither stretched nor turned against the frame
        assert np.isclose(*np.hypot(*onto[:, :2]), rtol=1e-4)
        assert np.isclose(math.atan2(onto[0, 1], onto[1, 1]), -tilt, atol=1e-4)
        mirrored.append(np.linalg.det(onto[:, :2]) < 0)
    assert 0.25 < np.mean(mirrored) < 0.75
