"""What the user changes while frames flow."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from threading import Event, RLock
from typing import Any

from streammatte.errors import UsageError
from streammatte.live.keys import KEYS
from streammatte.live.look import SWITCHES, Look, refuse_needed
from streammatte.live.ready import ReadyBackground, stamps_of, stamps_of_network
from streammatte.matting.matter import Quality
from streammatte.matting.smoothing import SmootherName, smoother
from streammatte.plugins.text import parse_filter
from streammatte.stages import Filter, Matter, close_all

__all__ = ["LiveControls"]

_NOTICES = 20


class LiveControls:
    """The look of a running session, and what changes it; safe to use from any thread.

    Backgrounds, filters and weights are loaded in a thread of its own while frames go on; the finished look replaces
    the old one between two frames. What cannot be loaded leaves the old look and is told to `notify`.

    Parameters
    ----------
    backgrounds : sequence of str
        As `--bg` takes them, at least one; the first is shown.
    blur : float, optional
        How much the first background is blurred, as `set_blur` takes it; by default as it says itself.
    filters : sequence of str
        Applied after the background.
    kept : sequence of str
        Applied before the background: filters that say who and what is kept.
    smoothing : str
        A smoother's name.
    decontaminate : bool
        Whether new backgrounds take the old one's colour out of soft edges.
    load : callable, optional
        Makes a matter of a weights file (None: the shipped one) and a quality, for `load_weights` and `set_quality`.
    weights : Path, optional
        The file that the session's network was loaded from: it is loaded again when it, or the .onnx file beside it,
        has changed.
    quality : str, optional
        What the session's network sees; None where its matter has no such choice.

    Attributes
    ----------
    look : Look
    backgrounds : tuple of str
        What `step_background` goes through.
    notices : tuple of str
        The last things the user should be told, the newest last.
    notified : int
        How many there have been.
    ended : Event
        Set by `quit`.

    Raises
    ------
    UsageError, MediaError
        If the first background or a filter cannot be made.
    """

    def __init__(
        self,
        backgrounds: Sequence[str],
        *,
        blur: float | None = None,
        filters: Sequence[str] = (),
        kept: Sequence[str] = (),
        smoothing: SmootherName = "off",
        decontaminate: bool = True,
        load: Callable[[Path | None, Quality | None], Matter] | None = None,
        weights: Path | None = None,
        quality: Quality | None = None,
    ) -> None:
        if not backgrounds:
            raise UsageError("there is no background; expected at least one, such as blur")
        self.backgrounds = tuple(backgrounds)
        self.notices: tuple[str, ...] = ()
        self.notified = 0
        self.ended = Event()
        self._decontaminate = decontaminate
        self._load = load
        self._network = weights
        self._network_stamps = stamps_of_network(weights)
        self._lock = RLock()
        self._gone: list[Filter] = []  # filters that no look has any more, still open
        self._loader = ThreadPoolExecutor(1, "streammatte loading")
        self._asked = self.backgrounds[0]
        self._made = self._make(self.backgrounds[0])
        self._kept = tuple(map(parse_filter, kept))
        self._extra = tuple(map(parse_filter, filters))
        self.look = Look(
            self.backgrounds[0],
            self._made.blur if blur is None else blur,
            tuple(filters),
            smoothing,
            quality,
            smoother=smoother(smoothing),
        )
        self._put(self.look)

    def press(self, key: str) -> None:
        """Do what `KEYS` says of `key`; other keys do nothing."""
        if key in KEYS:
            KEYS[key][1](self)

    def switch(self, name: str, on: bool) -> None:
        """Turn one of `SWITCHES` on or off."""
        if name not in SWITCHES:
            raise UsageError(f"there is no switch {name!r}; expected one of {', '.join(SWITCHES)}")
        with self._lock:
            turned: dict[str, Any] = {name: on}
            self.look = replace(self.look, **turned)

    def toggle(self, name: str) -> None:
        """Turn one of `SWITCHES` over."""
        with self._lock:
            self.switch(name, not getattr(self.look, name, False))

    def blur_by(self, step: float) -> None:
        """Blur the background more or less."""
        self.set_blur(self.look.blur + step)

    def set_blur(self, strength: float) -> None:
        """Blur the background by 0 (not at all) to 100, the room itself by 10 at least; what lies beyond is cut."""
        with self._lock:
            self._put(replace(self.look, blur=min(100.0, max(0.0, strength))))

    def step_background(self, step: int) -> None:
        """Go on to the next background (1) or back (-1), around the end."""
        with self._lock:
            here = self.backgrounds.index(self._asked) if self._asked in self.backgrounds else 0
            self.set_background(self.backgrounds[(here + step) % len(self.backgrounds)])

    def set_background(self, text: str) -> None:
        """Load a background, as `--bg` takes it, and show it when it is there; a new one joins `backgrounds`."""

        def make() -> None:
            try:
                made = self._make(text)
            except Exception:
                with self._lock:
                    if self._asked == text:
                        self._asked = self.look.background
                raise
            self._show(text, made)

        self._asked = text
        self._later(make)

    def offer(self, text: str) -> None:
        """Let a background join `backgrounds` without being shown."""
        with self._lock:
            if text not in self.backgrounds:
                self.backgrounds = (*self.backgrounds, text)

    def withdraw(self, text: str) -> None:
        """Take a background out of `backgrounds`.

        Raises
        ------
        UsageError
            If it is the one that is shown, or a filter reads it.
        """
        with self._lock:
            refuse_needed(text, self.look.background, self.look.filters)
            self.backgrounds = tuple(each for each in self.backgrounds if each != text)

    def set_filters(self, texts: Sequence[str]) -> None:
        """Load the filters that follow the background, in place of the present ones."""

        def make() -> None:
            extra = tuple(map(parse_filter, texts))
            with self._lock:
                self._extra = extra
                self._put(replace(self.look, filters=tuple(texts)))

        self._later(make)

    def set_smoothing(self, name: SmootherName) -> None:
        """Steady alpha in another way."""
        fresh = smoother(name)
        with self._lock:
            self.look = replace(self.look, smoothing=name, smoother=fresh)

    def load_weights(self, path: Path) -> None:
        """Load another network and use it from the frame after."""

        def load() -> None:
            self._load_network(path, self.look.quality)
            self.notify(f"the network of {path.name} is in use")

        self._later(load)

    def set_quality(self, quality: Quality) -> None:
        """Let the network see more or less of each frame.

        Raises
        ------
        UsageError
            If the session's matter has no such choice.
        """
        if self.look.quality is None:
            raise UsageError("this session's matter has no choice of quality")
        self._later(lambda: self._load_network(self._network, quality))

    def take(self) -> Look:
        """Return the look for the next frame, and close the filters that it has no more; between two frames only."""
        with self._lock:
            look, gone, self._gone = self.look, self._gone, []
        self._close(gone)
        return look

    def reload_changed(self) -> None:
        """Load the present background and the weights again if their files have changed; call it now and then."""
        made = self._made
        stamps = stamps_of(made.background.paths)  # outside the lock, as a disk may sleep
        with self._lock:
            changed = made.stamps and stamps not in (made.stamps, ())
            if changed and made is self._made and self._asked == self.look.background:
                self._made = replace(made, stamps=stamps)  # a file that is broken is told of once
                self.set_background(self.look.background)
        network = self._network
        stamps = stamps_of_network(network)
        with self._lock:
            if network is not None and network is self._network and stamps not in (self._network_stamps, ()):
                self._network_stamps = stamps
                self.load_weights(network)

    def notify(self, text: str) -> None:
        """Keep something that the user should be told."""
        with self._lock:
            self.notices = (*self.notices, text)[-_NOTICES:]
            self.notified += 1

    def quit(self) -> None:
        """Ask the session to end."""
        self.ended.set()

    def close(self) -> None:
        """Finish what is being loaded and close the filters, when the last frame has gone through them."""
        self._loader.shutdown(cancel_futures=True)
        self._close([*self.look.steps, *self._gone])

    def _close(self, filters: Sequence[Filter]) -> None:
        try:
            close_all(filters)
        except Exception as error:  # a filter may be anybody's, and a call must go on
            self.notify(str(error) or repr(error))

    def _later(self, make: Callable[[], None]) -> None:
        def guarded() -> None:
            try:
                make()
            except Exception as error:  # a plugin may be anybody's, and a call must go on
                self.notify(str(error) or repr(error))

        with suppress(RuntimeError):  # the session is over
            self._loader.submit(guarded)

    def _load_network(self, weights: Path | None, quality: Quality | None) -> None:
        if self._load is None:
            raise UsageError("this session's network cannot be replaced")
        before = stamps_of_network(weights)  # a file that changes while it is read is read again
        matter = self._load(weights, quality)
        with self._lock:
            self._network, self._network_stamps = weights, before
            self.look = replace(self.look, matter=matter, quality=quality)

    def _make(self, text: str) -> ReadyBackground:
        return ReadyBackground.of(text, decontaminate=self._decontaminate)

    def _show(self, text: str, made: ReadyBackground) -> None:
        with self._lock:
            again = text == self.look.background
            self._made = made
            if text not in self.backgrounds:
                self.backgrounds = (*self.backgrounds, text)
            blur = self.look.blur if again else made.blur
            self._put(replace(self.look, background=text, blur=blur))

    def _put(self, look: Look) -> None:
        """Show `look` with the filters that it asks for."""
        look = replace(look, blur=max(look.blur, self._made.least_blur))
        steps = (*self._kept, *self._made.blurred(look.blur), *self._extra)
        stay = {id(each) for each in steps}
        self._gone += [each for each in self.look.steps if id(each) not in stay]
        self.look = replace(look, steps=steps)
