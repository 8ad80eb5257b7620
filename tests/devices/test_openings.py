from __future__ import annotations

import subprocess
import sys

import pytest

from streammatte.devices import openings
from streammatte.devices.holders import holders

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells it")

HOLD = "import sys; file = open(sys.argv[1]); print('open', flush=True); sys.stdin.read()"


@pytest.fixture
def looked(monkeypatch):
    """How often the processes were looked into."""
    calls = []

    def counted(path):
        calls.append(path)
        return holders(path)

    monkeypatch.setattr(openings, "holders", counted)
    return calls


@pytest.fixture
def device(tmp_path):
    path = tmp_path / "device"
    path.touch()
    return path


@pytest.fixture
def count(device, looked):
    count = openings.HolderCount(str(device))
    yield count
    count.close()


def test_processes_are_looked_into_only_after_something_has_happened(count, device, looked, monkeypatch, until):
    monkeypatch.setattr(openings, "_SETTLED_S", 0.0)
    monkeypatch.setattr(openings, "_ANEW_S", 1000.0)
    assert [count() for _ in range(20)] == [0] * 20
    assert len(looked) == 1
    command = [sys.executable, "-c", HOLD, device]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "open\n"
        monkeypatch.setattr(openings, "_SETTLED_S", 0.2)
        until(lambda: count() == 1)
        process.kill()
        until(lambda: count() == 0)


def test_it_is_looked_at_now_and_then_in_any_case(count, device, looked, monkeypatch):
    monkeypatch.setattr(openings, "_ANEW_S", 0.0)
    for _ in range(3):
        count()
    assert len(looked) == 3


@pytest.mark.parametrize("closed", [True, False])
def test_where_the_system_tells_nothing_it_is_looked_at_every_time(closed, device, looked):
    count = openings.HolderCount(str(device) if closed else str(device.with_name("missing")))
    count.close()
    count.close()
    for _ in range(3):
        assert count() == 0
    assert len(looked) == 3
