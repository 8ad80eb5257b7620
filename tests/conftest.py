from __future__ import annotations

from collections.abc import Callable
from time import monotonic, sleep

import pytest


@pytest.fixture(autouse=True)
def config_path(tmp_path, monkeypatch):
    """Where the config file would be: nobody's own may change what a test sees, nor a program that a test starts."""
    folder = tmp_path / "config" / "streammatte"
    monkeypatch.setenv("XDG_CONFIG_HOME", str(folder.parent))
    monkeypatch.setattr("platformdirs.user_config_path", lambda *_, **__: folder)
    return folder / "config.toml"


@pytest.fixture
def until():
    """Wait for what other threads bring about."""

    def wait(true: Callable[[], object], seconds: float = 5.0) -> None:
        end = monotonic() + seconds
        while not true():
            assert monotonic() < end, "it did not come true"
            sleep(0.005)

    return wait
