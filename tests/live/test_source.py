from __future__ import annotations

from threading import Event, Thread
from time import sleep

import pytest

from streammatte.errors import DeviceError
from streammatte.live.source import PersistentSource


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr("streammatte.live.source._BACK_OFF_S", (0.01,))


def opener(*cameras):
    """Opens one after the other; an error among them is raised."""
    rest = list(cameras)

    def open_camera():
        camera = rest.pop(0)
        if isinstance(camera, Exception):
            raise camera
        return camera

    return open_camera


def test_an_unplugged_camera_is_found_again(camera):
    gone = DeviceError("camera is gone")
    first, second = camera(frames=3, error=gone), camera(size=(128, 48))
    source = PersistentSource(opener(first, DeviceError("not there"), DeviceError("not yet"), second))
    states, frames = [], iter(source)
    for frame in frames:
        states.append(source.state)
        assert frame.size == (64, 48)  # the second camera's are cut to the first one's shape
        if source.reconnects:
            break
    source.close()
    assert first.closed.is_set()
    assert second.closed.is_set()
    assert set(states) == {"live"}
    assert source.received >= 2
    assert list(frames) == []


def test_while_it_is_lost_it_says_why(camera, until):
    source = PersistentSource(opener(camera(frames=1, error=DeviceError("camera is gone")), *[DeviceError("no")] * 99))
    frames = iter(source)
    next(frames)
    thread = Thread(target=lambda: next(frames, None))
    thread.start()
    until(lambda: source.state == "lost" and source.problem == "no")
    source.close()
    thread.join(5)
    assert not thread.is_alive()


def test_a_silent_camera_is_opened_anew(camera):
    source = PersistentSource(opener(camera(silent_after=2), camera()), silence_s=0.2)
    for _ in source:
        if source.reconnects:
            break
    source.close()


def test_a_camera_that_nobody_wants_is_closed(camera, until):
    wanted, cameras = Event(), [camera(), camera()]
    wanted.set()
    source = PersistentSource(opener(*cameras), wanted)
    frames = iter(source)
    next(frames)
    wanted.clear()
    got = []
    thread = Thread(target=lambda: got.extend([next(frames), next(frames)]))
    thread.start()
    until(lambda: source.state == "idle")
    assert cameras[0].closed.is_set()
    before = len(got)
    wanted.set()
    thread.join(5)
    assert len(got) == 2
    assert before <= 1
    assert source.reconnects == 0
    source.close()


def test_a_late_reader_gets_the_newest_frame_and_the_rest_are_counted(camera):
    source = PersistentSource(opener(camera(rate=200)))
    frames = iter(source)
    first = next(frames)
    sleep(0.3)
    second = next(frames)
    source.close()
    skipped = int(second.rgb[0, 0, 0]) - int(first.rgb[0, 0, 0]) - 1
    assert skipped > 5
    assert source.dropped >= skipped
    assert source.received == source.dropped + 2


def test_a_camera_that_is_being_opened_when_all_ends_is_closed_too(camera, until):
    opening, go_on, second = Event(), Event(), camera()

    def open_again():
        opening.set()
        go_on.wait()
        return second

    cameras = iter([lambda: camera(frames=1), open_again])
    source = PersistentSource(lambda: next(cameras)())
    thread = Thread(target=lambda: list(source))
    thread.start()
    opening.wait()
    source.close()
    go_on.set()
    thread.join(5)
    assert not thread.is_alive()
    assert second.closed.is_set()


def test_the_first_failure_is_the_users_to_see():
    with pytest.raises(DeviceError, match="no camera"):
        PersistentSource(opener(DeviceError("there is no camera")))
