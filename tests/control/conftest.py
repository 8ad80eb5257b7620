from __future__ import annotations

import asyncio
import base64
import http.client
import json
import os
import shutil
import subprocess
import time
from fractions import Fraction
from threading import Event
from urllib.parse import parse_qs, urlsplit

import cv2
import numpy as np
import pytest

from streammatte import Frame
from streammatte.batch.jobs import Outcome
from streammatte.batch.queue import FileQueue
from streammatte.control import ControlServer
from streammatte.live.controls import LiveControls
from streammatte.live.session import LiveSession
from streammatte.stages import Source, SourceInfo

SIZE = 320, 180
GROUND = 20, 40, 160
"""The colour of everything but the person, who is a white box in the middle."""
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


class Camera(Source):
    """A camera that shows a white box on blue, at 25 frames a second, until it is closed."""

    info = SourceInfo(SIZE, Fraction(25), live=True, device="a double")

    def __init__(self):
        self.closed = False

    def __iter__(self):
        rgb = np.empty((SIZE[1], SIZE[0], 3), np.uint8)
        rgb[:] = GROUND
        rgb[40:140, 110:210] = 255
        while not self.closed:
            time.sleep(1 / 25)
            yield Frame(rgb.copy())

    def close(self):
        self.closed = True


class Bright:
    """Takes for foreground what is bright; stands in for the network, whose weights these tests do not need."""

    engine, device = "double", "nothing"

    def matte(self, frame):
        return (frame.rgb.mean(axis=2) > 127).astype(np.float32)

    def reset(self):
        pass


@pytest.fixture
def controls():
    controls = LiveControls(
        ["#ff0000", "blur:40", "#00ff00"], decontaminate=False, load=lambda *_: Bright(), quality="fast"
    )
    yield controls
    controls.close()


@pytest.fixture
def make_session(controls):
    return lambda **options: LiveSession(Camera, controls, Bright(), **options)


@pytest.fixture
def session(make_session):
    with make_session() as session:
        yield session


class Client:
    """Sends requests as they are, whatever the headers."""

    def __init__(self, server):
        self.address = urlsplit(server.url)
        self.base = self.address.path.rstrip("/")
        self.token = parse_qs(self.address.query)["token"][0]

    def __call__(self, path, body=None, *, token=True, method=None, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.address.port, timeout=10)
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        if token:
            headers["Cookie"] = f"streammatte={self.token}"
        connection.request(method or ("GET" if body is None else "POST"), self.base + path, body, headers)
        response = connection.getresponse()
        data = response.read()
        connection.close()
        return response.status, data, response.headers

    def command(self, name, value=None):
        status, data, _ = self("/command", json.dumps({"do": name, "value": value}))
        return (json.loads(data) if status == 200 else data.decode()), status

    def state(self):
        return json.loads(self("/state")[1])


class Apart:
    """Does files in the place of a process, all but the first of two frames when they are let go.

    The picture that it shows is red on the left and green on the right.
    """

    def __init__(self):
        self.go = Event()

    def __call__(self, task, asked, job, *, tell, show, stop):
        tell(1, 2)
        picture = np.zeros((40, 160, 4), np.uint8)
        picture[:, :80], picture[:, 80:] = (0, 0, 255, 255), (0, 255, 0, 255)
        show(cv2.imencode(".webp", picture)[1].tobytes())
        while not self.go.wait(0.01):
            if stop.is_set():
                return None
        job.out.write_text(job.source)
        return Outcome(job, 2, 1.0)


@pytest.fixture
def apart(monkeypatch):
    apart = Apart()
    monkeypatch.setattr("streammatte.batch.queue.do_apart", apart)
    return apart


@pytest.fixture
def queue(tmp_path):
    return FileQueue(tmp_path / "spool", tmp_path / "videos", tmp_path / "pictures")


@pytest.fixture
def uploads(tmp_path):
    """Where pictures are kept that are dropped onto the page."""
    return tmp_path / "Data" / "streammatte" / "backgrounds"


@pytest.fixture
def server(session, queue):
    with ControlServer(session, queue=queue) as server:
        yield server


@pytest.fixture
def client(server):
    return Client(server)


@pytest.fixture
def connect():
    return Client


class Browser:
    """A page in a headless Chromium, driven over its DevTools protocol.

    Attributes
    ----------
    complaints : list of str
        What the page's console was told of errors.
    """

    def __init__(self, folder):
        command = [CHROMIUM, "--headless", "--remote-debugging-port=0", f"--user-data-dir={folder}"]
        command += ["--no-first-run", "--disable-gpu", "--hide-scrollbars", "--window-size=1280,860"]
        command += ["--no-sandbox"] if getattr(os, "geteuid", lambda: 1)() == 0 else []
        self._process = subprocess.Popen([*command, "about:blank"], stderr=subprocess.DEVNULL)
        self._loop = asyncio.new_event_loop()
        self._count = 0
        self.complaints = []
        self._run(self._connect(folder / "DevToolsActivePort"))
        for domain in ("Page", "Runtime", "Log", "DOM"):
            self.call(f"{domain}.enable")

    def open(self, url):
        self.call("Page.navigate", url=url)

    def call(self, method, **parameters):
        """Ask Chromium for something and return its answer."""
        return self._run(self._call(method, parameters))

    def eval(self, script):
        """Return what JavaScript gives."""
        answer = self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def key(self, key):
        """Press a key: a character, or one of those that have names."""
        self.hold(key, 0)

    def hold(self, key, repeats):
        """Press a key until it has come so often again."""
        text = {"Enter": "\r"}.get(key, key if len(key) == 1 else "")
        code = {"key": key, "windowsVirtualKeyCode": {"Enter": 13, "Escape": 27, "Tab": 9}.get(key, 0)}
        for count in range(1 + repeats):
            self.call("Input.dispatchKeyEvent", type="keyDown", text=text, autoRepeat=count > 0, **code)
        self.call("Input.dispatchKeyEvent", type="keyUp", **code)

    def click(self, selector):
        x, y = self.centre(selector)
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def centre(self, selector):
        box = f"document.querySelector({json.dumps(selector)})"
        self.eval(f"{box}.scrollIntoView({{block: 'nearest'}})")
        return self.eval(f"(r => [r.x + r.width / 2, r.y + r.height / 2])({box}.getBoundingClientRect())")

    def choose_file(self, selector, path):
        root = self.call("DOM.getDocument")["root"]["nodeId"]
        node = self.call("DOM.querySelector", nodeId=root, selector=selector)["nodeId"]
        self.call("DOM.setFileInputFiles", nodeId=node, files=[str(path)])

    def drop(self, selector, path):
        """Drag a file from the desktop onto something."""
        x, y = self.centre(selector)
        data = {"items": [], "files": [str(path)], "dragOperationsMask": 1}
        for kind in ("dragEnter", "dragOver", "drop"):
            self.call("Input.dispatchDragEvent", type=kind, x=x, y=y, data=data)

    def look(self, *, size=(1280, 860), dark=False):
        """Make the window another size, or dark."""
        self.call(
            "Emulation.setDeviceMetricsOverride", width=size[0], height=size[1], deviceScaleFactor=1, mobile=False
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])

    def picture(self, path, size, scale):
        clip = {"x": 0, "y": 0, "width": size[0], "height": size[1], "scale": scale}
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot", format="png", clip=clip)["data"]))

    def close(self):
        self._run(self._http.close())
        self._loop.close()
        self._process.terminate()
        self._process.wait(10)

    def _run(self, work):
        return self._loop.run_until_complete(asyncio.wait_for(work, 30))

    async def _connect(self, port_file):
        import aiohttp

        while not port_file.exists() or not port_file.read_text().strip():
            assert self._process.poll() is None, "Chromium ended at once"
            await asyncio.sleep(0.05)
        port = port_file.read_text().split()[0]
        self._http = aiohttp.ClientSession()
        async with self._http.get(f"http://127.0.0.1:{port}/json/list") as answer:
            (page,) = [each for each in await answer.json() if each["type"] == "page"]
        self._socket = await self._http.ws_connect(page["webSocketDebuggerUrl"], max_msg_size=0)

    async def _call(self, method, parameters):
        self._count += 1
        await self._socket.send_json({"id": self._count, "method": method, "params": parameters})
        while True:
            message = await self._socket.receive_json()
            self._note(message.get("method"), message.get("params", {}))
            if message.get("method") == "Page.javascriptDialogOpening":
                await self._socket.send_json(
                    {"id": 0, "method": "Page.handleJavaScriptDialog", "params": {"accept": True}}
                )
            if message.get("id") == self._count:
                assert "error" not in message, message["error"]
                return message["result"]

    def _note(self, method, parameters):
        if method == "Runtime.exceptionThrown":
            self.complaints.append(json.dumps(parameters["exceptionDetails"]))
        elif method == "Runtime.consoleAPICalled" and parameters["type"] in ("error", "assert"):
            self.complaints.append(json.dumps(parameters["args"]))
        elif method == "Log.entryAdded" and parameters["entry"]["level"] == "error":
            self.complaints.append(json.dumps(parameters["entry"]))


@pytest.fixture
def browser(tmp_path):
    if CHROMIUM is None:
        pytest.skip("there is no chromium; on Debian: apt-get install chromium")
    browser = Browser(tmp_path / "chromium")
    yield browser
    browser.close()
