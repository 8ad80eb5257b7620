"""A session in words that the page understands: what is chosen, what can be chosen, how it does."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import asdict
from functools import lru_cache
from typing import Any, get_args

from streammatte.control.commands import in_words
from streammatte.control.files import files_catalogue
from streammatte.control.pictures import Thumbnails
from streammatte.control.uploads import MOST_BYTES, Uploads, label_of
from streammatte.errors import UsageError
from streammatte.io.containers import PICTURES
from streammatte.live.keys import KEYS
from streammatte.live.look import SWITCHES
from streammatte.live.ready import ReadyBackground
from streammatte.live.session import LiveSession
from streammatte.matting.matter import Quality
from streammatte.matting.smoothing import SmootherName
from streammatte.plugins.background import Background
from streammatte.plugins.parameters import Parameter, describe
from streammatte.plugins.registry import filter_names, load_filter

__all__ = ["catalogue", "state"]


def state(
    session: LiveSession | None, listed: Sequence[str], thumbnails: Thumbnails, uploads: Uploads
) -> dict[str, Any]:
    """Return what changes: the backgrounds that are listed and, of a session, the look, the status and the notices."""
    backgrounds = [
        {**_background(index, text, thumbnails), "upload": uploads.name_of(text)} for index, text in enumerate(listed)
    ]
    if session is None:
        return {"running": False, "backgrounds": backgrounds}
    controls = session.controls
    look = controls.look
    return {
        "running": True,
        "look": {
            **{name: getattr(look, name) for name in SWITCHES},
            "background": listed.index(look.background) if look.background in listed else None,
            "blur": look.blur,
            "smoothing": look.smoothing,
            "quality": look.quality,
            "filters": in_words(look.filters),
        },
        "backgrounds": backgrounds,
        "status": asdict(session.status()),
        "notices": controls.notices,
        "ended": controls.ended.is_set(),
    }


def catalogue() -> dict[str, Any]:
    """Return what stays: the filters that are installed, the smoothers and qualities, the keys."""
    return {
        "filters": [_filter(entry.name, entry.owner) for entry in filter_names() if entry.usable],
        "smoothers": get_args(SmootherName),
        "qualities": get_args(Quality),
        "keys": [[key, text] for key, (text, _) in KEYS.items()],
        "pictures": sorted(PICTURES),
        "mostBytes": MOST_BYTES,
        "files": files_catalogue(),
    }


def _background(index: int, text: str, thumbnails: Thumbnails) -> dict[str, Any]:
    background = Background.parse(text)
    label = label_of(text) if background.paths else text.replace(":", " ")
    picture = None if background.kind == "blur" else f"thumbnail/{index}?version={thumbnails.version(text)}"
    return {"text": text, "kind": background.kind, "blur": _blur(text), "label": label, "thumbnail": picture}


@lru_cache
def _blur(text: str) -> float:
    """How much a background is blurred by itself."""
    try:
        return ReadyBackground.of(text, decontaminate=False).blur if Background.parse(text).kind == "blur" else 0.0
    except UsageError:  # it cannot be, as whoever chooses it is told
        return 0.0


def _filter(name: str, owner: str) -> dict[str, Any]:
    try:
        factory = load_filter(name)
        parameters = [_parameter(each) for each in describe(factory)]
    except UsageError as error:
        return {"name": name, "owner": owner, "summary": "", "problem": str(error), "parameters": []}
    summary = " ".join((inspect.getdoc(factory) or "").partition("\n\n")[0].split())
    return {"name": name, "owner": owner, "summary": summary, "problem": "", "parameters": parameters}


def _parameter(parameter: Parameter) -> dict[str, Any]:
    """What control a parameter gets; one that may be none is left out instead."""
    types = [each for each in parameter.type.split(" or ") if each != "none"]
    kind, choices = "text", []
    if parameter.type == "yes or no":
        kind = "switch"
    elif types in (["number"], ["whole number"], ["path"]):
        kind = types[0].removeprefix("whole ")
    elif len(types) > 1 and not {"number", "whole number", "path", "text"} & set(types):
        kind, choices = "choice", types
    default = "" if parameter.default in (None, "none") else parameter.default
    return {
        "name": parameter.name,
        "kind": kind,
        "choices": choices,
        "default": default,
        "required": parameter.default is None,
        "doc": parameter.doc,
    }
