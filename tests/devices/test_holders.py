from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from streammatte.devices.holders import Holder, holders

HOLD = """
import sys
file, again = (open(sys.argv[1], sys.argv[2]) for _ in range(2))
print("open", flush=True)
sys.stdin.read()
"""


@pytest.fixture(params=["r", "w", "r+"])
def mode(request):
    return request.param


@pytest.fixture
def held(mode, tmp_path):
    """A file that a subprocess holds open twice, and the subprocess."""
    path = tmp_path / "device"
    path.touch()
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, path, mode], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "open\n"
        yield path, process


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells it in /proc")
def test_a_process_that_holds_the_file_is_found_once_and_gone_when_it_ends(held, mode, tmp_path):
    path, process = held
    link = tmp_path / "link"
    link.symlink_to(path)
    for name in (path, link):
        (holder,) = holders(str(name))
        assert holder.pid == process.pid
        assert holder.program.startswith("python")
        assert holder.writes_only == (mode == "w")

    process.communicate()
    assert holders(str(path)) == []


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells it in /proc")
def test_this_process_does_not_count(tmp_path):
    path = tmp_path / "device"
    with path.open("w") as file:
        assert Path(f"/proc/self/fd/{file.fileno()}").readlink() == path
        assert holders(str(path)) == []


def test_processes_that_vanish_or_hide_are_passed_over(tmp_path):
    device = tmp_path / "video0"
    device.touch()
    proc = tmp_path / "proc"
    (proc / "self").mkdir(parents=True)
    (proc / "7").mkdir()  # no fd: it has ended
    for pid, target in ((30, device), (4, device), (5, tmp_path / "video01")):
        fds = proc / str(pid) / "fd"
        fds.mkdir(parents=True)
        (fds / "0").symlink_to("/dev/null")
        (fds / "3").symlink_to(target)
        (fds / "4").write_text("no link: closed between the listing and the reading")
    (proc / "4" / "comm").write_text("chrome\n")

    assert holders(str(device), proc) == [Holder(4, "chrome"), Holder(30, "?")]
    assert str(Holder(4, "chrome")) == "chrome (process 4)"


def test_without_proc_nobody_is_found(tmp_path):
    assert holders("/dev/video0", tmp_path / "none") == []
