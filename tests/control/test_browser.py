"""The control page in a real browser."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

import streammatte
from streammatte.control import ControlServer

ASSETS = Path(streammatte.__file__).parent / "assets"
FRAMES = "Number(document.getElementById('preview')?.dataset.frames ?? 0)"
PIXEL = "[...document.getElementById('preview').getContext('2d').getImageData(10, 10, 1, 1).data].slice(0, 3)"


@pytest.fixture
def page(browser, session, until):
    """The page in the browser, with the first pictures there."""
    with ControlServer(session) as server:
        browser.look()
        browser.open(server.url)
        until(lambda: browser.eval(f"{FRAMES} > 2"))
        browser.server = server
        yield browser
        assert browser.complaints == []
        browser.open("about:blank")


@pytest.fixture
def beach(tmp_path):
    path = tmp_path / "my beach.png"
    cv2.imwrite(str(path), np.full((90, 160, 3), (200, 100, 50), np.uint8))
    return path


def test_the_preview_moves_and_the_token_leaves_the_address(page, session, until):
    assert page.eval(PIXEL) == pytest.approx([255, 0, 0], abs=6)
    before = page.eval(FRAMES)
    until(lambda: page.eval(FRAMES) > before + 5)
    assert page.eval("location.search") == ""
    assert session.watching == 1
    until(lambda: page.eval("document.getElementById('state').textContent") == "live")
    assert "double on nothing" in page.eval("document.getElementById('status').innerText")
    page.open("about:blank")
    until(lambda: session.watching == 0)


def test_a_page_that_is_hidden_holds_no_connection(page, session, controls, until):
    hide = "Object.defineProperty(document, 'hidden', {value: %s, configurable: true})"
    changed = "document.dispatchEvent(new Event('visibilitychange'))"
    page.eval("const { close } = EventSource.prototype")
    page.eval("EventSource.prototype.close = function () { close.call(this); window.left = this }")
    page.eval(f"{hide % 'true'}; {changed}")
    assert page.eval("left.readyState") == 2
    until(lambda: session.watching == 0)
    controls.press("c")
    page.eval(f"{hide % 'false'}; {changed}")
    until(lambda: page.eval("document.getElementById('state').textContent") == "covered")
    until(lambda: page.eval(PIXEL) == pytest.approx([40, 40, 40], abs=6))


def test_a_button_covers_the_picture_with_a_card(page, controls, until):
    page.click("[data-switch=covered]")
    until(lambda: page.eval(PIXEL) == pytest.approx([40, 40, 40], abs=6))
    until(lambda: page.eval("document.getElementById('state').textContent") == "covered")
    assert controls.look.covered
    page.click("[data-switch=covered]")
    until(lambda: page.eval(PIXEL) == pytest.approx([255, 0, 0], abs=6))


def test_the_badge_says_that_the_room_is_shown(page, controls, until):
    badge = "(each => [each.textContent, each.dataset.state])(document.getElementById('state'))"
    page.click("[data-switch=on]")
    until(lambda: page.eval(badge) == ["the room is shown", "bare"])
    page.look(size=(360, 800))
    until(lambda: page.eval("(each => each.scrollWidth <= each.clientWidth)(document.getElementById('state'))"))
    page.click("[data-switch=covered]")
    until(lambda: page.eval(badge) == ["covered", "covered"])


def test_what_is_pressed_in_haste_or_held_covers_and_stays_so(page, controls, until):
    looks = []
    switch = controls.switch
    controls.switch = lambda name, on: (switch(name, on), looks.append(controls.look.covered))
    page.eval("for (let i = 0; i < 2; i++) document.querySelector('[data-switch=covered]').click()")
    until(lambda: looks == [True, True])
    until(lambda: page.eval("document.getElementById('state').textContent") == "covered")
    page.hold("C", 3)  # with Caps Lock
    until(lambda: page.eval("document.getElementById('state').textContent") == "live")
    page.eval("document.querySelector('[data-switch=covered]').focus()")
    page.hold("Enter", 3)
    until(lambda: page.eval("document.getElementById('state').textContent") == "covered")
    assert looks == [True, True, False, True]


def test_a_click_on_a_thumbnail_changes_the_look(page, controls, until):
    page.click("#background-2")
    until(lambda: controls.look.background == "#00ff00")
    until(lambda: page.eval("document.querySelector('#backgrounds [aria-selected=true]').id") == "background-2")
    until(lambda: page.eval(PIXEL) == pytest.approx([0, 255, 0], abs=6))


def test_the_thumbnails_show_the_person_and_go_back_when_matting_is_off(page, controls, until):
    sources = "[...document.querySelectorAll('#backgrounds .tile')].map((each) => each.querySelector('img')?.src)"
    until(lambda: all("?live=" in (each or "") for each in page.eval(sources)))
    controls.toggle("on")
    until(lambda: "?version=" in page.eval(sources)[0])
    assert page.eval(sources)[1] is None  # a blur of nothing


def test_keys_do_what_they_do_in_the_terminal(page, controls, until):
    for key, holds in {
        "m": lambda: controls.look.mirror,
        "a": lambda: controls.look.show_alpha,
        "f": lambda: controls.look.frozen,
        "o": lambda: not controls.look.on,
        "n": lambda: controls.look.background == "blur:40",
        "]": lambda: controls.look.blur == 50,
        "c": lambda: controls.look.covered,
    }.items():
        page.key(key)
        until(holds)
    until(lambda: page.eval("document.querySelector('[data-switch=mirror]').getAttribute('aria-pressed')") == "true")
    until(lambda: page.eval("document.getElementById('blur').value") == "50")


def test_arrows_go_along_the_backgrounds_and_enter_chooses(page, controls, until):
    page.eval("document.querySelector('[role=option][tabindex=\"0\"]').focus()")
    for key in ("ArrowRight", "ArrowRight", "ArrowRight", "ArrowLeft"):
        page.key(key)
    assert page.eval("document.activeElement.id") == "background-1"
    assert controls.look.background == "#ff0000"
    page.key("Enter")
    until(lambda: controls.look.background == "blur:40")


def test_help_lists_the_keys_and_stops_them(page, controls):
    page.key("?")
    assert page.eval("document.getElementById('help-dialog').open")
    assert "show alpha" in page.eval("document.getElementById('keys').innerText")
    page.key("m")
    page.key("Escape")
    assert not page.eval("document.getElementById('help-dialog').open")
    assert not controls.look.mirror


def test_filters_are_added_set_moved_and_removed(page, controls, until):
    add = "(s => { s.value = '%s'; s.dispatchEvent(new Event('change')); })(document.getElementById('filter-new'))"
    page.eval(add % "blur")
    until(lambda: controls.look.filters == ("blur",))
    page.click("#filter-0-strength")
    for key in "m":  # a key that would mirror; in a field it is typed, and is no number
        page.key(key)
    page.eval("document.getElementById('filter-0-strength').select()")
    page.key("7")
    page.key("Tab")
    until(lambda: controls.look.filters == ("blur:strength=7",))
    assert not controls.look.mirror
    page.eval(add % "decontaminate")
    until(lambda: len(controls.look.filters) == 2)
    page.click("#up-1")
    until(lambda: controls.look.filters == ("decontaminate", "blur:strength=7"))
    page.click("#remove-0")
    until(lambda: controls.look.filters == ("blur:strength=7",))
    page.eval(add % "colour")  # waits for its colour
    page.click("#filter-1-value")
    page.key("x")
    page.key("Tab")
    until(lambda: "'x' is no colour" in page.eval("document.getElementById('notices').innerText"))
    until(lambda: page.eval("document.getElementById('filters').children.length") == 1)


def test_files_are_added_by_the_button_and_by_dropping_them(page, controls, beach, uploads, tmp_path, until):
    page.choose_file("#files", beach)
    until(lambda: controls.look.background.endswith(".png"))
    until(lambda: page.eval(PIXEL) == pytest.approx([50, 100, 200], abs=6))
    until(lambda: page.eval("document.querySelector('#background-3 span')?.innerText") == "my beach")
    until(lambda: page.eval("document.querySelector('#background-3 img').naturalWidth") == 192)
    cv2.imwrite(str(tmp_path / "wall.png"), np.full((90, 160, 3), (10, 200, 240), np.uint8))
    page.drop("#preview", tmp_path / "wall.png")
    until(lambda: "wall-" in controls.look.background)
    assert page.eval("document.getElementById('drop').hidden")
    page.eval("document.getElementById('background-3').focus()")
    page.key("Delete")
    until(lambda: page.eval("document.getElementById('backgrounds').children.length") == 4)
    until(lambda: page.eval("document.activeElement.id") == "background-3")
    until(lambda: [path.name[:5] for path in uploads.iterdir()] == ["wall-"])


def test_a_file_that_is_no_picture_is_refused_in_words(page, controls, tmp_path, until):
    (tmp_path / "notes.png").write_text("no picture")
    page.choose_file("#files", tmp_path / "notes.png")
    until(lambda: "'notes.png' is no picture" in page.eval("document.getElementById('toast').innerText"))
    assert len(controls.backgrounds) == 3
    assert "400" in page.complaints.pop()  # the browser's own line about the answer


def test_every_control_has_a_name(page):
    unnamed = """[...document.querySelectorAll('button, input, select, [role=option], canvas, svg')]
        .filter((each) => !(each.labels?.length || each.getAttribute('aria-label') || each.innerText?.trim()))
        .map((each) => each.outerHTML)"""
    assert page.eval(unnamed) == []


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_nothing_is_wider_than_the_window(page, width):
    page.look(size=(width, 800))
    assert page.eval("document.documentElement.scrollWidth") <= width


def test_q_asks_before_it_ends_the_session_and_the_page_says_when_it_is_over(page, controls, until):
    page.key("q")
    assert page.eval("document.getElementById('end-dialog').open")
    page.click("#end-dialog [value='']")
    assert not controls.ended.is_set()
    page.key("q")
    page.click("#end-dialog [value=end]")
    until(controls.ended.is_set)
    until(lambda: page.eval("document.getElementById('state').textContent") == "ended")
    page.server.close()
    until(lambda: not page.eval("document.getElementById('gone').hidden"))
    page.complaints.clear()  # that it does not answer


def test_quality_is_chosen_from_a_list_that_only_a_matter_with_qualities_has(page, controls, until):
    quality = "document.getElementById('quality')"
    assert page.eval(f"[{quality}.value, ...[...{quality}.options].map(each => each.text)]") == [
        "fast",
        *("fast", "normal", "best"),
    ]
    page.eval(f"{quality}.value = 'best'; {quality}.dispatchEvent(new Event('change'))")
    until(lambda: controls.look.quality == "best")
    controls.look = replace(controls.look, quality=None)
    until(lambda: page.eval(f"{quality}.offsetParent === null"))
