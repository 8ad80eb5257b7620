"""Requests to the page that nobody would send, made up from a seed; more of them with ``REQUESTS=5000 SEED=2``.

Whoever may not talk to the page is refused, nothing makes the server fail, and nothing outside its folders is written,
removed or put behind the person.
"""

from __future__ import annotations

import json
import os
import random
import socket
from urllib.parse import quote, urlsplit

import cv2
import numpy as np

from streammatte.app import App
from streammatte.batch.jobs import Outcome

REQUESTS, SEED = int(os.environ.get("REQUESTS", "500")), int(os.environ.get("SEED", "1"))
PNG = cv2.imencode(".png", np.zeros((8, 8, 3), np.uint8))[1].tobytes()
ROUTES = [("POST", "/command")] * 8 + [("POST", "/upload")] * 4 + [("DELETE", "/upload")] * 2
ROUTES += [("GET", path) for path in ("/", "/state", "/events", "/preview", "/catalogue", "/thumbnail/0", "/page.js")]
ROUTES += [("POST", "/files")] * 4 + [("POST", path) for path in ("/files/1/again", "/files/2/again", "/files/look")]
ROUTES += [("DELETE", "/files/2"), ("POST", "/files/1/stop"), ("GET", "/files/1/glimpse"), ("GET", "/files/1/result")]
METHODS = ["GET", "POST", "DELETE", "PUT", "PATCH", "HEAD", "OPTIONS", "TRACE", "get", "PROPFIND", "É"]
PATHS = [path for _, path in ROUTES] + [
    "/thumbnail/999999",
    "/thumbnail/-1",
    "/files/999999999/again",
    "/files/..%2f1/result",
    "/files/1/../result",
    "/../state.py",
    "/%2e%2e/state.py",
    "//state",
    "*",
    "/%00",
    "/nothing",
]
COMMANDS = {
    "press": "c",
    "switch": {"name": "covered", "on": True},
    "background": 0,
    "blur": 9,
    "smoothing": "motion",
    "quality": "best",
    "filters": [{"name": "blur", "values": {"strength": "5"}}],
    "choose": {"part": "size", "text": "640x480"},
    "save-profile": "mine",
    "try": None,
    "turn": True,
    "forget-choices": None,
    "__class__": None,
}
"""Each with what it takes."""

ODD = [None, True, -1, 2, 10**30, 1e308, float("nan"), "", "x", "blur:9", "#00ff00", "\0", "\ud800", "é" * 3000, "../x"]
ODD += [
    "%s",
    '"',
    [],
    {},
    [[]],
    {"part": [], "text": {}},
    {"part": "profile", "text": "../x"},
    {"part": "\0", "text": ""},
]
ODD += [{"name": "blur", "values": {"strength": "nan"}}, {"name": "\0", "values": {"\ud800": "\0"}}, "on", "mirror"]


class Asking:
    """Makes requests up, and sends them byte by byte."""

    def __init__(self, url, inside, seed):
        self._address = urlsplit(url)
        self._token = self._address.query.partition("=")[2]
        self._inside = inside
        self._any = random.Random(seed)

    def request(self):
        """Return a request as it is sent, and whether the guard shall let it pass."""
        own = f"127.0.0.1:{self._address.port}"
        host = self._mostly(own, "evil.example", f"{own}.evil.example", "", "::")
        origin = self._mostly(None, f"http://{host}", "null", "http://evil.example", f"https://{host}")
        site = self._mostly(None, "none", "same-origin", "same-site", "cross-site", "é")
        token, cookie = self._mostly(
            (None, self._token),
            (self._token, None),
            ("", self._token),
            (None, None),
            ("wrong", self._token),
            (None, self._token[:-1]),
        )
        passes = (
            host == own
            and origin in (None, f"http://{host}")
            and site in (None, "none", "same-origin")
            and self._token in (token, cookie)
        )
        method, path = self._mostly(self._any.choice(ROUTES), (self._any.choice(METHODS), self._any.choice(PATHS)))
        query = {"token": token, "name": self._any.choice([None, self._name()])}
        query["look"] = self._look() if path.startswith("/files") else None
        asked = (
            self._address.path.rstrip("/")
            + path
            + "?"
            + "&".join(f"{name}={quote(value)}" for name, value in query.items() if value is not None)
        )
        body = self._mostly(PNG, self._body()) if path.startswith(("/upload", "/files")) else self._body()
        headers = {
            "Host": host,
            "Origin": origin,
            "Sec-Fetch-Site": site,
            "Cookie": cookie and f"streammatte={cookie}",
            "Content-Type": self._any.choice([None, "application/json", "multipart/form-data; boundary=", "é/*"]),
            "Content-Encoding": self._mostly(None, "gzip", "br", "x"),
            "Content-Length": len(body),
            "Connection": "close",
        }
        lines = [f"{method} {asked} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in headers.items() if value is not None]
        return "\r\n".join([*lines, "", ""]).encode() + body, passes

    def status(self, request):
        """Send a request and return the status of its answer, 0 if there is none, and what of it comes at once."""
        with socket.create_connection((self._address.hostname, self._address.port), timeout=10) as connection:
            connection.sendall(request)
            answer = connection.recv(1 << 16)
        return int(answer.split(None, 2)[1]) if answer else 0, answer

    def _mostly(self, usual, *others):
        return usual if self._any.random() < 0.9 else self._any.choice(others)

    def _body(self):
        pick = self._any.choice
        name = pick([*COMMANDS, None, 3])
        value = pick([COMMANDS.get(name), pick(ODD), [pick(ODD), {"name": "image", "values": {"path": self._name()}}]])
        command = json.dumps({"do": name, "value": value}).encode()
        return pick([command] * 9 + [PNG, PNG[:40], b"", b"\xff\0{", b"[" * 100_000, b"9" * 5000])

    def _look(self):
        """A look for files, mostly one that can be."""
        look = {"background": "blur", "blur": 4, "filters": [], "smoothing": "off", "quality": "fast", "suffix": ".mov"}
        part = self._any.choice([*look, "more"])
        file = {"name": "image", "values": {"path": self._name()}}
        odd = self._mostly(look.get(part), *ODD, [file], self._name())
        return self._mostly(json.dumps({**look, part: odd}), "", "[" * 3000, json.dumps(odd))

    def _name(self):
        """What a picture, or a file that is to be opened, is called."""
        here, last = self._inside, self._any.choice(["room.png", "room-01234567.png", "x.toml", "..", ".png", "\0.png"])
        ways = ["", "../", "../../", "a/../../", "..\\..\\", "%2e%2e/", f"{here.parent}/", f"{here}/", "//", "é" * 300]
        return self._any.choice(ways) + last


def done(task, asked, job, *, tell, show, stop):
    """Do a file in the place of a process: the result is the file itself."""
    show(PNG)
    job.out.write_bytes(PNG)
    return Outcome(job, 1, 0.0)


def test_requests_that_nobody_would_send(devices, choices, config_path, tmp_path, until, caplog, monkeypatch):
    monkeypatch.setattr("streammatte.batch.queue.do_apart", done)
    inside = tmp_path / "Data" / "streammatte" / "backgrounds"
    results = tmp_path / "Pictures" / "streammatte"
    inside.parent.mkdir(parents=True)
    around = [folder / name for folder in (tmp_path, *inside.parents[:2]) for name in ("room.png", "room-01234567.png")]
    for path in around:
        path.write_bytes(PNG)
    passed = refused = 0
    with App(choices) as app:

        def running():
            if not app.state()["on"]:  # it was asked to be off
                app.turn(True)
            return app.session

        asking = Asking(app.url, inside, SEED)
        for _ in range(REQUESTS):
            until(running)
            request, passes = asking.request()
            status, answer = asking.status(request)
            assert 200 <= status < 500, (request[:600], answer, caplog.text)
            assert passes or status in (400, 403), (request[:600], answer)
            passed += status == 200
            refused += status == 403
        until(running)
        assert not any(str(path) in f"{app.session.controls.look}{app.session.controls.backgrounds}" for path in around)
    assert passed > REQUESTS / 10
    assert refused > REQUESTS / 10
    assert any(inside.iterdir())
    assert any(results.iterdir())
    others = {path for path in tmp_path.rglob("*") if path.is_file() and path.parent not in (inside, results)}
    assert others - {tmp_path / "State" / "streammatte" / "look.json"} == {*around, config_path}
    assert all(path.read_bytes() == PNG for path in around)
