from __future__ import annotations

import numpy as np
import pytest

from streammatte.research.train.camera import Sensor, sensed


@pytest.mark.parametrize("resolution", [0.3, 0.45, 0.71])
def test_a_picture_of_low_resolution_stays_where_it_was(resolution: float) -> None:
    """An edge goes through half its height where it was, wherever in the picture that is."""
    for x in (48, 224, 400):
        picture = np.zeros((64, 448, 3), np.uint8)
        picture[:, x:] = 255
        sensor = Sensor(resolution, noise=None, coarse=False, seed=0, jpeg=None, video=None)
        row = sensed(picture, sensor)[32, :, 0].astype(float)
        assert 448 - row.sum() / 255 == pytest.approx(x, abs=0.1)
