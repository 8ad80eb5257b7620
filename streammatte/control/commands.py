"""What the page may ask of a session: each command with its value checked.

Nothing here opens a file that the session did not know before: a background is one of the list, a colour or a blur,
and what a filter takes as a path is one of the list too.
"""

from __future__ import annotations

from collections.abc import Callable, Container
from typing import Any, get_args

from streammatte.background import Background
from streammatte.errors import UsageError
from streammatte.live.controls import LiveControls
from streammatte.live.keys import KEYS
from streammatte.matting import Quality
from streammatte.parameters import describe
from streammatte.plugin_text import join_filter, split_filter
from streammatte.plugins import load_filter
from streammatte.smoothing import SmootherName

__all__ = ["obey"]


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


def _press(controls: LiveControls, value: Any) -> None:
    controls.press(_one_of(value, KEYS, "key"))


def _toggle(controls: LiveControls, value: Any) -> None:
    controls.toggle(str(value))


def _background(controls: LiveControls, value: Any) -> None:
    """A number in the list, or a text: one of the list, a colour or a blur."""
    backgrounds = controls.backgrounds
    if type(value) is int and 0 <= value < len(backgrounds):
        controls.set_background(backgrounds[value])
    elif isinstance(value, str) and (value in backgrounds or _is_made_up(value)):
        controls.set_background(value)
    else:
        raise UsageError(
            f"there is no background {value!r} to choose; expected one of the list, a colour such as #336699, "
            "or blur[:STRENGTH]",
            remedy="drop a picture onto the page to add it",
        )


def _blur(controls: LiveControls, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise UsageError(f"the blur is {value!r}; expected a number from 0 to 100")
    controls.set_blur(value)


def _smoothing(controls: LiveControls, value: Any) -> None:
    controls.set_smoothing(_one_of(value, get_args(SmootherName), "smoother"))


def _quality(controls: LiveControls, value: Any) -> None:
    controls.set_quality(_one_of(value, get_args(Quality), "quality"))


def _filters(controls: LiveControls, value: Any) -> None:
    """A list of ``{"name": NAME, "values": {PARAMETER: TEXT}}``."""
    if not isinstance(value, list):
        raise UsageError(f"the filters are {value!r}; expected a list")
    controls.set_filters([_filter(controls, each) for each in value])


def _filter(controls: LiveControls, item: Any) -> str:
    match item:
        case {"name": str(name), "values": dict(values)} if all(isinstance(each, str) for each in values.values()):
            text = join_filter(name, values)
        case _:
            raise UsageError(f"a filter is {item!r}; expected its name and its values as text")
    known = {each for each in controls.backgrounds if Background.parse(each).paths}
    for present in controls.look.filters:
        known.update(split_filter(present)[1].values())
    paths = {each.name for each in describe(load_filter(name)) if "path" in each.type.split(" or ")}
    for key, file in split_filter(text)[1].items():
        if key in paths and file not in known and file.lower() != "none":
            raise UsageError(
                f"{key} of the filter {name!r} is {file!r}, which is no background of the list; expected one that is",
                remedy="drop the picture onto the page first",
            )
    return text


def _quit(controls: LiveControls, _: Any) -> None:
    controls.quit()


_COMMANDS: dict[str, Callable[[LiveControls, Any], None]] = {
    "press": _press,
    "toggle": _toggle,
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
