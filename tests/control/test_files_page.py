"""Files on the page, in a real browser."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from streammatte.control import ControlServer
from streammatte.control.kept_look import kept_look

SET = "((s, value) => { s.value = value; s.dispatchEvent(new Event('change')); })(document.getElementById('%s'), '%s')"


@pytest.fixture
def page(browser, session, queue, until):
    with ControlServer(session, queue=queue) as server:
        browser.look()
        browser.open(server.url)
        until(lambda: browser.eval("document.querySelectorAll('#file-backgrounds .tile').length") >= 3)
        browser.url = server.url
        yield browser
        assert browser.complaints == []
        browser.open("about:blank")


@pytest.fixture
def clip(tmp_path):
    path = tmp_path / "my clip.MOV"
    path.write_text("a clip")
    return path


def text(page, selector):
    return page.eval(f"document.querySelector({json.dumps(selector)})?.innerText ?? ''")


def seen(page, selector):
    return page.eval(f"document.querySelector({json.dumps(selector)})?.getClientRects().length > 0")


def entry(number):
    return f"#entries [data-number='{number}']"


def test_a_video_that_is_dropped_is_shown_with_how_far_it_is(page, queue, apart, clip, until):
    page.drop("#stage", clip)
    until(lambda: text(page, f"{entry(1)} strong") == "my clip.mov")
    assert page.eval("location.hash") == "#files"
    until(lambda: text(page, f"{entry(1)} .how").startswith("50 %"))
    assert text(page, "#unfinished") == "1"
    pixel = f"(x => [...document.querySelector(\"{entry(1)} canvas\").getContext('2d').getImageData(x, 2, 1, 1).data])"
    until(lambda: seen(page, f"{entry(1)} canvas"))
    assert page.eval(f"{pixel}(3)") == pytest.approx([255, 0, 0, 255], abs=8)  # before
    assert page.eval(f"{pixel}(60)") == pytest.approx([0, 255, 0, 255], abs=8)  # after
    page.eval(f'document.querySelector("{entry(1)} [type=range]").focus()')
    for _ in range(50):
        page.key("ArrowRight")
    assert page.eval(f"{pixel}(60)") == pytest.approx([255, 0, 0, 255], abs=8)
    apart.go.set()
    until(lambda: text(page, f"{entry(1)} .how") == f"done: {queue.folders[0]}/my clip.mp4")
    assert text(page, "#toast") == "my clip.mov: done"
    assert not seen(page, "#unfinished")
    fetched = 'fetch(document.querySelector("%s a").href).then((each) => each.text())'
    assert page.eval(fetched % entry(1)) == queue.entry(1).result.read_text()


def test_the_queue_survives_the_page(page, queue, apart, clip, until):
    page.click("#tab-files")
    for _ in range(3):
        page.choose_file("#file-new", clip)
    until(lambda: len(queue.entries) == 3 and queue.entry(3).state == "waiting")
    page.open("about:blank")  # it asks whether to leave while a file is being sent
    until(lambda: page.eval("location.protocol") == "about:")
    until(lambda: [each.state for each in queue.entries] == ["working", "working", "waiting"])
    apart.go.set()
    until(lambda: all(each.state == "done" for each in queue.entries))
    page.open(page.url)
    until(lambda: page.eval("document.querySelectorAll('#entries li').length") == 3)
    page.click("#tab-files")
    assert text(page, f"{entry(3)} .how").endswith("my clip-3.mp4")


def test_the_look_is_chosen_kept_and_goes_with_what_is_added(page, queue, apart, clip, controls, until, tmp_path):
    page.click("#tab-files")
    cv2.imwrite(str(tmp_path / "wall.png"), np.full((90, 160, 3), (200, 100, 50), np.uint8))
    page.choose_file("#file-pictures", tmp_path / "wall.png")
    until(lambda: page.eval("document.querySelectorAll('#file-backgrounds .tile').length") == 4)
    assert controls.look.background == "#ff0000"  # what others see stays as it is
    page.eval(SET % ("file-colour", "#336699"))
    page.eval("document.querySelector('#file-background-4[aria-selected=true]').scrollIntoView()")
    tile = "getComputedStyle(document.querySelector('#file-background-4 i')).backgroundColor"
    assert page.eval(tile) == "rgb(51, 102, 153)"
    page.click("#file-background-3")
    page.eval(SET % ("file-quality", "best"))
    page.eval(SET % ("file-filter-new", "shadow"))
    page.eval("(s => { s.value = 30; s.dispatchEvent(new Event('input')); })(document.getElementById('file-blur'))")
    page.choose_file("#file-new", clip)
    until(lambda: page.eval("document.querySelector('#entries li')?.dataset.state") == "working")
    until(lambda: kept_look() and kept_look()["blur"] == 30)
    look = queue.entry(1).look
    assert Path(look.background).name.startswith("wall-")
    assert (look.quality, look.filters, look.blur, look.suffix) == ("best", ("shadow",), 30, ".mp4")
    page.open("about:blank")
    until(lambda: page.eval("location.protocol") == "about:")
    page.open(page.url)
    until(lambda: page.eval("document.querySelectorAll('#file-backgrounds .tile').length") == 4)
    assert page.eval("document.getElementById('file-quality').value") == "best"
    page.click("#tab-files")
    assert page.eval("document.querySelector('#file-backgrounds [aria-selected=true]').id") == "file-background-3"
    page.eval(SET % ("file-suffix", ".webm"))
    assert not seen(page, "#file-choice")
    apart.go.set()
    again = f"{entry(1)} .acts button:last-child"
    until(lambda: seen(page, again))
    page.eval(f'document.querySelector("{again}").click()')  # wherever it is: a picture is about to appear above it
    until(lambda: queue.entry(1).result and queue.entry(1).result.suffix == ".webm")
    assert (controls.look.filters, controls.look.blur) == ((), 0)


def test_stop_and_remove_by_the_keyboard(page, queue, apart, clip, until):
    page.eval("document.getElementById('tab-camera').focus()")
    page.key("ArrowRight")
    assert page.eval("document.activeElement.id") == "tab-files"
    page.choose_file("#file-new", clip)
    until(lambda: text(page, f"{entry(1)} .how").startswith("50 %"))
    page.eval("[...document.querySelectorAll('#entries button')].find((each) => each.innerText === 'Stop').focus()")
    page.key("Enter")
    until(lambda: queue.entry(1).state == "stopped")
    until(lambda: text(page, f"{entry(1)} .how") == "stopped")
    page.eval("document.querySelector('#entries .cross').focus()")
    page.key("Enter")
    until(lambda: queue.entries == [])
    until(lambda: not seen(page, entry(1)))
    assert page.eval("document.getElementById('end-files').hidden")


def test_what_cannot_be_is_refused_before_it_is_sent(page, queue, clip, monkeypatch, tmp_path, until):
    page.click("#tab-files")
    notes = tmp_path / "notes.txt"
    notes.write_text("are no video")
    page.drop("#queue", notes)
    until(lambda: text(page, "#toast") == "notes.txt is no video or photo by its name")
    monkeypatch.setattr(queue, "room", lambda: 1_000_000_003)
    until(lambda: text(page, "#room").startswith("The disk has room for 0 MB"))
    page.choose_file("#file-new", clip)
    until(lambda: text(page, "#toast").endswith("expected 0 MB at most, for which the disk has room"))
    assert queue.entries == []


def test_keys_of_the_camera_do_nothing_there(page, controls):
    page.click("#tab-files")
    page.key("m")
    assert not controls.look.mirror


def test_every_control_has_a_name(page, queue, apart, clip, until):
    page.click("#tab-files")
    page.choose_file("#file-new", clip)
    until(lambda: seen(page, f"{entry(1)} canvas"))
    unnamed = """[...document.querySelectorAll('button, a, input, select, progress, [role=option]')]
        .filter((each) => !(each.labels?.length || each.getAttribute('aria-label') || each.innerText?.trim()))
        .map((each) => each.outerHTML)"""
    assert page.eval(unnamed) == []


@pytest.mark.parametrize("width", [360, 390, 768, 1280])
def test_nothing_is_wider_than_the_window(page, apart, tmp_path, width, until):
    page.click("#tab-files")
    page.look(size=(width, 800))
    clip = tmp_path / f"{'a long name ' * 12}.mp4"
    clip.touch()
    page.choose_file("#file-new", clip)
    until(lambda: seen(page, f"{entry(1)} canvas"))
    assert page.eval("document.documentElement.scrollWidth") <= width
