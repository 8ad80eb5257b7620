"""The page of `streammatte app`, which is there before a camera is, in a real browser.

The pictures in the docs are made by one of these tests, from the sample clip and the shipped network::

    PICTURES=docs pytest tests/control/test_setup_page.py -k docs
"""

import os
import time
from fractions import Fraction
from pathlib import Path

import click
import cv2
import pytest

import streammatte
from streammatte import Frame, open_source
from streammatte.app import App
from streammatte.cli import cli
from streammatte.cli.choices import ProfileChoices
from streammatte.cli.config import ConfigFile
from streammatte.devices.listing import CameraInfo
from streammatte.devices.loopback import LOAD
from streammatte.doctor import Finding
from streammatte.errors import DeviceError
from streammatte.io import ListSink
from streammatte.stages import Source, SourceInfo

FRAMES = "Number(document.getElementById('preview')?.dataset.frames ?? 0)"
SET = "((s, value) => { s.value = value; s.dispatchEvent(new Event('change')); })(document.getElementById('%s'), '%s')"
SELECT = "(s => { s.value = '%s'; s.dispatchEvent(new Event('change')); })(document.getElementById('choose-%s'))"


class SampleCamera(Source):
    """The sample clip as a camera, over and over."""

    info = SourceInfo((640, 480), Fraction(25), live=True, device="a double")

    def __init__(self):
        self._closed = False

    def __iter__(self):
        begin = time.monotonic()
        while not self._closed:
            with open_source("sample") as source:
                for frame in source:
                    time.sleep(max(0.0, begin + frame.time - time.monotonic()))
                    yield Frame(frame.rgb)
                    if self._closed:
                        break
            begin += 5.0

    def close(self):
        self._closed = True


class Output(ListSink):
    device, rate = "/dev/video9", Fraction(25)

    def readers(self):
        return 0


@pytest.fixture
def warnings():
    """What is found where nothing is missing."""
    return []


@pytest.fixture
def outputs(monkeypatch, warnings):
    """The virtual cameras that there are: none at first; and what was asked of cameras."""
    there, asked = [], []

    def open_camera(spec, size, rate):
        asked.append((spec, size))
        return SampleCamera()

    def open_output(*_):
        if not there:
            raise DeviceError("there is no virtual camera", remedy=LOAD)
        return Output()

    findings = [
        Finding("virtual cameras", "virtual camera", "problem", "there is none", LOAD, mends=True),
        Finding("virtual cameras", "a browser", "warning", "sees none", "open it once more"),
    ]
    cameras = [CameraInfo("/dev/video0", "A camera"), CameraInfo("/dev/video2", "Another")]
    monkeypatch.setattr("streammatte.app.app._LOOK_EVERY_S", 0.1)
    monkeypatch.setattr("streammatte.app.app.examine", lambda **_: warnings if there else findings)
    monkeypatch.setattr("streammatte.app.offers.list_cameras", lambda: cameras)
    monkeypatch.setattr("streammatte.app.offers.list_outputs", lambda: list(there))
    monkeypatch.setattr("streammatte.devices.open_camera", open_camera)
    monkeypatch.setattr("streammatte.devices.open_virtual_camera", open_output)
    return there, asked


@pytest.fixture
def page(browser, outputs):
    with App(ProfileChoices(click.Context(cli, **cli.context_settings))) as app:
        browser.look()
        browser.open(app.url)
        browser.app, (browser.outputs, browser.asked) = app, outputs
        yield browser
        assert browser.complaints == []
        browser.open("about:blank")


def seen(page, name):
    return page.eval(f"document.getElementById('{name}')?.getClientRects().length > 0")


def test_what_is_missing_is_told_with_its_command_and_it_goes_on_when_it_is_mended(page, warnings, until):
    until(lambda: seen(page, "mending"))
    assert not seen(page, "stage")
    until(lambda: "there is none" in page.eval("document.getElementById('findings').innerText"))
    page.eval("navigator.clipboard.writeText = async (text) => { window.copied = text; }")
    page.click("#findings button")
    assert page.eval("window.copied") == LOAD
    assert page.eval("document.querySelectorAll('#findings li').length") == 2  # and not what it was opened with, too
    assert page.eval("document.querySelectorAll('#findings button').length") == 1  # the other is no command

    warnings.append(Finding("cameras", "/dev/video0", "warning", "is slow"))
    page.outputs.append("/dev/video9")
    until(lambda: page.eval(f"{FRAMES} > 2"), 30)
    assert seen(page, "stage")
    assert not page.eval("document.getElementById('mending').open")
    page.click("#mending summary")
    until(lambda: page.eval("document.getElementById('findings').innerText") == "/dev/video0: is slow")


def test_what_is_chosen_opens_the_session_anew_and_is_there_the_next_time(page, until, config_path):
    page.outputs.append("/dev/video9")
    until(lambda: page.eval(f"{FRAMES} > 2"), 30)
    page.eval(SELECT % ("Another", "camera"))
    until(lambda: page.asked[-1] == ("Another", (1280, 720)), 30)
    page.eval(SELECT % ("640x480", "size"))
    until(lambda: page.asked[-1] == ("Another", (640, 480)), 30)
    until(lambda: seen(page, "stage"))
    page.eval(f"window.before = {FRAMES}")
    until(lambda: page.eval(f"{FRAMES} > window.before + 2"))
    page.click("#background-4")
    until(lambda: "#00b140" in ConfigFile.read().table("profile", "app", "webcam")["bg"][:1])
    page.eval("document.getElementById('save-name').value = 'a b'")
    page.click("#save button")
    until(lambda: "letters, digits" in page.eval("document.getElementById('toast').innerText"))
    assert "400" in page.complaints.pop()  # the browser's own line about the answer
    page.eval("document.getElementById('save-name').value = 'grün'")
    page.click("#save button")
    until(lambda: page.eval("document.getElementById('choose-profile').value") == "grün")
    page.click("#background-0")
    until(lambda: page.eval("document.getElementById('choose-profile').value") == "")
    page.eval(SELECT % ("grün", "profile"))
    until(lambda: page.app.session and page.app.session.controls.look.background == "#00b140", 30)


def test_turned_off_it_gives_the_devices_back(page, until):
    page.outputs.append("/dev/video9")
    until(lambda: seen(page, "turn-off"), 30)
    page.click("#turn-off")
    until(lambda: page.app.session is None)
    until(lambda: seen(page, "turn-on"))
    assert page.eval("document.getElementById('state').textContent") == "off"
    page.click("#turn-on")
    until(lambda: page.app.session, 30)


@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_is_wider_than_the_window(page, width, until):
    until(lambda: seen(page, "mending"))
    page.look(size=(width, 800))
    assert page.eval("document.querySelector('#end').offsetTop") < 30  # in the header's first line
    assert page.eval("document.documentElement.scrollWidth") <= width


def test_the_picture_of_files_for_the_docs(page, until, monkeypatch, tmp_path):
    wanted = os.environ.get("PICTURES")
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    sample = (Path(streammatte.__file__).parent / "assets" / "sample.mp4").read_bytes()
    for name in ("portrait.mov", "talk.mp4"):
        (tmp_path / name).write_bytes(sample)
    until(lambda: page.eval("document.querySelectorAll('#file-backgrounds .tile').length") == 5)
    page.click("#tab-files")
    page.eval(SET % ("file-suffix", ".mov"))
    page.choose_file("#file-new", tmp_path / "portrait.mov")
    state = "document.querySelector('#entries [data-number=\"%d\"]')?.dataset.state"
    until(lambda: page.eval(state % 1) == "done", 60)
    page.eval(SET % ("file-suffix", ".mp4"))
    page.click("#file-background-2")
    page.choose_file("#file-new", tmp_path / "talk.mp4")
    until(lambda: page.eval("document.querySelectorAll('#entries canvas[data-pictures]').length") == 2, 60)
    page.look(size=(1280, 1060))
    how = "document.querySelector('#entries .how').innerText"
    until(lambda: page.eval(how).endswith("left") or page.eval(how).startswith("done"))  # on a fast machine
    page.eval("document.getElementById('toast').hidden = true")
    page.picture(tmp_path / "files.png", (1280, 1060), 0.75)
    _keep("files", (795, 960, 3), tmp_path, Path(wanted or tmp_path))


def test_the_pictures_for_the_docs(page, until, tmp_path):
    wanted = os.environ.get("PICTURES")
    folder = Path(wanted or tmp_path)
    until(lambda: page.eval("document.querySelectorAll('#findings li').length") == 2)
    page.look(size=(960, 560))
    page.picture(tmp_path / "app.png", (960, 560), 0.75)
    page.look(size=(1280, 960))
    page.outputs.append("/dev/video9")
    until(lambda: page.eval(f"{FRAMES} > 2"), 30)
    page.click("#background-2")
    until(lambda: page.eval(f"{FRAMES} > {600 if wanted else 30}"), 90)  # until the plots are full
    page.picture(tmp_path / "control.png", (1280, 960), 0.75)
    for name, shape in (("app", (420, 720, 3)), ("control", (720, 960, 3))):
        _keep(name, shape, tmp_path, folder)


def _keep(name, shape, made, folder):
    picture = cv2.imread(str(made / f"{name}.png"))
    assert picture.shape == shape
    cv2.imwrite(str(folder / f"{name}.webp"), picture, [cv2.IMWRITE_WEBP_QUALITY, 90])
