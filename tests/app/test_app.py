"""The app with doubles in the place of cameras and virtual cameras; its page: tests/control/test_setup_page.py."""

from __future__ import annotations

import pytest

from streammatte.app import App
from streammatte.cli.config import ConfigFile
from streammatte.devices.listing import CameraInfo
from streammatte.doctor import Finding
from streammatte.errors import UsageError


def test_a_camera_that_is_missing_is_waited_for(app, devices, until):
    until(lambda: app.session)
    camera = devices.cameras.pop()
    app.obey("try", None)
    until(lambda: app.state()["problem"])
    assert app.state()["problem"] == {"detail": "there is no camera", "remedy": "plug one in"}
    assert app.session is None
    tries = len(devices.asked)
    devices.cameras.append(camera)
    until(lambda: app.session)
    assert len(devices.asked) == tries + 1
    assert app.state()["problem"] is None


def test_a_virtual_camera_that_goes_away_is_waited_for(app, devices, until):
    until(lambda: app.session)
    devices.outputs.clear()
    until(lambda: app.state()["problem"])
    assert app.state()["problem"]["remedy"] == "bring it back"
    devices.outputs.append("/dev/video9")
    until(lambda: app.session)


def test_no_camera_is_opened_for_a_virtual_camera_that_is_not_there(app, devices, until, monkeypatch):
    until(lambda: app.session)
    devices.outputs.append("/dev/video8")
    app.obey("choose", {"part": "output", "text": "/dev/video8"})
    until(lambda: app.session and len(devices.made) == 2)
    monkeypatch.setattr("streammatte.app.app._TRY_EVERY_S", 0.0)
    devices.outputs.remove("/dev/video8")
    until(lambda: app.state()["problem"])
    tries, looked = len(devices.made), []
    monkeypatch.setattr("streammatte.app.offers.list_outputs", lambda: looked.append(1) or list(devices.outputs))
    until(lambda: len(looked) > 5)
    assert len(devices.made) == tries
    devices.outputs.append("/dev/video8")
    until(lambda: app.session)


def test_what_is_mended_while_it_runs_is_told_no_more(choices, devices, until, monkeypatch):
    amiss = [Finding("virtual cameras", "a browser", "warning", "sees none", "open it once more")]
    monkeypatch.setattr("streammatte.app.app.examine", lambda **_: list(amiss))
    monkeypatch.setattr("streammatte.app.app._EXAMINED_EVERY_S", 0.0)
    with App(choices) as app:
        until(lambda: app.session and app.state()["findings"])
        session = app.session
        session.watching += 1  # as an open page does
        amiss.clear()
        until(lambda: app.state()["findings"] == [])
        assert app.session is session


def test_a_key_or_the_page_ends_it_and_another_choice_does_not(app, devices, until):
    until(lambda: app.session)
    assert app.obey("choose", {"part": "size", "text": "640x480"})
    until(lambda: app.session and devices.asked[-1] == (None, (640, 480)))
    assert not app.wait(0)
    app.session.controls.press("q")
    until(lambda: app.wait(0))
    assert all(camera.closed for camera in devices.made)


def test_turned_off_it_holds_no_camera(app, devices, until):
    until(lambda: app.session)
    app.turn(False)
    until(lambda: app.session is None and all(camera.closed for camera in devices.made))
    app.turn(True)
    until(lambda: app.session)


def test_a_background_can_be_taken_out_without_a_session_unless_it_is_chosen(app, choices, until):
    until(lambda: app.session)
    app.turn(False)
    until(lambda: app.session is None)
    with pytest.raises(UsageError, match="choose another first"):
        app.withdraw("blur")
    app.withdraw("#00b140")
    assert "#00b140" not in app.backgrounds
    assert "#00b140" not in choices.options()["backgrounds"]


def test_another_camera_does_not_uncover(app, devices, until):
    until(lambda: app.session)
    first = app.session
    first.controls.toggle("covered")
    app.obey("choose", {"part": "size", "text": "640x480"})
    until(lambda: app.session not in (None, first))
    assert app.session.controls.look.covered


def test_the_look_is_kept_and_a_profile_is_not_overwritten_by_it(app, choices, until):
    until(lambda: app.session)
    app.session.controls.toggle("mirror")
    app.obey("save-profile", "mirrored")
    app.session.controls.toggle("mirror")
    app.session.controls.set_background("#00ff00")
    until(lambda: ConfigFile.read().table("profile", "app", "webcam")["bg"][0] == "#00ff00")
    app.obey("choose", {"part": "profile", "text": "mirrored"})
    until(lambda: app.session and app.session.controls.look.mirror)
    assert choices.chosen()["profile"] == "mirrored"
    assert app.session.controls.look.background.startswith("blur")


def test_a_config_file_that_cannot_be_written_is_told_and_ends_nothing(app, config_path, until):
    until(lambda: app.session)
    controls = app.session.controls
    config_path.parent.mkdir(parents=True)
    config_path.write_text("[broken", encoding="utf-8")
    controls.toggle("mirror")
    until(lambda: any("config.toml:1" in each for each in controls.notices))
    assert app.session.controls is controls


def test_a_config_file_that_is_broken_at_first_is_told_on_the_page(config_path, request, until):
    config_path.parent.mkdir(parents=True)
    config_path.write_text("[broken", encoding="utf-8")
    app = request.getfixturevalue("app")
    until(lambda: app.state()["problem"])
    assert "config.toml:1" in app.state()["problem"]["detail"]
    config_path.unlink()
    app.obey("try", None)
    until(lambda: app.session)


def test_a_mistake_in_the_config_file_is_told_with_its_place(app, config_path, until):
    until(lambda: app.session)
    app.turn(False)
    config_path.parent.mkdir(parents=True)
    config_path.write_text('[profile.app.webcam]\nsize = "big"\n', encoding="utf-8")
    app.turn(True)
    until(lambda: app.state()["problem"])
    assert "big" in app.state()["problem"]["detail"]
    app.obey("forget-choices", None)
    until(lambda: app.session)


@pytest.mark.parametrize(
    "value",
    [
        {"part": "camera", "text": "/etc/passwd"},
        {"part": "profile", "text": "none such"},
        {"part": "weights", "text": "x"},
        {"part": "size"},
        "camera",
    ],
)
def test_the_page_chooses_what_is_offered_alone(app, value):
    with pytest.raises(UsageError):
        app.obey("choose", value)


def test_its_own_virtual_camera_is_no_camera_to_choose(app, devices):
    devices.cameras.append(CameraInfo("/dev/video9", "streammatte"))
    assert [text for text, _ in app.state()["offers"]["camera"]] == ["", "A camera", "sample"]


def test_a_camera_is_kept_by_its_name_unless_two_have_it(app, devices, until):
    devices.cameras += [CameraInfo("/dev/video2", "Twin"), CameraInfo("/dev/video4", "Twin")]
    offers = app.state()["offers"]["camera"]
    assert offers[1:4] == [("A camera", "A camera"), ("/dev/video2", "Twin"), ("/dev/video4", "Twin")]
    app.obey("choose", {"part": "camera", "text": "A camera"})
    until(lambda: devices.asked and devices.asked[-1][0] == "A camera")
    assert ConfigFile.read().table("profile", "app", "webcam")["camera"] == "A camera"


def test_what_is_no_command_of_the_app_is_left_to_the_session(app):
    assert not app.obey("switch", {"name": "mirror", "on": True})
