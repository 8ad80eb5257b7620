from __future__ import annotations

import os
import sys

import pytest

from streammatte.app.running import announced, running_page


@pytest.fixture(autouse=True)
def note(monkeypatch, tmp_path):
    monkeypatch.setattr("streammatte.app.running.user_state_path", lambda *_, **__: tmp_path / "state")
    return tmp_path / "state" / "page"


def test_the_page_of_an_app_that_runs_is_found_until_it_ends(app, note):
    assert running_page() is None
    with announced(app.url):
        assert running_page() == app.url
        if sys.platform != "win32":
            assert os.stat(note).st_mode & 0o077 == 0  # noqa: PTH116
    assert running_page() is None
    assert not note.exists()


@pytest.mark.parametrize("text", ["", "http://127.0.0.1:1/?token=x", "http://127.0.0.1:99999/", "nonsense"])
def test_a_note_that_leads_nowhere_is_none(note, text):
    note.parent.mkdir()
    note.write_text(text)
    assert running_page() is None


def test_a_page_with_another_token_is_none(app, note):
    note.parent.mkdir()
    note.write_text(f"{app.url}x")
    assert running_page() is None
    with announced(app.url):
        assert running_page() == app.url
