"""Layers: what filters edit, and what comes out when they are put together."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from streammatte import Frame, Layers


@pytest.fixture
def layers():
    random = np.random.default_rng(2)
    frame = Frame(random.integers(0, 256, (12, 16, 3), np.uint8), 7, Fraction(1, 30))
    return Layers.of(frame, random.random((12, 16), np.float32))


def test_without_a_filter_the_frame_comes_out_bit_for_bit(layers):
    assert layers.composite.rgb is layers.frame.rgb


def test_the_composite_keeps_its_time(layers):
    edited = replace(layers, background=np.zeros_like(layers.frame.rgb))
    assert (edited.composite.pts, edited.composite.time_base) == (7, Fraction(1, 30))


def test_alpha_is_applied_once_however_many_filters_there_were(layers):
    red = np.full_like(layers.frame.rgb, (255, 0, 0))
    edited = replace(replace(layers, background=red), background=red)
    alpha = layers.alpha[..., None]
    np.testing.assert_allclose(edited.composite.rgb, alpha * layers.frame.rgb + (1 - alpha) * red, atol=0.51)


def test_without_a_background_the_composite_is_on_black(layers):
    edited = replace(layers, background=None)
    black = replace(layers, background=np.zeros_like(layers.frame.rgb))
    difference = edited.composite.rgb.astype(int) - black.composite.rgb
    assert abs(difference).max() <= 1


def test_an_edit_of_edited_layers_is_composited_anew(layers):
    assert layers.composite is layers.composite
    black = np.zeros_like(layers.frame.rgb)
    assert replace(layers, foreground=black, background=black).composite.rgb.max() == 0
