from __future__ import annotations

import sys
import webbrowser

import pytest

from streammatte.app.running import RunningPage


class App:
    """Stands in for the app, which tests/app has."""

    url = "http://127.0.0.1:1/?token=secret"

    def __init__(self, choices):
        self.choices = choices

    def invitation(self):
        return "http://127.0.0.1:1/?token=once"

    def wait(self, timeout_s):
        raise KeyboardInterrupt

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass


@pytest.fixture
def opened(monkeypatch, tmp_path):
    """The pages that are opened."""
    pages = []
    monkeypatch.setattr("streammatte.app.App", App)
    monkeypatch.setitem(sys.modules, "pystray", None)  # whose test is tests/app/test_tray.py
    monkeypatch.setattr("streammatte.app.running.user_state_path", lambda *_, **__: tmp_path / "state")
    monkeypatch.setattr("streammatte.app.entries.user_data_path", lambda: tmp_path / "data")
    monkeypatch.setattr("streammatte.app.entries.user_config_path", lambda: tmp_path / "config")
    monkeypatch.setattr(webbrowser, "open", pages.append)
    return pages


def test_it_opens_its_page_until_ctrl_c(streammatte, opened):
    result = streammatte("app")
    assert (result.exit_code, result.stderr, opened) == (
        0,
        f"control it at {App.url}\n",
        ["http://127.0.0.1:1/?token=once"],
    )
    streammatte("app", "--no-browser")
    assert len(opened) == 1


def test_where_it_runs_already_its_page_is_opened(streammatte, opened, monkeypatch):
    there = RunningPage("http://127.0.0.1:2/?token=other", "http://127.0.0.1:2/?token=once")
    monkeypatch.setattr("streammatte.app.running._claimed", lambda held: False)
    monkeypatch.setattr("streammatte.app.running.running_page", lambda: there)
    result = streammatte("app")
    assert result.stderr == f"it runs already; control it at {there.url}\n"
    assert opened == [there.invitation]


@pytest.mark.skipif(sys.platform != "linux", reason="is of Linux")
def test_what_is_written_is_listed_and_taken_away_again(streammatte, opened, tmp_path):
    result = streammatte("app", "--install", "--autostart")
    lines = result.stdout.splitlines()
    assert [line.partition(" ")[0] for line in lines] == ["wrote"] * 4 + ["it"]
    files = list(tmp_path.rglob("streammatte.*"))
    assert {line.removeprefix("wrote ") for line in lines[:4]} == set(map(str, files))
    assert opened == []
    assert streammatte("app", "--uninstall").stdout.count("removed ") == 4
    assert list(tmp_path.rglob("streammatte.*")) == []
    assert streammatte("app", "--uninstall").stdout == "there is nothing to remove\n"


def test_to_install_and_uninstall_at_once_is_refused(streammatte, opened):
    result = streammatte("app", "--install", "--uninstall")
    assert result.exit_code == 2
    assert "expected one of the two" in result.stderr


def test_where_nothing_can_be_written_one_line_says_so(streammatte, opened, tmp_path):
    (tmp_path / "data").write_text("in the way")
    result = streammatte("app", "--install")
    if sys.platform == "linux":
        assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
        assert "cannot be written" in result.stderr
