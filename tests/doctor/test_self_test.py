from __future__ import annotations

import time

import numpy as np
import pytest

from streammatte.doctor.commands import pip
from streammatte.doctor.self_test import self_test
from streammatte.errors import DeviceError


class Matter:
    """Calls `share` of every picture person, and takes its time."""

    engine, device = "double", "nothing"

    def __init__(self, share, seconds=0.0):
        self.share, self.seconds = share, seconds

    def matte(self, frame):
        time.sleep(self.seconds)
        return np.full(frame.rgb.shape[:2], self.share, np.float32)

    def reset(self):
        pass


def test_the_shipped_network_passes_the_self_test():
    speed, stages, alpha = self_test(0.5)
    assert "onnxruntime on cpu" in speed.detail
    assert "matte " in stages.detail
    assert alpha.status == "ok"


@pytest.mark.parametrize(("share", "status"), [(0.0, "problem"), (0.3, "ok"), (1.0, "problem")])
def test_alpha_that_cannot_be_is_a_problem(share, status, monkeypatch):
    monkeypatch.setattr("streammatte.matting.matter.load", lambda **_: Matter(share))
    *_, alpha = self_test(0.05)
    assert (alpha.status, f"{share:.0%} of" in alpha.detail) == (status, True)
    assert (alpha.remedy is None) == (status == "ok")


def test_the_self_test_ends_in_time_and_tells_of_a_slow_machine(monkeypatch):
    monkeypatch.setattr("streammatte.matting.matter.load", lambda **_: Matter(0.3, seconds=0.1))
    start = time.monotonic()
    speed, *_ = self_test(0.4)
    assert time.monotonic() - start < 2  # the clip alone would take five
    assert speed.status == "warning"
    assert speed.remedy.startswith("streammatte webcam --matte-fps ")
    assert 1 <= int(speed.remedy.split()[-1]) <= 10


@pytest.mark.parametrize(
    ("error", "remedy"),
    [
        (ImportError("no such library", name="av.codec"), pip("install", "--force-reinstall", "av")),
        (RuntimeError("the engine fails"), None),
        (DeviceError("the engine fails", remedy="--device cpu"), "--device cpu"),
    ],
)
def test_what_breaks_in_the_self_test_is_a_finding(error, remedy, monkeypatch):
    def load(**options):
        raise error

    monkeypatch.setattr("streammatte.matting.matter.load", load)
    (finding,) = self_test()
    assert finding.status == "problem"
    assert str(error).removesuffix("; --device cpu") in finding.detail
    assert "; " not in finding.detail
    assert finding.remedy == remedy if remedy else "--force-reinstall" in finding.remedy
