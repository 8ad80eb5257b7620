"""Runs the commands that findings come with."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Sequence

from streammatte.doctor.finding import Finding

__all__ = ["mending_commands", "run_command"]

_ROOT_NEEDS_NO_SUDO = 'sudo() { "$@"; }\n'


def mending_commands(findings: Sequence[Finding]) -> list[str]:
    """Return the commands that mend what was found, each once, in the order of the findings."""
    troubles = (each for each in findings if each.status != "ok" and each.mends)
    return list(dict.fromkeys(each.remedy for each in troubles if each.remedy is not None))


def run_command(command: str) -> int:
    """Run a command in the system's shell, with this terminal as its own; return its exit code.

    A command says by itself where it needs sudo; root, who may have none, runs it without. Ctrl-C stops the command,
    and is waited for: it may have something to finish.
    """
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    before = signal.signal(signal.SIGINT, lambda number, frame: None)  # a handler, and so not the command's too
    try:
        return subprocess.run(_ROOT_NEEDS_NO_SUDO + command if is_root else command, shell=True, check=False).returncode
    finally:
        signal.signal(signal.SIGINT, before)
