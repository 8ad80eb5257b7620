"""High dynamic range against the formulas of SMPTE ST 2084, BT.2100, BT.2087 and BT.2408, in float64."""

from __future__ import annotations

import numpy as np
import pytest

from streammatte.compositing.light import HLG, PQ, Light

LEVELS = np.random.default_rng(0).integers(0, 256, (32, 48, 3), np.uint8)
TO_2020 = np.array([(0.6274, 0.3293, 0.0433), (0.0691, 0.9195, 0.0114), (0.0164, 0.0880, 0.8956)])


def pq(nits):
    part = (nits / 10_000) ** 0.1593017578125
    return ((0.8359375 + 18.8515625 * part) / (1 + 18.6875 * part)) ** 78.84375


def hlg(nits):
    """For a display of 1000 nits, whose gamma is 1.2."""
    luminance = nits @ (0.2627, 0.6780, 0.0593)
    scene = nits / 1000 * (np.maximum(luminance, 1e-9) / 1000)[..., None] ** (1 / 1.2 - 1)
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    return np.where(scene <= 1 / 12, np.sqrt(3 * scene), a * np.log(np.maximum(12 * scene - b, 1e-9)) + c)


REFERENCE = {PQ: pq, HLG: hlg}


@pytest.mark.parametrize("transfer", REFERENCE)
def test_an_ordinary_picture_keeps_its_colours_and_is_white_at_203_nits(transfer):
    expected = REFERENCE[transfer](203 * (LEVELS / 255) ** 2.4 @ TO_2020.T)
    assert np.abs(Light(transfer, 9).own(LEVELS) / 255 - expected).max() < 5e-4


@pytest.mark.parametrize(("transfer", "share"), [(PQ, 0.58), (HLG, 0.75)])
@pytest.mark.parametrize("primaries", [1, 9, 12])
def test_white_is_where_broadcasters_expect_it(transfer, share, primaries):
    white = Light(transfer, primaries).own(np.full((1, 1, 3), 255, np.uint8))
    assert np.abs(white / 255 - share).max() < 1e-3


@pytest.mark.parametrize("transfer", REFERENCE)
@pytest.mark.parametrize("primaries", [1, 9, 12])
def test_colours_of_an_ordinary_picture_come_back(transfer, primaries):
    light, dim = Light(transfer, primaries), np.minimum(LEVELS, 200)
    assert np.abs(light.ordinary(light.own(dim)).astype(int) - dim)[dim.min(2) > 20].max() <= 2


@pytest.mark.parametrize("transfer", REFERENCE)
def test_what_is_brighter_than_white_keeps_its_order_up_to_the_peak(transfer):
    nits = np.repeat(np.linspace(150, 1000, 12)[None, :, None], 3, 2)
    found = Light(transfer, 9).ordinary((255 * REFERENCE[transfer](nits)).astype(np.float32))[0]
    assert (np.diff(found[:, 0].astype(int)) > 0).all()
    assert found[-1].tolist() == [255, 255, 255]
    assert found.std(1).max() <= 1
