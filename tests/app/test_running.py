from __future__ import annotations

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
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


@pytest.fixture
def stranger(note):
    """What answers at the port of an app that was killed."""

    class Answers(BaseHTTPRequestHandler):
        text = b""

        def do_POST(self):
            self.send_response(200)
            self.send_header("Content-Length", str(len(self.text)))
            self.end_headers()
            self.wfile.write(self.text)

        def log_message(self, *_): ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server, ThreadPoolExecutor(1) as thread:
        thread.submit(server.serve_forever, 0.01)
        note.parent.mkdir()
        note.write_text(f"http://127.0.0.1:{server.server_port}/path/?token=x")
        yield Answers
        server.shutdown()


def test_no_stranger_chooses_what_page_is_opened(note, stranger):
    page = note.read_text().partition("?")[0]
    for text in ("http://elsewhere.example/", f"{page}../?token=y", ""):
        stranger.text = text.encode()
        assert running_page() is None
    stranger.text = f"{page}?token=y".encode()
    assert running_page() == (note.read_text(), f"{page}?token=y")


@pytest.mark.skipif(sys.platform == "win32", reason="it has no such locks")
def test_whoever_has_the_lock_starts_though_a_stranger_answers(note, stranger):
    stranger.text = note.read_bytes()
    with alone() as there:
        assert there is None


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
