"""Files over the control page's server, as a stranger would send them."""

from __future__ import annotations

import errno
import http.client
import io
import json
import sys
from urllib.parse import quote

import pytest

from streammatte.batch.look import FileLook
from streammatte.control import ControlServer

LOOK = {
    "background": "#00ff00",
    "blur": 12.5,
    "filters": [{"name": "blur", "values": {"strength": "5"}}],
    "smoothing": "off",
    "quality": "best",
    "suffix": ".mov",
}


def files(client):
    return client.state()["files"]


@pytest.fixture
def send(client):
    def send(name="my clip.MKV", body=b"a clip", method="POST", **look):
        query = f"name={quote(name)}&look={quote(json.dumps({**LOOK, **look}))}"
        status, text, _ = client(f"/files?{query}", body, method=method)
        return status, text.decode()

    return send


def test_the_look_is_there_the_next_time(client, connect, session, tmp_path):
    def chosen(client):
        return json.loads(client("/catalogue")[1])["look"]

    assert chosen(client) is None
    assert client(f"/files/look?look={quote(json.dumps({**LOOK, 'more': [0] * 9}))}", "")[0] == 200
    assert chosen(client) == LOOK
    assert client(f"/files/look?look={quote(json.dumps({**LOOK, 'quality': 'superb'}))}", "")[0] == 400
    with ControlServer(session) as later:
        assert chosen(connect(later)) == LOOK
    (tmp_path / "State" / "streammatte" / "look.json").write_text("{")
    assert chosen(client) is None


def test_a_file_comes_and_its_result_goes(client, send, queue, apart, until, tmp_path):
    assert send()[0] == 200
    entry = queue.entry(1)
    assert entry.look == FileLook("#00ff00", 12.5, ("blur:strength=5",), "off", "best", ".mov")
    assert entry.source.read_bytes() == b"a clip"
    assert entry.source.is_relative_to(tmp_path / "spool")
    if sys.platform != "win32":
        assert entry.source.stat().st_mode & 0o077 == 0
    until(lambda: files(client)["entries"][0]["glimpse"] == 1)
    (told,) = files(client)["entries"]
    assert (told["name"], told["state"], told["frames"], told["total"]) == ("my clip.mkv", "working", 1, 2)
    assert client("/files/1/glimpse")[1][8:12] == b"WEBP"
    assert client("/files/1/result")[0] == 404
    apart.go.set()
    until(lambda: files(client)["entries"][0]["state"] == "done")
    assert files(client)["entries"][0]["result"] == str(tmp_path / "videos" / "my clip.mov")
    status, data, headers = client("/files/1/result")
    assert (status, data.decode()) == (200, str(entry.source))
    assert headers["Content-Disposition"] == "attachment; filename*=UTF-8''my%20clip.mov"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert client("/files/1", method="DELETE")[0] == 200
    assert files(client)["entries"] == []
    assert not entry.source.parent.exists()
    assert entry.result.exists()


def test_it_is_stopped_and_done_again_with_another_look(client, send, queue, apart, until):
    send()
    assert client("/files/1/stop", b"")[0] == 200
    until(lambda: queue.entry(1).state == "stopped")
    apart.go.set()
    look = quote(json.dumps({**LOOK, "suffix": ".webm"}))
    assert client(f"/files/1/again?look={look}", b"")[0] == 200
    until(lambda: queue.entry(1).state == "done")
    assert queue.entry(1).result.name == "my clip.webm"


@pytest.mark.parametrize("name", ["../../evil.mp4", "..\\..\\evil.mp4", "/etc/evil.mp4", "\0evil.mp4", ".evil.mp4"])
def test_a_name_cannot_lead_out_of_the_folders(send, queue, apart, until, tmp_path, name):
    apart.go.set()
    before = set(tmp_path.iterdir()) | {tmp_path / "spool", tmp_path / "videos"}
    assert send(name)[0] == 200
    until(lambda: queue.entry(1).state == "done")
    assert queue.entry(1).result == tmp_path / "videos" / "evil.mov"
    assert queue.entry(1).source.parent.parent.parent == tmp_path / "spool"
    assert set(tmp_path.iterdir()) == before


@pytest.mark.parametrize("name", ["notes.txt", "", "mp4", "clip.mp4.sh", "clip", "list.m3u8", "..\\.mp4"])
def test_a_name_that_is_no_videos_or_pictures_is_refused(send, queue, name):
    status, text = send(name)
    assert status == 400
    assert "is no video or picture by its name; expected one of .3gp" in text
    assert queue.entries == []


@pytest.mark.parametrize(
    ("look", "message"),
    [
        ({"background": "/etc/hostname"}, "there is no background"),
        ({"background": "none"}, "there is no background"),
        ({"background": 0}, "there is no background"),
        ({"blur": "much"}, "expected a number"),
        ({"filters": [{"name": "image", "values": {"path": "/etc/hostname"}}]}, "no background of the list"),
        ({"filters": {}}, "expected a list"),
        ({"smoothing": "butter"}, "there is no smoother"),
        ({"quality": None}, "there is no quality"),
        ({"suffix": ".exe"}, "there is no kind of file '.exe'; expected one of .mp4, .mov, .webm"),
    ],
)
def test_a_look_that_cannot_be_is_refused(send, queue, look, message):
    status, text = send(**look)
    assert status == 400
    assert message in text
    assert queue.entries == []


@pytest.mark.parametrize("look", ["", "{", "[]", "{}", "[" * 5000, "\xff"])
def test_a_look_is_json(client, queue, look):
    assert client(f"/files?name=clip.mp4&look={quote(look)}", b"a clip")[0] == 400
    assert queue.entries == []


def test_what_there_is_no_room_for_is_refused_before_it_comes_and_while_it_does(client, send, queue, monkeypatch):
    monkeypatch.setattr(queue, "room", lambda: 1_000_000_100)
    assert files(client)["room"] == 100
    status, text = send(body=b"x" * 101)
    assert status == 413
    assert text == "the file is too large; expected 0 MB at most, for which the disk has room: free some"
    status, text = send(body=iter([b"x" * 60] * 2))  # whose length nobody tells
    assert status == 413
    assert queue.entries == []
    monkeypatch.setattr(queue, "room", lambda: 10**15)
    assert files(client)["room"] == 20e9
    monkeypatch.setattr("streammatte.control.files.MOST_BYTES", 100)
    assert send(body=b"x" * 101) == (413, "the file is too large; expected 0 MB at most")


def test_a_disk_that_is_full_before_it_was_to_be_is_told(send, queue, monkeypatch):
    class Full(io.BytesIO):
        def write(self, data):
            monkeypatch.setattr(queue, "room", lambda: 0)
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("streammatte.control.files._fresh", lambda path: Full())
    told = "the file is too large; expected 0 MB at most, for which the disk has room: free some"
    assert send() == (413, told)
    assert queue.entries == []


def test_one_that_is_removed_while_it_comes_is_not_kept(client, queue, until, apart):
    connection = http.client.HTTPConnection("127.0.0.1", client.address.port)
    look = quote(json.dumps(LOOK))
    connection.putrequest("POST", f"{client.base}/files?name=clip.mp4&look={look}&{client.address.query}")
    connection.putheader("Content-Length", "26")
    connection.endheaders(b"the beginning")
    until(lambda: queue.entries and queue.entry(1).came == 13)
    source = queue.entry(1).source
    assert client("/files/1", method="DELETE")[0] == 200
    connection.send(b", and the end")
    assert connection.getresponse().status == 200
    connection.close()
    assert queue.entries == []
    assert not source.parent.exists()


def test_one_that_is_cut_off_is_forgotten(client, queue, until):
    connection = http.client.HTTPConnection("127.0.0.1", client.address.port)
    look = quote(json.dumps(LOOK))
    connection.putrequest("POST", f"{client.base}/files?name=clip.mp4&look={look}&{client.address.query}")
    connection.putheader("Content-Length", "1000")
    connection.endheaders(b"the beginning")
    until(lambda: queue.entries and queue.entry(1).came == 13)
    assert files(client)["entries"][0]["state"] == "coming"
    source = queue.entry(1).source
    connection.sock.close()
    connection.close()
    until(lambda: queue.entries == [])
    until(lambda: not source.parent.exists())


@pytest.mark.parametrize(
    ("path", "method"), [("9", "DELETE"), ("9/stop", "POST"), ("9/again", "POST"), ("9/glimpse", "GET"), ("x", "GET")]
)
def test_what_is_not_there_is_refused(client, path, method):
    status, _, _ = client(f"/files/{path}?look={quote(json.dumps(LOOK))}", method=method)
    assert 400 <= status < 500


def test_an_end_of_the_server_ends_all(server, send, queue, apart, tmp_path, until):
    send()
    until(lambda: queue.entry(1).state == "working")
    server.close()
    assert list((tmp_path / "spool").iterdir()) == []
    assert not (tmp_path / "videos").exists()
