"""Pictures over the control page's server: uploads, thumbnails and the preview."""

import asyncio
import http.client

import aiohttp
import cv2
import numpy as np
import pytest

from streammatte.control import ControlServer
from streammatte.control.uploads import MOST_BYTES
from streammatte.errors import UsageError
from streammatte.io import NullSink

PNG = cv2.imencode(".png", np.full((40, 60, 3), (200, 100, 50), np.uint8))[1].tobytes()
"""A picture whose colour is 50, 100, 200 in R,G,B."""

UPGRADE = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13"}
UPGRADE["Sec-WebSocket-Key"] = "AAAAAAAAAAAAAAAAAAAAAA=="
"""What turns a request into a WebSocket."""


def test_a_picture_that_is_uploaded_becomes_the_background(client, controls, until, uploads):
    status, data, _ = client("/upload?name=My%20Beach.png", PNG)
    assert status == 200, data
    (path,) = uploads.iterdir()
    assert path.name.startswith("My-Beach-")
    assert path.read_bytes() == PNG
    until(lambda: controls.look.background == str(path))
    shown = client.state()["backgrounds"][-1]
    assert (shown["label"], shown["kind"]) == ("My Beach", "picture")
    assert picture(client(f"/{shown['thumbnail']}")[1])[50, 90] == pytest.approx([50, 100, 200], abs=4)
    (uploads / f".{path.stem}.1.partial.png").write_bytes(PNG[:40])  # as a killed one leaves it
    client("/upload?name=My%20Beach.png", PNG)
    assert list(uploads.iterdir()) == [path]
    values = {"path": str(path), "fit": "contain"}
    assert client.command("filters", [{"name": "image", "values": values}])[1] == 200


def test_an_uploaded_picture_is_offered_the_next_time_until_it_is_removed(
    client, connect, session, controls, uploads, until
):
    client("/upload?name=beach.png", PNG)
    (path,) = uploads.iterdir()
    until(lambda: controls.look.background == str(path))
    address = f"/upload?name={path.name}"
    status, text, _ = client(address, method="DELETE")
    assert status == 400
    assert b"choose another first" in text
    client.command("background", 0)
    until(lambda: controls.look.background == "#ff0000")
    controls.set_filters([f"image:{path}"])
    until(lambda: controls.look.filters)
    status, text, _ = client(address, method="DELETE")
    assert (status, path.exists()) == (400, True)
    assert b"take the filter out first" in text
    controls.set_filters([])
    until(lambda: not controls.look.filters)
    controls.withdraw(str(path))
    (uploads / "not-ours.png").write_bytes(PNG)
    with ControlServer(session) as later:
        assert controls.backgrounds == ("#ff0000", "blur:40", "#00ff00", str(path))
        assert connect(later).state()["backgrounds"][3]["upload"] == path.name
        assert connect(later)("/upload?name=not-ours.png", method="DELETE")[0] == 404
        assert connect(later)(f"/upload?name=../backgrounds/{path.name}", method="DELETE")[0] == 404
        assert connect(later)(address, method="DELETE")[0] == 200
    assert not path.exists()
    assert len(controls.backgrounds) == 3


class Setup:
    """Keeps whatever it is asked to give up."""

    backgrounds = ()

    def state(self):
        return {}

    def withdraw(self, text):
        raise UsageError(f"{text} is needed")


def test_without_a_camera_too_a_picture_that_is_chosen_stays(connect, uploads):
    uploads.mkdir(parents=True)
    (uploads / "beach-01234567.png").write_bytes(PNG)
    with ControlServer(setup=Setup()) as server:
        assert connect(server)("/upload?name=beach-01234567.png", method="DELETE")[0] == 400
    assert (uploads / "beach-01234567.png").exists()


def test_while_the_session_is_opened_anew_a_live_thumbnail_is_the_background_alone(connect, uploads):
    uploads.mkdir(parents=True)
    (uploads / "beach-01234567.png").write_bytes(PNG)
    with ControlServer() as server:
        status, jpeg, _ = connect(server)("/thumbnail/0?live=1")
    assert status == 200
    assert picture(jpeg).shape == (108, 192, 3)


@pytest.mark.parametrize("body", [b"", b"<svg/>", PNG[:40], b"\x89PNG" + bytes(1000)])
def test_what_is_no_picture_is_refused_and_not_kept(client, controls, uploads, body):
    status, text, _ = client("/upload?name=beach.png", body, method="POST")
    assert status == 400
    assert "'beach.png' is no picture that can be read; expected png, jpg" in text.decode()
    assert not uploads.exists()
    assert len(controls.backgrounds) == 3


@pytest.mark.parametrize("name", ["notes.txt", "", "png", "../../etc/passwd", "beach.svg", "beach.png.sh"])
def test_a_name_that_is_no_pictures_is_refused(client, name):
    status, text, _ = client(f"/upload?name={name}", PNG)
    assert status == 400
    assert b"is no picture; expected one of .bmp" in text


@pytest.mark.parametrize(
    "name",
    ["../../evil.png", "..%2F..%2Fevil.png", "..%5C..%5Cevil.png", "%2Fevil.png", "C%3A%5Cevil.png", "%00evil.png"],
)
def test_a_name_cannot_lead_out_of_the_folder(client, uploads, tmp_path, name):
    assert client(f"/upload?name={name}", PNG)[0] == 200
    (path,) = uploads.iterdir()
    assert path.name.startswith("evil-")
    assert list(tmp_path.rglob("*evil*")) == [path]


def test_a_picture_that_is_too_large_is_refused(client, uploads):
    status, text, _ = client("/upload?name=beach.png", bytes(MOST_BYTES + 1))
    assert status == 413
    assert b"expected 30 MB at most" in text
    assert not uploads.exists()


@pytest.mark.parametrize("path", ["/thumbnail/3", "/thumbnail/-1", "/thumbnail/x", "/../server.py", "/server.py"])
def test_only_what_is_listed_can_be_had(client, path):
    assert client(path)[0] == 404


def test_a_live_thumbnail_has_the_person_before_the_background(client, session, controls, until):
    until(lambda: session.matted)
    ground = session.matted.frame.rgb[0, 0].astype(int)
    for index, behind in ((0, (255, 0, 0)), (1, ground), (2, (0, 255, 0))):  # 1 is a blur
        shown = picture(client(f"/thumbnail/{index}?live=1")[1]).astype(int)
        assert shown.shape == (108, 192, 3)
        assert np.abs(shown[5, 5] - behind).max() < 12
        assert shown[50, 90].min() > 240
    controls.toggle("on")  # the room is then what would be behind
    until(lambda: session.matted is None)
    assert picture(client("/thumbnail/0?live=2")[1])[50, 90] == pytest.approx([255, 0, 0], abs=4)
    assert "max-age" not in client("/thumbnail/0?live=3")[2]["Cache-Control"]


def test_a_colour_has_a_thumbnail(client):
    assert picture(client("/thumbnail/0")[1])[50, 90] == pytest.approx([255, 0, 0], abs=4)


def look(client, frames, seen):
    """Take some frames of the preview; return the last, and what `seen` says while it is open."""

    async def take():
        headers = {"Cookie": f"streammatte={client.token}"}
        url = f"http://127.0.0.1:{client.address.port}{client.base}/preview"
        async with aiohttp.ClientSession(headers=headers) as http, http.ws_connect(url) as socket:
            for _ in range(frames):
                await socket.send_str("next")
                jpeg = await socket.receive_bytes(timeout=5)
            return jpeg, seen()

    return asyncio.run(take())


def test_the_preview_shows_the_composite(client, session, until):
    until(lambda: session.status().state == "live")
    jpeg, watching = look(client, 4, lambda: session.watching)
    rgb = picture(jpeg)
    assert rgb.shape == (180, 320, 3)
    assert rgb[10, 10] == pytest.approx([255, 0, 0], abs=6)
    assert rgb[90, 160] == pytest.approx([255, 255, 255], abs=6)
    assert watching == 1
    until(lambda: session.watching == 0)


class Unwatched(NullSink):
    device = "/dev/video9"

    def __init__(self, size, rate):
        self.rate = rate

    def readers(self):
        return 0


def test_a_camera_that_rested_is_open_while_the_preview_is(make_session, connect, until):
    with make_session(open_output=Unwatched, hold_off_s=0.4) as session, ControlServer(session) as server:
        until(lambda: session.status().state == "idle")
        assert look(connect(server), 20, lambda: session.status().state)[1] == "live"
        until(lambda: session.status().state == "idle")


@pytest.mark.parametrize("asked", [False, True])
def test_whoever_is_cut_off_watches_no_more(client, session, until, asked):
    connection = http.client.HTTPConnection("127.0.0.1", client.address.port)
    connection.request("GET", f"{client.base}/preview?{client.address.query}", headers=UPGRADE)
    until(lambda: session.watching == 1)
    if asked:
        connection.sock.sendall(b"\x81\x80\0\0\0\0")
    connection.sock.close()
    connection.close()
    until(lambda: session.watching == 0)


def picture(jpeg):
    return cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)[..., ::-1]
