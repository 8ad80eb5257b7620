"""What is chosen on the app's page: a profile of `streammatte webcam`, so that the terminal can have it too."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Any

import click

from streammatte.app.choices import NOWHERE
from streammatte.cli.config import ConfigFile
from streammatte.cli.profiles import profile_names, save_profile
from streammatte.cli.webcam import session_options, webcam
from streammatte.errors import StreammatteError, UsageError
from streammatte.live.look import refuse_needed
from streammatte.plugins.background import Background, blurred, unblurred, without_folders
from streammatte.plugins.text import parse_filter
from streammatte.stages import Filter, close_all

if TYPE_CHECKING:
    from streammatte.live.controls import LiveControls

__all__ = ["PROFILE", "ProfileChoices"]

PROFILE = "app"
"""The profile in which the app keeps what is chosen."""

_BEACH = Path(__file__).parents[1] / "assets" / "beach.jpg"
_STAND_IN = "grey"
_FIRST = {"bg": ["blur", "blur:80", str(_BEACH), "gradient:#1f3b57-#9db8cf", "#00b140"]}


class ProfileChoices:
    """Keeps choices in the config file; a `Choices`.

    Parameters
    ----------
    context : click.Context
        Of the group that has the command `webcam`.
    """

    def __init__(self, context: click.Context) -> None:
        self._group = context
        self._lock = RLock()
        self._saved: dict[str, dict[str, Any]] = {}  # profiles by their names, as the file was read last
        self._shown: dict[str, Any] | None = None  # by the session, when it was kept last; None before it is opened
        self._gone: list[str] = []  # backgrounds that the session does not have, as their files are gone
        self._stands_for: dict[str, str] = {}  # the background that is chosen, by what is shown in its place
        self._problems: list[str] = []  # for which it is

    def options(self) -> dict[str, Any]:
        """What is chosen, as `open_session` takes it, without backgrounds and filters that cannot be.

        Where the background to show or a filter cannot be made, which may have hidden the room, grey stands there.
        """
        with self._lock:
            self._read()
            self._shown = None
            with self._parsed() as context:
                options = session_options(**_without(context.params, "quiet", "control"))
        chosen = options["backgrounds"]
        there = [each for each in chosen if _is_there(each)]
        self._gone = [each for each in chosen if each not in there]
        blur, filters = unblurred(chosen[0], options["filters"])
        problems = {text: _problem(_filter, text) for text in filters}
        self._problems = [*filter(None, [_problem(_background, chosen[0]), *problems.values()])]
        self._stands_for = {_STAND_IN: chosen[0]} if self._problems else {}
        usable = tuple(text for text in filters if not problems[text])
        return {**options, "backgrounds": [*self._stands_for, *there], "blur": blur, "filters": usable}

    def chosen(self) -> dict[str, str]:
        """The camera, the size, the virtual camera and the profile."""
        with self._lock:
            values = self._values
            same = (name for name in self.profiles() if self._saved[name] == values)
            output = values.get("virtual-camera", True)
            return {
                "camera": str(values.get("camera", "")),
                "size": str(values.get("size", "1280x720")),
                "output": NOWHERE if values.get("preview") else "" if output is True else str(output),
                "profile": next(same, ""),
            }

    def profiles(self) -> list[str]:
        """Profiles of `webcam`, without the app's own."""
        return [name for name in self._saved if name != PROFILE]

    def choose(self, part: str, text: str) -> None:
        """Choose a camera, a size, a virtual camera or a profile."""
        with self._lock:
            if part == "profile":
                self._write(self._saved[text] if text else _FIRST)
            elif part == "output":
                values = _without(self._values, "preview", "virtual-camera")
                self._write({**values, **({"preview": True} if text == NOWHERE else {"virtual-camera": text or True})})
            else:
                self._write({**_without(self._values, part), **({part: text} if text else {})})

    def keep(self, controls: LiveControls) -> None:
        """Take over the look of a session, if it has changed since the session was opened; what was gone then stays."""
        with self._lock:
            look = _look(controls)
            if self._shown is None:
                for each in self._problems:
                    controls.notify(f"{each}; {_STAND_IN} stands in the background's place")
            before, self._shown = self._shown, {**look, "bg": look["bg"][:1]}
            if before not in (None, self._shown):
                chosen = [self._stands_for.get(each, each) for each in look["bg"]]
                self._write({**self._values, **look, "bg": list(dict.fromkeys([*chosen, *self._gone]))})

    def withdraw(self, text: str) -> None:
        """Take a background out of what is kept, unless it is chosen or a chosen filter reads it."""
        with self._lock:
            values = self._values
            backgrounds = _listed(values.get("bg"))
            refuse_needed(text, next(iter(backgrounds), ""), _listed(values.get("filter")))
            if text in backgrounds:
                self._write({**values, "bg": [each for each in backgrounds if each != text]})

    def save(self, profile: str) -> None:
        """Save what is chosen as a profile of `webcam`."""
        with self._lock:
            if profile == PROFILE:
                raise UsageError(f"the profile {PROFILE} is this page's own; expected another name")
            save_profile(ConfigFile.read(), profile, "webcam", self._values)
            self._read()

    def forget(self) -> None:
        """Go back to a blur, the first camera and the first virtual camera."""
        self._write(_FIRST)

    @property
    def _values(self) -> dict[str, Any]:
        return self._saved.get(PROFILE, _FIRST)

    def _read(self) -> None:
        file = ConfigFile.read()
        self._saved = {name: file.table("profile", name, "webcam") for name in profile_names(file, "webcam")}

    def _write(self, values: dict[str, Any]) -> None:
        with self._lock:
            save_profile(ConfigFile.read(), PROFILE, "webcam", values)
            self._read()

    def _parsed(self) -> click.Context:
        """The options of `webcam` as its command line would give them."""
        saved = ["--profile", PROFILE] if PROFILE in self._saved else [f"--bg={each}" for each in _FIRST["bg"]]
        try:
            return webcam.make_context("webcam", saved, parent=self._group)
        except click.ClickException as error:
            raise UsageError(error.format_message()) from error


def _look(controls: LiveControls) -> dict[str, Any]:
    """What a session shows, as options of `webcam`."""
    look, backgrounds = controls.look, controls.backgrounds
    shown, blur = blurred(look.background, look.blur)
    others = [each for each in backgrounds if each not in (look.background, shown)]
    quality = {} if look.quality is None else {"quality": look.quality}
    return {
        "bg": [shown, *others],
        "filter": [*blur, *look.filters],
        "smooth": look.smoothing,
        "mirror": look.mirror,
        **quality,
    }


def _is_there(background: str) -> bool:
    """Whether there are the files of a background, and a picture in its folder."""
    try:
        texts = without_folders([background])
    except StreammatteError:
        return False
    return all(map(os.path.exists, (path for text in texts for path in Background.parse(text).paths)))


def _problem(make: Callable[[str], Sequence[Filter]], text: str) -> str:
    """Why nothing can be made of a text; empty where something can."""
    try:
        made = make(text)
    except (OSError, StreammatteError) as error:
        return str(error)
    with suppress(Exception):  # they may be anybody's
        close_all(made)
    return ""


def _background(text: str) -> Sequence[Filter]:
    return Background.of(without_folders([text])[0]).filters(decontaminate=False)


def _filter(text: str) -> Sequence[Filter]:
    return (parse_filter(text),)


def _listed(value: Any) -> list[str]:
    """An option that may be given several times, of which one may stand alone in the file, and none need be there."""
    return [value] if isinstance(value, str) else list(value or ())


def _without(values: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name not in names}
