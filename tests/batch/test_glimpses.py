from __future__ import annotations

import cv2
import numpy as np
import pytest

from streammatte.batch.glimpses import Glimpses, glimpse
from streammatte.compositing.frames import Frame
from streammatte.compositing.layers import Layers


def layers(size=(80, 40)):
    """Somebody white, on the right, before a red room."""
    rgb = np.full((size[1], size[0], 3), (200, 0, 0), np.uint8)
    alpha = np.zeros(rgb.shape[:2], np.float32)
    rgb[:, size[0] // 2 :], alpha[:, size[0] // 2 :] = 255, 1
    return Layers.of(Frame(rgb), alpha)


def read(webp):
    return cv2.cvtColor(cv2.imdecode(np.frombuffer(webp, np.uint8), cv2.IMREAD_UNCHANGED), cv2.COLOR_BGR2RGB).astype(
        int
    )


def test_the_frame_is_on_the_left_and_its_result_on_the_right():
    rgb = read(glimpse(layers().with_background(np.full((40, 80, 3), (0, 0, 200), np.uint8))))
    assert rgb.shape[:2] == (40, 160)
    for x, colour in ((20, (200, 0, 0)), (60, (255, 255, 255)), (100, (0, 0, 200)), (140, (255, 255, 255))):
        assert rgb[20, x] == pytest.approx(colour, abs=8)


def test_what_is_transparent_stays_so():
    webp = glimpse(layers().with_background(None))
    alpha = cv2.imdecode(np.frombuffer(webp, np.uint8), cv2.IMREAD_UNCHANGED)[20, :, 3]
    assert [int(alpha[x]) for x in (20, 60, 100, 140)] == [255, 255, 0, 255]


@pytest.mark.parametrize(
    ("size", "shape"), [((1920, 1080), (360, 1280)), ((1080, 1920), (640, 720)), ((8, 2), (2, 16))]
)
def test_it_is_small_and_never_stretched(size, shape):
    assert read(glimpse(layers(size))).shape[:2] == shape


def test_the_first_frame_is_shown_at_once_and_the_next_after_a_while(monkeypatch):
    now, shown = [0.0], []
    monkeypatch.setattr("streammatte.batch.glimpses.monotonic", lambda: now[0])
    glimpses = Glimpses(shown.append)
    for second in (0, 1, 2.9, 3.1, 5, 6.2):
        now[0] = second
        glimpses.write(layers())
    assert len(shown) == 3
