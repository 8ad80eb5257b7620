"""The control page's server, spoken to as a browser does and as a stranger would."""

import http.client
import json
from time import monotonic
from urllib.parse import urlsplit

import cv2
import numpy as np
import pytest

from streammatte.control import ControlServer

UPGRADE = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13"}
UPGRADE["Sec-WebSocket-Key"] = "AAAAAAAAAAAAAAAAAAAAAA=="
"""What turns a request into a WebSocket."""


@pytest.mark.parametrize(
    "path", ["/", "/page.js", "/state", "/events", "/preview", "/thumbnail/0", "/catalogue", "/nothing"]
)
def test_nothing_is_answered_without_the_token(client, path):
    for query in ("", "?token=", "?token=wrong", "?token=%C3%A9", "?token=%FF"):
        status, text, headers = client(path + query, token=False)
        assert status == 403
        assert b"token" in text
        assert "Set-Cookie" not in headers


def test_the_printed_address_opens_the_page_and_gives_the_browser_a_cookie(client, server):
    status, page, headers = client(f"/?{client.address.query}", token=False)
    assert (status, headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert b"<title>streammatte</title>" in page
    assert "HttpOnly" in headers["Set-Cookie"]
    assert "SameSite=Strict" in headers["Set-Cookie"]
    assert "default-src 'self'" in headers["Content-Security-Policy"]
    assert (headers["X-Content-Type-Options"], headers["Referrer-Policy"]) == ("nosniff", "no-referrer")
    assert server.url.startswith("http://127.0.0.1:")
    assert len(client.token) >= 32


def test_the_cookie_goes_below_a_path_that_no_other_server_knows(client, connect, session):
    _, _, headers = client(f"/?{client.address.query}", token=False)
    assert f"Path={client.base}/;" in headers["Set-Cookie"]
    with ControlServer(session) as other:
        assert connect(other).base != client.base
    client.base = ""
    assert client("/state")[0] == 404
    assert client("/state", token=False)[0] == 403


def test_an_invitation_opens_the_page_once(client, server):
    assert client("/invitation", "", token=False)[0] == 403
    for invitation in (server.invitation(), client("/invitation", "")[1].decode()):
        address = urlsplit(invitation)
        assert (address.netloc, address.path) == (client.address.netloc, f"{client.base}/")
        assert client.token not in invitation
        status, page, headers = client(f"/?{address.query}", token=False)
        assert status == 200
        assert b"<title>streammatte</title>" in page
        assert f"streammatte={client.token};" in headers["Set-Cookie"]
        assert client(f"/?{address.query}", token=False)[0] == 403
        assert client(f"/?{address.query}")[0] == 200  # loaded again by who has the cookie


def test_an_invitation_lapses(client, server, monkeypatch):
    invitation = urlsplit(server.invitation())
    monkeypatch.setattr("streammatte.control.guard.monotonic", lambda: monotonic() + 61)
    assert client(f"/?{invitation.query}", token=False)[0] == 403
    assert client(f"/?{client.address.query}", token=False)[0] == 200


@pytest.mark.parametrize("name", ["page.js", "page.css", "icon.svg", "plots.js"])
def test_the_page_comes_whole_and_asks_nobody_else(client, name):
    status, data, _ = client(f"/{name}")
    assert status == 200
    assert data
    assert b"//" not in data.replace(b"http://www.w3.org/2000/svg", b"").replace(b"// ", b"")


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "127.0.0.1:1"},
        {"Origin": "http://evil.example"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "null"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
    ],
)
def test_other_sites_are_refused_even_with_the_token(client, controls, headers):
    command = json.dumps({"do": "switch", "value": {"name": "mirror", "on": True}})
    assert client("/command", command, **headers)[0] == 403
    assert client("/state", **headers)[0] == 403
    assert not controls.look.mirror


def test_the_own_origin_is_welcome(client):
    origin = f"http://127.0.0.1:{client.address.port}"
    assert client("/state", Origin=origin, Sec_Fetch_Site="same-origin")[0] == 200
    assert client("/state", Host=f"localhost:{client.address.port}")[0] == 200


def test_commands_take_effect(client, controls, until):
    for switch in ("on", "mirror", "show_alpha", "frozen", "covered"):
        wanted = not getattr(controls.look, switch)
        for _ in range(2):  # as two clicks in haste, or two pages, ask
            state, _ = client.command("switch", {"name": switch, "on": wanted})
            assert state["look"][switch] is wanted is getattr(controls.look, switch)
    client.command("press", "o")
    assert controls.look.on
    client.command("blur", 12.5)
    assert controls.look.blur == 12.5
    client.command("smoothing", "motion")
    assert controls.look.smoothing == "motion"
    client.command("quality", "best")
    until(lambda: client.state()["look"]["quality"] == "best")
    client.command("background", 2)
    until(lambda: controls.look.background == "#00ff00")
    client.command("background", "navy")
    until(lambda: client.state()["look"]["background"] == 3)
    client.command("background", "blur:70")
    until(lambda: controls.look.blur == 70)
    client.command("filters", [{"name": "blur", "values": {"strength": "5"}}, {"name": "decontaminate", "values": {}}])
    until(lambda: controls.look.filters == ("blur:strength=5", "decontaminate"))
    assert client.state()["look"]["filters"][0] == {"name": "blur", "values": {"strength": "5"}}
    assert client.command("quit")[0]["ended"]
    assert controls.ended.is_set()


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("dance", None, "there is no command 'dance'"),
        ("switch", {"name": "steps", "on": True}, "there is no switch"),
        ("switch", {"name": "mirror", "on": "no"}, "expected its name, and whether it is on"),
        ("press", "x", "there is no key"),
        ("blur", "much", "expected a number"),
        ("smoothing", "butter", "there is no smoother"),
        ("quality", "superb", "there is no quality 'superb'; expected one of fast, normal, best"),
        ("background", 99, "there is no background 99"),
        ("background", True, "there is no background"),
        ("background", -1, "there is no background"),
        ("background", "/etc/hostname", "there is no background"),
        ("background", "blur:much", "there is no background"),
        ("filters", "blur", "expected a list"),
        ("filters", ["blur"], "a filter is 'blur'"),
        ("filters", [{"name": "nothing", "values": {}}], "there is no filter"),
        ("filters", [{"name": "blur", "values": {"strength": '1"'}}], "double quotes"),
        ("filters", [{"name": "image", "values": {"path": "/etc/hostname"}}], "no background of the list"),
        ("filters", [{"name": "image:/etc/hostname", "values": {}}], "there is no filter"),
        ("filters", [{"name": "image", "values": {"path=/etc/hostname,fit": "cover"}}], "no background of the list"),
    ],
)
def test_what_cannot_be_is_refused_with_the_reason(client, controls, name, value, message):
    before = controls.look
    text, status = client.command(name, value)
    assert status == 400
    assert message in text
    assert controls.look is before


def test_a_file_of_the_list_serves_a_filter_as_it_is_written(client, controls, tmp_path):
    cv2.imwrite(str(tmp_path / "wall.png"), np.zeros((8, 8, 3), np.uint8))
    text = f"{tmp_path}/./wall.png"
    controls.offer(text)
    assert client.command("filters", [{"name": "image", "values": {"path": text}}])[1] == 200


def test_a_command_must_be_json(client):
    for body in ("{", "[]", "3", '"switch"', b"\xff", "[" * 100_000):
        assert client("/command", body)[0] == 400


def test_a_body_that_cannot_be_unpacked_is_refused_with_the_reason(client):
    for path in ("/command", "/upload?name=beach.png"):
        status, text, _ = client(path, b"not packed", Content_Encoding="gzip")
        assert status == 400
        assert b"the body cannot be read" in text


def test_the_catalogue_says_what_control_a_parameter_needs(client):
    catalogue = json.loads(client("/catalogue")[1])
    filters = {each["name"]: each for each in catalogue["filters"]}
    strength, shape = filters["blur"]["parameters"]
    assert (strength["kind"], strength["default"], strength["required"]) == ("number", "40", False)
    assert (shape["kind"], shape["default"], shape["choices"]) == ("choice", "soft", ["soft", "lens"])
    path, fit = filters["image"]["parameters"]
    assert (path["kind"], path["required"]) == ("path", True)
    assert (fit["kind"], fit["choices"]) == ("choice", ["cover", "contain", "stretch"])
    assert ["m", "mirror"] in catalogue["keys"]
    assert "motion" in catalogue["smoothers"]


def test_closing_the_server_ends_a_preview_and_the_events(session, connect, until):
    server = ControlServer(session)
    client = connect(server)
    connections = [http.client.HTTPConnection("127.0.0.1", client.address.port) for _ in range(2)]
    connections[0].request("GET", f"{client.base}/preview?{client.address.query}", headers=UPGRADE)
    connections[1].request("GET", f"{client.base}/events?{client.address.query}")
    response = connections[1].getresponse()
    assert response.readline().startswith(b'data: {"running": true')
    until(lambda: session.watching == 1)
    server.close()
    server.close()
    assert session.watching == 0
    for connection in connections:
        connection.close()
    with pytest.raises(ConnectionRefusedError):
        client("/state")
