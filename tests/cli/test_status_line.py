from __future__ import annotations

from dataclasses import fields, replace

import pytest

from streammatte.cli.status_line import described, status_line
from streammatte.live.status import LiveStatus
from streammatte.pipeline import StageTimes

STATUS = LiveStatus(
    **{field.name: 0 for field in fields(LiveStatus)}
    | {
        "state": "live",
        "on": True,
        "fps_in": 29.6,
        "fps_out": 30.0,
        "matte_fps": 12.2,
        "latency_median_ms": 41.2,
        "latency_p95_ms": 66.0,
        "stages": StageTimes(1, 20.4, 2.2, 6.4, 0),
        "cpu_percent": 88.8,
        "engine": "onnxruntime",
        "device": "cpu",
        "dropped": 3,
        "readers": 2,
    }
)


def test_the_line_says_how_it_does():
    assert described(STATUS) == (
        "live · 30 fps in, 30 out, 12 matted · latency 41 ms (p95 66) · matte 20 smooth 2 filter 6 write 0 ms · "
        "CPU 89 % · onnxruntime on cpu · 3 dropped · 2 watching"
    )


def test_a_lost_camera_is_said_with_its_reason():
    lost = replace(STATUS, state="lost", problem="unplugged", stages=None, latency_median_ms=None, readers=None)
    assert described(lost).startswith("lost: unplugged · 30 fps in")
    assert "watching" not in described(lost)
    assert "latency" not in described(lost)


def test_it_is_said_that_it_is_covered_and_what_was_not_matted():
    line = described(replace(STATUS, covered=True, failed=12))
    assert line.startswith("covered · live · ")
    assert "3 dropped · 12 not matted · 2 watching" in line


def test_it_is_said_that_the_room_is_shown_unless_it_is_covered():
    off = replace(STATUS, on=False)
    assert described(off).startswith("MATTING IS OFF, THE ROOM IS SHOWN · live · ")
    assert described(replace(off, covered=True)).startswith("covered · live · ")


@pytest.mark.parametrize("quiet", [False, True])
def test_without_a_terminal_a_line_comes_every_few_seconds(quiet, capsys, monkeypatch):
    now = [0.0]
    monkeypatch.setattr("streammatte.cli.status_line.monotonic", lambda: now[0])
    with status_line(quiet=quiet) as tell:
        for second in range(13):
            now[0] = float(second)
            tell(lambda: STATUS)
    assert len(capsys.readouterr().err.splitlines()) == (0 if quiet else 2)
