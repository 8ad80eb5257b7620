"""What the page may ask of a session, and for files: each value is checked.

Nothing here opens a file that the session did not know before: a background is one of the list, a colour or a blur,
and what a filter takes as a path is one of the list too.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Container, Sequence
from typing import Any, get_args

from streammatte.batch.look import SUFFIXES, FileLook
from streammatte.errors import UsageError
from streammatte.live.controls import LiveControls
from streammatte.live.keys import KEYS
from streammatte.matting.matter import Quality
from streammatte.matting.smoothing import SmootherName
from streammatte.plugins.background import Background
from streammatte.plugins.parameters import describe
from streammatte.plugins.registry import load_filter
from streammatte.plugins.text import join_filter, split_filter

__all__ = ["in_words", "look_of", "obey"]


def obey(controls: LiveControls, name: Any, value: Any) -> None:
    """Do what the page asks.

    Parameters
    ----------
    controls : LiveControls
        Of the session.
    name : str
        Of the command, as `_COMMANDS` has them.
    value
        What it takes.

    Raises
    ------
    UsageError
        If the command is unknown or its value cannot be.
    """
    if not isinstance(name, str) or name not in _COMMANDS:
        raise UsageError(f"there is no command {name!r}; expected one of {', '.join(_COMMANDS)}")
    _COMMANDS[name](controls, value)


def look_of(text: str, backgrounds: Sequence[str]) -> FileLook:
    """Return how files are to look, as the page says it in JSON.

    Parameters
    ----------
    text : str
        An object with the attributes of `FileLook`; a filter is as in the command `filters`.
    backgrounds : sequence of str
        The list to choose from.

    Raises
    ------
    UsageError
        If it cannot be.
    """
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        told = None
    match told:
        case {
            "background": background,
            "blur": blur,
            "filters": filters,
            "smoothing": smoothing,
            "quality": quality,
            "suffix": suffix,
        }:
            files = {each for each in backgrounds if Background.parse(each).paths}
            return FileLook(
                _known_background(background, backgrounds),
                min(100.0, max(0.0, _strength(blur))),
                tuple(_known_filters(filters, files)),
                _one_of(smoothing, get_args(SmootherName), "smoother"),
                _one_of(quality, get_args(Quality), "quality"),
                _one_of(suffix, SUFFIXES, "kind of file"),
            )
    raise UsageError("a look is JSON; expected background, blur, filters, smoothing, quality and suffix")


def in_words(filters: Sequence[str]) -> list[dict[str, Any]]:
    """Return what the command `filters` takes for these."""
    return [dict(zip(("name", "values"), split_filter(text), strict=True)) for text in filters]


def _press(controls: LiveControls, value: Any) -> None:
    controls.press(_one_of(value, KEYS, "key"))


def _switch(controls: LiveControls, value: Any) -> None:
    """``{"name": NAME, "on": BOOL}``: what is asked for twice is done once."""
    match value:
        case {"name": str(name), "on": bool(on)}:
            controls.switch(name, on)
        case _:
            raise UsageError(f"a switch is {value!r}; expected its name, and whether it is on")


def _background(controls: LiveControls, value: Any) -> None:
    """A number in the list, or a text: one of the list, a colour or a blur."""
    backgrounds = controls.backgrounds
    if type(value) is int and 0 <= value < len(backgrounds):
        controls.set_background(backgrounds[value])
    else:
        controls.set_background(_known_background(value, backgrounds))


def _known_background(value: Any, backgrounds: Sequence[str]) -> str:
    if isinstance(value, str) and (value in backgrounds or _is_made_up(value)):
        return value
    raise UsageError(
        f"there is no background {value!r} to choose; expected one of the list, a colour such as #336699, "
        "or blur[:STRENGTH]",
        remedy="drop a picture onto the page to add it",
    )


def _blur(controls: LiveControls, value: Any) -> None:
    controls.set_blur(_strength(value))


def _strength(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise UsageError(f"the blur is {value!r}; expected a number from 0 to 100")
    return value


def _smoothing(controls: LiveControls, value: Any) -> None:
    controls.set_smoothing(_one_of(value, get_args(SmootherName), "smoother"))


def _quality(controls: LiveControls, value: Any) -> None:
    controls.set_quality(_one_of(value, get_args(Quality), "quality"))


def _filters(controls: LiveControls, value: Any) -> None:
    known = {each for each in controls.backgrounds if Background.parse(each).paths}
    for present in controls.look.filters:
        known.update(split_filter(present)[1].values())
    controls.set_filters(_known_filters(value, known))


def _known_filters(value: Any, files: Container[str]) -> list[str]:
    """A list of ``{"name": NAME, "values": {PARAMETER: TEXT}}``, which read these files at most."""
    if not isinstance(value, list):
        raise UsageError(f"the filters are {value!r}; expected a list")
    return [_filter(each, files) for each in value]


def _filter(item: Any, files: Container[str]) -> str:
    match item:
        case {"name": str(name), "values": dict(values)} if all(isinstance(each, str) for each in values.values()):
            text = join_filter(name, values)
        case _:
            raise UsageError(f"a filter is {item!r}; expected its name and its values as text")
    paths = {each.name for each in describe(load_filter(name)) if "path" in each.type.split(" or ")}
    for key, file in split_filter(text)[1].items():
        if key in paths and file not in files and file.lower() != "none":
            raise UsageError(
                f"{key} of the filter {name!r} is {file!r}, which is no background of the list; expected one that is",
                remedy="drop the picture onto the page first",
            )
    return text


def _quit(controls: LiveControls, _: Any) -> None:
    controls.quit()


_COMMANDS: dict[str, Callable[[LiveControls, Any], None]] = {
    "press": _press,
    "switch": _switch,
    "background": _background,
    "blur": _blur,
    "smoothing": _smoothing,
    "quality": _quality,
    "filters": _filters,
    "quit": _quit,
}


def _one_of(value: Any, known: Container[str], kind: str) -> Any:
    if not isinstance(value, str) or value not in known:
        raise UsageError(f"there is no {kind} {value!r}; expected one of {', '.join(known)}")  # type: ignore[arg-type]
    return value


def _is_made_up(text: str) -> bool:
    """Whether it is a background, and no file is read for it."""
    try:
        background = Background.of(text)
        return not background.paths and bool(background.filters(decontaminate=False))
    except UsageError:
        return False
