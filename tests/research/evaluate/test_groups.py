from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from streammatte.research.evaluate import groups
from streammatte.research.evaluate.groups import by_group, framing, light
from streammatte.research.evaluate.validation import evaluate


def test_portraits_are_scored_by_group_and_those_nobody_sorted_have_none_for_hair(
    pack: Path, bright, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(groups, "_seen", lambda: {"hair: long": frozenset({"a", "c"})})
    results = {result.name: result for result in by_group(pack, bright)}
    assert {name: result.pictures for name, result in results.items()} == {
        "framing: 40 to 60 %": 2,  # a and b: 32 of 64 columns
        "framing: under 40 %": 1,  # c: 16 of them
        "hair: long": 2,
        "light on the person: over 130": 3,
    }
    assert results["hair: long"].figures["iou"] == pytest.approx((1 + 0.5) / 2)
    (whole,) = evaluate(pack, bright, sets=("portraits",))
    assert results["light on the person: over 130"].figures == whole.figures


def test_framing_and_light_look_at_the_person_alone() -> None:
    target = np.zeros((10, 10), np.float32)
    target[:, :7] = 1
    rgb = np.full((10, 10, 3), 255, np.uint8)
    rgb[:, :7] = (60, 60, 60)
    assert framing(target) == "framing: over 60 %"
    assert light(rgb, target) == "light on the person: under 70"
    assert light(rgb, 1 - target) == "light on the person: over 130"


def test_no_portrait_is_in_two_groups_found_by_eye() -> None:
    names = [name for group in groups._seen().values() for name in group]
    assert len(names) == len(set(names)) > 100
