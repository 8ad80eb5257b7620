from __future__ import annotations

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from time import sleep

import pytest

from streammatte.app.running import alone, announced, running_page
from streammatte.errors import DeviceError


@pytest.fixture(autouse=True)
def note(monkeypatch, tmp_path):
    monkeypatch.setattr("streammatte.app.running.user_state_path", lambda *_, **__: tmp_path / "state")
    return tmp_path / "state" / "page"


def test_the_page_of_an_app_that_runs_is_found_until_it_ends(app, note):
    assert running_page() is None
    with announced(app.url):
        there = running_page()
        assert there.url == app.url
        assert there.invitation.partition("?")[0] == app.url.partition("?")[0]
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
        assert running_page().url == app.url


@pytest.mark.skipif(sys.platform == "win32", reason="it has no such locks")
def test_of_two_that_start_at_once_one_waits_for_the_others_page(app, monkeypatch):
    with ThreadPoolExecutor(1) as thread:
        with alone() as first:
            assert first is None
            other = thread.submit(alone().__enter__)
            sleep(0.3)
            assert not other.done()
            with announced(app.url):
                assert other.result(10).url == app.url
                with alone() as third:
                    assert third.url == app.url
        with alone() as free:
            assert free is None
            monkeypatch.setattr("streammatte.app.running._BEGINS_S", 0.1)
            with pytest.raises(DeviceError, match="runs already, and its page does not answer; end it first"):
                alone().__enter__()


def test_where_nothing_can_be_written_it_starts_all_the_same(note):
    note.parent.write_text("in the way")
    with alone() as there:
        assert there is None
