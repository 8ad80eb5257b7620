from __future__ import annotations

import json

from streammatte.bench import EDITS, SIZES, STAGES


def test_tables_and_json_hold_the_same(streammatte, clip, monkeypatch):
    monkeypatch.setitem(SIZES, "480p", (64, 48))
    arguments = ("bench", clip, "--size", "480p", "--look", "blur,picture", "--frames", "2", "--no-runs", "--quiet")
    lines = streammatte(*arguments).stdout.splitlines()
    assert "| stage | blur | picture |" in lines
    document = json.loads(streammatte(*arguments, "--json").stdout)
    assert list(document["sizes"]) == ["480p"]
    assert list(document["sizes"]["480p"]["stages"]["blur"]) == list(STAGES)
    assert set(document["sizes"]["480p"]["stages"]["picture"]["network"]) == {"cpu_ms", "wall_ms"}
    edits = document["sizes"]["480p"]["edits"]
    assert list(edits) == ["picture", *(f"picture+{edit}" for edit in EDITS)]
    assert [line.split(" | ")[0] for line in lines if line.startswith("| picture")] == [f"| {edit}" for edit in edits]


def test_an_unknown_size_is_refused_with_those_there_are(streammatte):
    result = streammatte("bench", "--size", "8K")
    assert result.exit_code == 2
    assert "expected some of 480p, 720p, 1080p, 4K" in result.stderr
