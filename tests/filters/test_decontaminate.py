"""A person cut out of one room and put into another has the colours of neither."""

import cv2
import numpy as np

from streammatte import Frame, Layers, over
from streammatte_filters.colour import ColourBackground
from streammatte_filters.decontaminate import Decontaminate


def test_no_rim_of_the_old_background_is_left_on_the_new_one():
    alpha = np.zeros((360, 640), np.float32)
    cv2.circle(alpha, (320, 200), 120, 1.0, -1)
    alpha = cv2.GaussianBlur(alpha, (0, 0), 4)
    person, screen = (np.full((360, 640, 3), colour, np.uint8) for colour in ((90, 60, 50), (0, 220, 0)))
    layers = Layers.of(Frame(over(person, alpha, screen)), alpha)
    truth = over(person, alpha, np.full_like(person, 255)).astype(int)
    rim = np.abs(ColourBackground("white")(layers).composite.rgb - truth).max()
    cleaned = np.abs(ColourBackground("white")(Decontaminate()(layers)).composite.rgb - truth).max()
    assert rim > 30
    assert cleaned < rim / 6
