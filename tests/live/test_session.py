from __future__ import annotations

from fractions import Fraction
from threading import active_count
from time import sleep

import numpy as np
import pytest

from streammatte.errors import DeviceError
from streammatte.io import ListSink
from streammatte.live.controls import LiveControls
from streammatte.live.session import LiveSession


class Output(ListSink):
    device, rate = "/dev/video99", Fraction(50)
    watched_by = None

    def readers(self):
        return self.watched_by


@pytest.fixture
def controls():
    made = LiveControls(["#ff0000"], decontaminate=False)
    yield made
    made.close()


def colours(output):
    return {tuple(layers.composite.rgb[24, -1].tolist()) for layers in output.layers}


def test_the_composite_reaches_the_output_and_the_status_tells_of_it(camera, half, controls, until):
    output, asked = Output(), []

    def open_output(size, rate):
        asked.append((size, rate))
        return output

    threads = active_count()
    with LiveSession(camera, controls, half, open_output=open_output) as session:
        assert asked == [((64, 48), 100)]
        until(lambda: (255, 0, 0) in colours(output))
        until(lambda: session.status().fps_in > 0)
        status = session.status()
        assert (status.state, status.output, status.engine, status.size) == ("live", "/dev/video99", "double", (64, 48))
        assert status.latency_median_ms is not None
        assert status.found + status.carried + status.rested > 0
        assert status.readers is None
        assert session.shown.frame.size == (64, 48)
        assert not session.wait(0.01)
        controls.press("q")
        assert session.wait(5)
    assert output.closed or output.aborted
    assert active_count() == threads


def test_the_camera_is_closed_while_nobody_watches(camera, half, controls, until):
    cameras, output = [], Output()
    output.watched_by = 0

    def open_camera():
        cameras.append(camera())
        return cameras[-1]

    with LiveSession(open_camera, controls, half, open_output=lambda *_: output, hold_off_s=0.2) as session:
        until(lambda: session.status().state == "idle")
        assert cameras[0].closed.is_set()
        output.watched_by = 1
        until(lambda: len(cameras) == 2 and session.status().state == "live")
        assert session.status().readers == 1
        output.watched_by = 0
        until(lambda: session.status().state == "idle")
        session.watching += 1  # as the control page does
        until(lambda: session.status().state == "live")
        assert session.status().readers == 0  # it is no program


def test_matting_is_on_again_when_nobody_watches_any_more(camera, half, controls, until):
    output = Output()
    output.watched_by = 1
    with LiveSession(camera, controls, half, open_output=lambda *_: output, hold_off_s=0.2) as session:
        until(lambda: session.status().readers == 1)
        controls.press("o")
        assert not session.status().on
        output.watched_by = 0
        until(lambda: session.status().on and session.status().state == "idle")
        assert controls.notices == ("matting is on again, as nobody watches any more",)


def test_frames_that_came_too_fast_are_counted(camera, half, controls, until):
    class Slow:
        def matte(self, frame):
            sleep(0.05)
            return half.matte(frame)

        def reset(self): ...

    with LiveSession(camera, controls, Slow()) as session:
        until(lambda: session.status().found >= 10)
        status = session.status()
    assert 0 <= status.received - status.dropped - status.found <= 10  # those that are on their way
    assert status.dropped


def test_a_budget_that_nothing_can_keep_is_told_to_the_user(camera, half, controls, until, monkeypatch):
    monkeypatch.setattr("streammatte.live.budget._WINDOW_S", 0.02)
    with LiveSession(camera, controls, half, cpu_budget=1e-6):
        until(lambda: any("CPU budget of 1e-06 % of a core is too small" in notice for notice in controls.notices))


def test_a_lost_camera_leaves_the_output_running(camera, half, controls, until, monkeypatch):
    monkeypatch.setattr("streammatte.live.source._BACK_OFF_S", (0.02,))
    plugged, output = [True], Output()

    def open_camera():
        if not plugged[0]:
            raise DeviceError("it is not there")
        return camera(frames=20, error=DeviceError("it is gone"))

    with LiveSession(open_camera, controls, half, open_output=lambda *_: output) as session:
        until(lambda: (255, 0, 0) in colours(output))
        plugged[0] = False
        until(lambda: session.status().problem == "it is not there")
        assert session.status().state == "lost"
        before = len(output.layers)
        until(lambda: len(output.layers) > before + 10)
        plugged[0] = True
        until(lambda: session.status().reconnects > 0)


def test_what_breaks_the_session_is_raised_by_wait(camera, half, controls):
    class Broken(Output):
        def write(self, layers):
            if self.layers:
                raise OSError("no pictures today")
            super().write(layers)

    with (
        LiveSession(camera, controls, half, open_output=lambda *_: Broken()) as session,
        pytest.raises(OSError, match="no pictures today"),
    ):
        session.wait(5)


def test_an_output_that_cannot_be_opened_leaves_nothing_behind(camera, half, controls):
    cameras = []

    def open_camera():
        cameras.append(camera())
        return cameras[-1]

    def fails(size, rate):
        raise DeviceError("there is no virtual camera")

    threads = active_count()
    with pytest.raises(DeviceError, match="virtual"):
        LiveSession(open_camera, controls, half, open_output=fails)
    assert cameras[0].closed.is_set()
    assert active_count() == threads


def test_before_the_first_frame_a_card_is_shown(camera, half, controls):
    with LiveSession(lambda: camera(rate=1), controls, half) as session:
        assert 0 < np.count_nonzero(session.shown.composite.rgb > 100) < 0.3 * 64 * 48 * 3
