from __future__ import annotations

import functools
import gc
import http.server
import socket
import threading

import numpy as np
import pytest
from av import Packet, VideoFrame

from streammatte.devices import open_camera
from streammatte.devices.camera import CameraSource
from streammatte.errors import DeviceError
from streammatte.io import open_source


@pytest.fixture
def address(write_clip, tmp_path):
    """A camera on the network that sends 90 pictures and hangs up."""
    write_clip("camera.ts", 90)

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args):
            pass

    handler = functools.partial(Quiet, directory=str(tmp_path))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/camera.ts"
        server.shutdown()
        thread.join()


def test_a_camera_on_the_network_is_read_like_any_other(address, tmp_path):
    source = open_camera(address)
    assert isinstance(source, CameraSource)
    assert (source.info.device, source.size, source.info.coding) == (address, (64, 48), "h264")
    frames = list(source)
    source.close()
    expected = [frame.rgb for frame in open_source(tmp_path / "camera.ts")][1:]  # the first told the size
    assert all(np.array_equal(frame.rgb, picture) for frame, picture in zip(frames, expected, strict=True))


def test_nothing_of_the_camera_outlives_it(address):
    """A local camera's packets and pictures lie in the driver's memory; what was converted has memory of its own."""

    def media():
        gc.collect()
        return [each for each in gc.get_objects() if type(each) in (Packet, VideoFrame)]

    before = media()
    source = open_camera(address)
    frames = iter(source)
    kept = [next(frames) for _ in range(5)]
    source.close()
    left = [each for each in media() if not any(each is other for other in before)]
    assert left == []
    assert all(frame.rgb.any() for frame in kept)


def test_an_address_where_nobody_answers_is_named():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(DeviceError, match=rf"http://127\.0\.0\.1:{port}/ does not answer .*rtsp://HOST/PATH"):
        open_camera(f"http://127.0.0.1:{port}/")


def test_an_unknown_protocol_is_refused():
    with pytest.raises(DeviceError, match="does not answer"):
        open_camera("nonsense://camera")
