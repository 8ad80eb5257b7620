from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from streammatte.nn.network import MattingNetwork
from streammatte.research.evaluate import watch
from streammatte.research.evaluate.watch import Watch


@pytest.fixture
def found(pack: Path, bright, monkeypatch: pytest.MonkeyPatch) -> dict[str, float]:
    """Figures of what takes for a person what is bright."""
    monkeypatch.setattr(
        watch, "NetworkMatter", lambda *_: type("Matter", (), {"matte": lambda _, frame: bright(frame.rgb)})()
    )
    return Watch(pack, lowered=(0.0, 0.5))(MattingNetwork().eval())


def test_figures_are_those_of_the_pack(found: dict[str, float]) -> None:
    assert found["portraits_iou"] == pytest.approx((1 + 1 + 0.5) / 3)
    assert found["rooms"] == pytest.approx(125)  # a quarter of one of two
    assert found["rooms_highest"] == pytest.approx(250)
    for video in ("dancer_a", "dancer_b", "talk"):
        assert found[video] == pytest.approx(0, abs=1)
    assert {name for name in found if not name.endswith("-0.5")} == {
        name[:-4] for name in found if name.endswith("-0.5")
    }


def test_the_logit_for_foreground_is_lowered_and_put_back() -> None:
    network = MattingNetwork().eval()
    image = torch.rand(1, 3, 64, 64)
    before = network.sn(image)[0].detach()
    with watch._lowered(network, 0.7):
        lowered = network.sn(image)[0].detach()
    np.testing.assert_allclose((before - lowered)[0, :, 0, 0].numpy(), (0, 0.7, 0), atol=1e-5)
    assert torch.equal(network.sn(image)[0].detach(), before)
