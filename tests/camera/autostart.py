"""Runs the command that `streammatte app --autostart` has written, with a webcam and a v4l2loopback; see README.md."""

from __future__ import annotations

import configparser
import os
import shlex
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from running import frames, opened, started, until


def autostarted(home: Path, webcam: str, output: str) -> None:
    env = {"HOME": str(home), "XDG_CONFIG_HOME": str(home / ".config"), "XDG_STATE_HOME": str(home / ".state")}
    command = [sys.executable, "-m", "streammatte", "app", "--autostart"]
    told = subprocess.run(command, env=os.environ | env, check=True, capture_output=True, text=True).stdout
    unit = configparser.ConfigParser(interpolation=None)
    unit.read(told.splitlines()[0].removeprefix("wrote "))
    command = shlex.split(unit["Service"]["ExecStart"])
    (home / ".config" / "streammatte").mkdir(parents=True)
    profile = f'[profile.app.webcam]\nbg = ["#00ff00"]\ncamera = "{webcam}"\n'
    (home / ".config" / "streammatte" / "config.toml").write_text(profile)
    print("command:", " ".join(command))
    with started(command, env) as running:
        print(f"camera opened after {opened(running, webcam):.1f} s, to learn its size")
        closed_s = until(lambda: not running.holds(webcam), 30, "the camera is closed")
        print(f"camera closed with nobody watching, after {closed_s:.1f} s")
        idle = [f"{running.cpu_percent(20):.1f}" for _ in range(3)]
        print(f"CPU while idle: {', '.join(idle)} % of a core, over 20 s each")
        print(f"memory while idle: {memory_mib(running.process.pid):.0f} MiB")
        began = time.monotonic()
        for picture in frames(output):
            if (picture[:, :, 1] > 200).mean() > 0.1 and (picture[:, :, 0] < 60).mean() > 0.1:
                break
            assert time.monotonic() - began < 20, "no green within 20 s of a reader's coming"
        print(f"from a reader's coming to its first matted frame: {time.monotonic() - began:.2f} s")
        until(lambda: not running.holds(webcam), 30, "the camera is closed again")
        print("the camera is closed again")
        running.end()


def memory_mib(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        autostarted(Path(folder), *sys.argv[1:3])
