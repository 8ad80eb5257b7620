"""`streammatte app`: the one thing to start."""

from __future__ import annotations

from contextlib import suppress

import click


@click.command()
@click.option("--no-browser", is_flag=True, help="Open no page; tell its address.")
@click.pass_context
def app(ctx: click.Context, no_browser: bool) -> None:
    """Be a camera without a background for other programs, and open the page that controls it.

    It begins as soon as there are a camera and a virtual camera; until then the page says what is missing and how to
    mend it. What is chosen on the page is there the next time: it is the profile 'app' of 'streammatte webcam'.
    """
    import webbrowser

    from streammatte.app import App
    from streammatte.cli.choices import ProfileChoices
    from streammatte.cli.webcam import spare_the_machine

    choices = ProfileChoices(ctx.find_root())
    spare_the_machine()
    with App(choices) as running, suppress(KeyboardInterrupt):
        click.echo(f"control it at {running.url}", err=True)
        if not no_browser:
            webbrowser.open(running.url)
        while not running.wait(1.0):
            pass
