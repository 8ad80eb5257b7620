"""A session that is opened as soon as there is what it needs, and again whenever the page chooses otherwise."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import wait as wait_for
from dataclasses import asdict
from math import inf
from threading import Event, Lock
from time import monotonic
from typing import Any

from streammatte.app.choices import NOWHERE, Choices
from streammatte.app.offers import Offers, devices_there
from streammatte.control import ControlServer
from streammatte.doctor import Finding, examine
from streammatte.errors import StreammatteError, UsageError
from streammatte.live.opening import open_session
from streammatte.live.session import LiveSession

__all__ = ["App"]

_KEPT_EVERY_S = 1.0
_LOOK_EVERY_S = 2.0
"""How often it is looked whether cameras have come, while one is missing."""

_TRY_EVERY_S = 20.0
"""How often it is tried anew without one that has come: a camera that another program holds may be free again."""

_EXAMINED_EVERY_S = 5.0
"""How often it is looked again at what is amiss while a session runs and the page is open, to see that it is mended."""


class App:
    """Serves the control page, and opens the session that is chosen there as soon as that can be.

    It runs in threads of its own from the moment it is made; use it with `with`, or close it.

    Parameters
    ----------
    choices : Choices
        What is chosen, kept from one time to the next.

    Attributes
    ----------
    url : str
        The page's address with its token.
    invitation : callable
        Returns an address that opens the page once, for a browser.
    backgrounds : tuple of str
        Those that the last session had, or the next will have.
    """

    def __init__(self, choices: Choices) -> None:
        self._choices = choices
        self._offers = Offers(choices)
        self._problem: StreammatteError | None = None
        self._findings: list[Finding] = []
        self._on = True
        self._covered = False  # from one session to the next
        self.backgrounds: tuple[str, ...] = ("blur",)
        self._changed, self._ended = Event(), Event()
        self._lock = Lock()
        self._server = ControlServer(setup=self)
        self.url, self.invitation = self._server.url, self._server.invitation
        self._thread = ThreadPoolExecutor(1, "streammatte app")
        self._running: Future[None] = self._thread.submit(self._run)

    @property
    def session(self) -> LiveSession | None:
        """The session that runs; None while something is missing or it is turned off."""
        return self._server.session

    def turn(self, on: bool) -> None:
        """Open the session; or end it, and give camera and virtual camera back."""
        self._change(lambda: setattr(self, "_on", on))

    def quit(self) -> None:
        """Ask the app to end."""
        self._change(self._ended.set)

    def wait(self, timeout_s: float) -> bool:
        """Wait for the end; return whether it has come.

        Raises
        ------
        Exception
            Whatever ended the app before its time.
        """
        if not wait_for([self._running], timeout_s).done:
            return False
        self._running.result()
        return True

    def close(self) -> None:
        """End the session and the page."""
        self.quit()
        self._thread.shutdown()
        self._server.close()

    def __enter__(self) -> App:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def state(self) -> dict[str, Any]:
        """What the page shows beside a session: what is chosen and can be, what is amiss and how to mend it."""
        problem = self._problem
        return {
            "on": self._on,
            "offers": self._offers(),
            "chosen": self._choices.chosen(),
            "problem": problem and {"detail": problem.problem, "remedy": problem.remedy},
            "findings": [asdict(each) for each in self._findings],
        }

    def obey(self, name: str, value: Any) -> bool:
        """Do what the page asks; return whether it is something that the app does.

        Raises
        ------
        UsageError
            If the value cannot be.
        MediaError
            If the choice cannot be kept.
        """
        commands: dict[str, Callable[[Any], None]] = {
            "choose": self._choose,
            "save-profile": self._save_profile,
            "forget-choices": lambda _: self._change(self._choices.forget),
            "try": lambda _: self._changed.set(),
            "turn": lambda value: self.turn(value is True),
            "quit": lambda _: self.quit(),
        }
        if name not in commands:
            return False
        commands[name](value)
        return True

    def withdraw(self, text: str) -> None:
        """Take a background out of what is kept.

        Raises
        ------
        UsageError
            If it is the one that is chosen, or a chosen filter reads it.
        MediaError
            If that cannot be kept.
        """
        with self._lock:
            if self.session is not None:
                self._keep(self.session)
            self._choices.withdraw(text)
            self.backgrounds = tuple(each for each in self.backgrounds if each != text)

    def _choose(self, value: Any) -> None:
        """``{"part": PART, "text": TEXT}``, as `Offers` has them."""
        match value:
            case {"part": str(part), "text": str(text)}:
                self._offers.check(part, text)
            case _:
                raise UsageError(f"a choice is {value!r}; expected its part and its text")
        self._change(lambda: self._choices.choose(part, text))

    def _save_profile(self, value: Any) -> None:
        if not isinstance(value, str):
            raise UsageError(f"the profile's name is {value!r}; expected text")
        with self._lock:
            if self.session is not None:
                self._keep(self.session)
            self._choices.save(value)

    def _change(self, change: Callable[[], object]) -> None:
        """Change what is chosen, and open the session anew."""
        with self._lock:
            session = self.session
            if session is not None:
                self._keep(session)
            change()
            self._changed.set()
            if session is not None:
                session.controls.quit()

    def _run(self) -> None:
        while not self._ended.is_set():
            self._changed.clear()
            if self._ended.is_set():
                return
            if not self._on:
                self._changed.wait()
                continue
            try:
                options = self._choices.options()
                self.backgrounds = tuple(options["backgrounds"])
                with open_session(**options) as session:
                    self._show(session)
            except StreammatteError as error:
                self._await_mending(error)

    def _show(self, session: LiveSession) -> None:
        """Let the page have the session until it ends, and keep what is chosen there."""
        session.controls.switch("covered", self._covered)
        self._problem, self._findings = None, _to_mend()
        examined_s = monotonic()
        with self._lock:
            self._keep(session)
            self._server.session = session
        try:
            while not self._changed.is_set() and not session.wait(_KEPT_EVERY_S):
                with self._lock:
                    self._keep(session)
                if self._findings and session.watching and monotonic() - examined_s > _EXAMINED_EVERY_S:
                    self._findings, examined_s = _to_mend(), monotonic()
            with self._lock:
                self._keep(session)
            if not self._changed.is_set():  # a key has ended it
                self._ended.set()
        finally:
            self._covered = session.controls.look.covered
            self.backgrounds = session.controls.backgrounds
            self._server.session = None

    def _keep(self, session: LiveSession) -> None:
        """Keep what the session shows, unless something else has been chosen since; the caller has the lock."""
        if not self._changed.is_set():
            try:
                self._choices.keep(session.controls)
            except StreammatteError as error:
                session.controls.notify(str(error))

    def _await_mending(self, problem: StreammatteError) -> None:
        self._problem, self._findings = problem, _to_mend()
        there = devices_there()
        chosen = self._choices.chosen()["output"]
        # Without its virtual camera each try would turn the camera's light on for nothing.
        possible = chosen == NOWHERE or (chosen in there.outputs if chosen else there.outputs)
        until = monotonic() + _TRY_EVERY_S if possible else inf
        while not self._changed.wait(_LOOK_EVERY_S) and monotonic() < until and devices_there() == there:
            pass


def _to_mend() -> list[Finding]:
    """What the doctor finds amiss with cameras and virtual cameras."""
    found = examine(only=("cameras", "virtual cameras"))
    return [each for each in found if each.status != "ok"]
