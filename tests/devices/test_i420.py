"""What a virtual camera gets of planes that it cannot take as they are."""

from __future__ import annotations

import numpy as np
import pytest

from streammatte.devices.i420 import i420
from streammatte.io import open_source


@pytest.mark.parametrize("pixels", ["yuv420p", "yuv444p", "yuv420p10le", "yuv422p10le"])
def test_any_depth_and_sampling_come_out_as_cameras_have_them(write_clip, pixels):
    picture = np.full((48, 64, 3), (200, 60, 30), np.uint8)
    source = open_source(write_clip("in.mkv", [picture], codec="ffv1", pixels=pixels))
    y, u, v = np.split(i420(next(iter(source)), (64, 48), "cover"), (64 * 48, 64 * 60))
    for plane, expected in ((y, 16 + 219 * 0.386), (u, 128 - 224 * 0.1515), (v, 128 + 224 * 0.284)):
        assert np.abs(plane - expected).max() <= 2
