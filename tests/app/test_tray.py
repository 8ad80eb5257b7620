from __future__ import annotations

import webbrowser

import pytest

pytest.importorskip("PIL", reason="the tray needs the extra 'tray'")


@pytest.fixture
def icons(monkeypatch):
    """The icons that are shown, by pystray's backend that shows none."""
    monkeypatch.setenv("PYSTRAY_BACKEND", "dummy")
    pystray = pytest.importorskip("pystray", reason="the tray needs the extra 'tray'")
    shown = []

    class Icon(pystray._base.Icon):
        def _run_detached(self):
            shown.append(self)
            self._mark_ready()

        def _show(self):
            pass

        def _hide(self):
            pass

        def _stop(self):
            shown.remove(self)

        def _update_menu(self):
            pass

        def _update_icon(self):
            self._icon_valid = True

    monkeypatch.setattr(pystray, "Icon", Icon)
    return shown


def test_its_menu_does_what_it_says(icons, app, monkeypatch, until):
    from streammatte.app.tray import tray

    opened = []
    monkeypatch.setattr(webbrowser, "open", opened.append)
    until(lambda: app.session)
    with tray(app):
        (icon,) = icons
        menu = {item.text: item for item in icon.menu}
        icon()  # a click
        assert [page.partition("?")[0] for page in opened] == [app.url.partition("?")[0]]
        assert opened != [app.url]
        before = app.session.controls.look.background
        menu["Next background"](icon)
        until(lambda: app.session.controls.look.background != before)
        menu["Off"](icon)
        until(lambda: app.session is None)
        menu["Next background"](icon)  # of no session, which is nothing
        menu["On"](icon)
        until(lambda: app.session)
        assert icon.icon.getpixel((32, 26)) == (255, 255, 255, 255)
        menu["Quit"](icon)
        until(lambda: app.wait(0))
    assert icons == []


def test_without_a_desktop_there_is_none(app, monkeypatch):
    from streammatte.app.tray import tray

    monkeypatch.setitem(__import__("sys").modules, "pystray", None)
    with tray(app):
        pass
