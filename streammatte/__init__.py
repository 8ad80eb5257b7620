"""Takes the background out of people's video, live and in files, with real alpha mattes.

Importing this package loads neither torch, av nor cv2: each public name is fetched when it is first asked for.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from streammatte.chain import Chain
    from streammatte.compositing.backdrop import Backdrop
    from streammatte.compositing.decontamination import estimate_foreground
    from streammatte.compositing.fitting import fitted
    from streammatte.compositing.frames import Alpha, Frame, Rgb
    from streammatte.compositing.layers import Layers
    from streammatte.compositing.over import over
    from streammatte.errors import (
        DeviceError,
        FilterError,
        MediaError,
        MissingExtraError,
        ShapeError,
        StreammatteError,
        UsageError,
        WeightsError,
    )
    from streammatte.io import ArraySource, ListSink, NullSink, open_sink, open_source
    from streammatte.live.controls import LiveControls
    from streammatte.live.opening import open_session
    from streammatte.live.session import LiveSession
    from streammatte.live.status import LiveStatus
    from streammatte.matting.matter import NetworkMatter, load
    from streammatte.matting.smoothing import MotionSmoother
    from streammatte.pipeline import FrameReport, run
    from streammatte.plugins.registry import filter_names, load_filter, load_matter, matter_names
    from streammatte.plugins.text import parse_filter, parse_matter
    from streammatte.stages import Filter, Matter, Sink, Smoother, Source, SourceInfo

_HOMES = {
    "chain": ("Chain",),
    "compositing.backdrop": ("Backdrop",),
    "compositing.decontamination": ("estimate_foreground",),
    "compositing.fitting": ("fitted",),
    "compositing.frames": ("Alpha", "Frame", "Rgb"),
    "compositing.layers": ("Layers",),
    "compositing.over": ("over",),
    "errors": (
        "DeviceError",
        "FilterError",
        "MediaError",
        "MissingExtraError",
        "ShapeError",
        "StreammatteError",
        "UsageError",
        "WeightsError",
    ),
    "io": ("ArraySource", "ListSink", "NullSink", "open_sink", "open_source"),
    "live.controls": ("LiveControls",),
    "live.opening": ("open_session",),
    "live.session": ("LiveSession",),
    "live.status": ("LiveStatus",),
    "matting.matter": ("NetworkMatter", "load"),
    "matting.smoothing": ("MotionSmoother",),
    "pipeline": ("FrameReport", "run"),
    "plugins.registry": ("filter_names", "load_filter", "load_matter", "matter_names"),
    "plugins.text": ("parse_filter", "parse_matter"),
    "stages": ("Filter", "Matter", "Sink", "Smoother", "Source", "SourceInfo"),
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}

__version__ = "0.2.0"
__all__ = [
    "Alpha",
    "ArraySource",
    "Backdrop",
    "Chain",
    "DeviceError",
    "Filter",
    "FilterError",
    "Frame",
    "FrameReport",
    "Layers",
    "ListSink",
    "LiveControls",
    "LiveSession",
    "LiveStatus",
    "Matter",
    "MediaError",
    "MissingExtraError",
    "MotionSmoother",
    "NetworkMatter",
    "NullSink",
    "Rgb",
    "ShapeError",
    "Sink",
    "Smoother",
    "Source",
    "SourceInfo",
    "StreammatteError",
    "UsageError",
    "WeightsError",
    "__version__",
    "estimate_foreground",
    "filter_names",
    "fitted",
    "load",
    "load_filter",
    "load_matter",
    "matter_names",
    "open_session",
    "open_sink",
    "open_source",
    "over",
    "parse_filter",
    "parse_matter",
    "run",
]


def __getattr__(name: str) -> Any:
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module 'streammatte' has no attribute {name!r}")
    return getattr(importlib.import_module(f"streammatte.{home}"), name)


def __dir__() -> list[str]:
    return __all__
