"""`streammatte app`: the one thing to start."""

from __future__ import annotations

import sys
from contextlib import ExitStack, suppress

import click

from streammatte.errors import UsageError

_START_NOW = {
    "linux": "systemctl --user daemon-reload && systemctl --user restart streammatte",
    "darwin": "launchctl load ~/Library/LaunchAgents/streammatte.plist",
}
_STOP_NOW = {
    "linux": "systemctl --user stop streammatte; systemctl --user daemon-reload",
    "darwin": "launchctl remove streammatte",
}


@click.command()
@click.option("--no-browser", is_flag=True, help="Open no page; tell its address.")
@click.option("--install", is_flag=True, help="Put it into the desktop's menu, tell what was written, and end.")
@click.option("--autostart", is_flag=True, help="Have it started at login, tell what was written, and end.")
@click.option("--uninstall", is_flag=True, help="Remove what these two have written, tell what, and end.")
@click.pass_context
def app(ctx: click.Context, no_browser: bool, install: bool, autostart: bool, uninstall: bool) -> None:
    """Be a camera without a background for other programs, and open the page that controls it.

    It begins as soon as there are a camera and a virtual camera; until then the page says what is missing and how to
    mend it. What is chosen on the page is there the next time: it is the profile 'app' of 'streammatte webcam'. Videos
    and photos dropped onto the page are matted, too. If it runs already, its page is opened.
    """
    if uninstall and (install or autostart):
        raise UsageError("--uninstall removes what --install and --autostart write; expected one of the two")
    if uninstall:
        _uninstall()
    elif install or autostart:
        _install(in_menu=install, at_login=autostart)
    else:
        _run(ctx, browser=not no_browser)


def _run(ctx: click.Context, *, browser: bool) -> None:
    import webbrowser

    from streammatte.app.running import alone, announced

    with suppress(KeyboardInterrupt), ExitStack() as opened:  # the usual way to end it
        there = opened.enter_context(alone())
        if there is not None:
            click.echo(f"it runs already; control it at {there.url}", err=True)
            if browser:
                webbrowser.open(there.invitation)
            return

        from streammatte.app import App
        from streammatte.app.tray import tray
        from streammatte.cli.choices import ProfileChoices
        from streammatte.cli.webcam import spare_the_machine

        choices = ProfileChoices(ctx.find_root())
        spare_the_machine()
        running = opened.enter_context(App(choices))
        opened.enter_context(announced(running.url))
        opened.enter_context(tray(running))
        click.echo(f"control it at {running.url}", err=True)
        if browser:
            webbrowser.open(running.invitation())
        while not running.wait(1.0):
            pass


def _install(*, in_menu: bool, at_login: bool) -> None:
    from streammatte.app import entries

    for path in entries.install([*(entries.menu() if in_menu else ()), *(entries.login() if at_login else ())]):
        click.echo(f"wrote {path}")
    if at_login:
        now = _START_NOW.get(sys.platform)
        click.echo("it starts at the next login" + (f"; now: {now}" if now else ""))


def _uninstall() -> None:
    from streammatte.app import entries

    removed = list(entries.uninstall())
    for path in removed:
        click.echo(f"removed {path}")
    if not removed:
        click.echo("there is nothing to remove")
    elif sys.platform in _STOP_NOW:
        click.echo(f"if it was started at login, it stops by: {_STOP_NOW[sys.platform]}")
