from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from threading import active_count

import pytest

import streammatte
from streammatte.devices.listing import CameraInfo
from streammatte.errors import DeviceError, UsageError, WeightsError
from streammatte.io import ListSink
from streammatte.plugins.text import parse_filter


class Output(ListSink):
    """Stands in for the virtual camera."""

    made: tuple[Output, ...] = ()

    def __init__(self, *arguments):
        super().__init__()
        self.arguments = arguments
        self.device, self.rate, self.counted = "/dev/video9", Fraction(100), False
        Output.made = (*Output.made, self)

    def readers(self):
        self.counted = True
        return 1


@pytest.fixture
def devices(monkeypatch, half):
    """What is asked for: network and cameras."""
    asked = {"load": [], "camera": []}

    def load(weights: Path | None = None, *, quality="", engine="", device="", threads: int = 0):
        asked["load"].append((weights, quality, engine, device, threads))
        return half

    monkeypatch.setattr(Output, "made", ())
    monkeypatch.setattr("streammatte.devices.virtual_camera.VirtualCameraSink", Output)
    monkeypatch.setattr("streammatte.devices.virtual_camera.list_virtual_cameras", lambda: ["/dev/video9"])
    monkeypatch.setattr("streammatte.matting.matter.load", load)
    monkeypatch.setattr("streammatte.live.source._BACK_OFF_S", (0.01,))
    return asked


@pytest.fixture
def cameras(monkeypatch, camera, devices):
    """Those that are opened, one after the other."""
    rest = []

    def open_camera(*asked):
        devices["camera"].append(asked)
        opened = rest.pop(0)
        if isinstance(opened, Exception):
            raise opened
        return opened

    monkeypatch.setattr("streammatte.devices.open_camera", open_camera)
    return rest


def test_what_is_shown_is_had_without_a_virtual_camera(devices, cameras, camera, until):
    cameras.append(camera())
    threads = active_count()
    with streammatte.open_session(
        "/dev/video3",
        backgrounds=["#ff0000"],
        decontaminate=False,
        mirror=True,
        size=(320, 240),
        rate=15,
        virtual_camera=False,
        threads=1,
    ) as session:
        until(lambda: session.shown.composite.rgb[24, 0].tolist() == [255, 0, 0])
        assert session.shown.composite.rgb[24, -1, 0] != 255
        assert "/dev/video0 gives 64x48 at 100 fps" in session.controls.notices
        status = session.status()
        assert (status.camera, status.output, status.readers) == ("/dev/video0", "", None)
    assert devices["camera"] == [("/dev/video3", (320, 240), 15)]
    assert devices["load"] == [(None, "fast", "auto", "auto", 1)]
    assert Output.made == ()
    assert active_count() == threads


def test_quality_can_be_changed_unless_the_text_of_the_matter_says_it(devices, cameras, camera, until):
    cameras += [camera(), camera()]
    with streammatte.open_session(virtual_camera=False) as session:
        session.controls.set_quality("best")
        until(lambda: session.controls.look.quality == "best")
    with streammatte.open_session(virtual_camera=False, matter="streammatte:quality=normal") as session:
        assert session.controls.look.quality is None
        with pytest.raises(UsageError, match="no choice of quality"):
            session.controls.set_quality("best")
    assert [quality for _, quality, *_ in devices["load"]] == ["fast", "best", "normal"]


@pytest.mark.parametrize(("virtual_camera", "name"), [(True, None), ("/dev/video9", "/dev/video9")])
@pytest.mark.parametrize("always_on", [False, True])
def test_it_goes_to_the_virtual_camera_whose_readers_are_counted(
    devices, cameras, camera, until, virtual_camera, name, always_on
):
    cameras.append(camera())
    with streammatte.open_session(virtual_camera=virtual_camera, fit="contain", always_on=always_on) as session:
        until(lambda: len(Output.made[0].layers) > 50)
        assert session.status().readers == (None if always_on else 1)
    assert Output.made[0].arguments == ((64, 48), 100, name, "contain")
    assert Output.made[0].counted != always_on


@pytest.mark.parametrize("spec", [None, "/dev/video1", "Mine"])
def test_the_same_camera_is_looked_for_under_its_new_number(devices, cameras, camera, until, monkeypatch, spec):
    gone, second = camera(frames=3, error=DeviceError("it is gone")), camera()
    gone._info = replace(gone.info, device="/dev/video1", name="Mine")
    second._info = replace(second.info, device="/dev/video5", name="Mine")
    twin, other = CameraInfo("/dev/video3", "Mine"), CameraInfo("/dev/video1", "Another")
    lists = [[CameraInfo("/dev/video1", "Mine"), twin], [other], [other, twin, CameraInfo("/dev/video5", "Mine")]]
    monkeypatch.setattr(
        "streammatte.devices.listing.list_cameras", lambda: lists.pop(0) if len(lists) > 1 else lists[0]
    )
    cameras += [gone, second]
    with streammatte.open_session(spec, virtual_camera=False) as session:
        until(lambda: session.status().reconnects == 1)
        assert session.status().camera == "/dev/video5"
    assert [each[0] for each in devices["camera"]] == [spec, "/dev/video5"]


@pytest.mark.parametrize("mistake", [{"backgrounds": ["none"]}, {"filters": ["nonsense"]}, {"cpu_budget": -1}])
def test_a_mistake_is_found_before_the_camera_is_opened(devices, cameras, mistake):
    threads = active_count()
    with pytest.raises(UsageError):
        streammatte.open_session(virtual_camera=False, **mistake)
    assert devices["camera"] == []
    assert active_count() == threads


def test_what_was_opened_is_closed_when_the_rest_cannot_be(devices, cameras, monkeypatch):
    closed = []

    class Held:
        def __call__(self, layers):
            return layers

        def close(self):
            closed.append(True)

    monkeypatch.setattr(
        "streammatte.live.controls.parse_filter", lambda text: Held() if text == "a" else parse_filter(text)
    )
    cameras.append(DeviceError("there is no camera"))
    with pytest.raises(DeviceError, match="no camera"):
        streammatte.open_session(filters=["a"], virtual_camera=False)
    monkeypatch.setattr(
        "streammatte.matting.matter.load", lambda *_, **__: (_ for _ in ()).throw(WeightsError("no weights"))
    )
    with pytest.raises(WeightsError):
        streammatte.open_session(filters=["a"], virtual_camera=False)
    assert len(closed) == 2
