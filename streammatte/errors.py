"""The errors that streammatte raises.

::

    StreammatteError
    ├── UsageError      (ValueError)   what was asked for cannot be: an option, a value, a pair of them
    │   ├── FilterError                an unknown filter, or a parameter that it does not take
    │   └── ShapeError                 an array of another shape, type or range than expected
    ├── MediaError      (OSError)      a file that cannot be read or written
    ├── DeviceError     (OSError)      a camera, virtual camera or compute device that is not there or does not answer
    ├── WeightsError    (ValueError)   weights that do not fit the network
    └── MissingExtraError (ImportError)  an optional package that is not installed

A message says what was wrong, what was expected, and what to do next.
"""

from __future__ import annotations

__all__ = [
    "DeviceError",
    "FilterError",
    "MediaError",
    "MissingExtraError",
    "ShapeError",
    "StreammatteError",
    "UsageError",
    "WeightsError",
]


class StreammatteError(Exception):
    """Any error of streammatte."""


class UsageError(StreammatteError, ValueError):
    """What was asked for cannot be."""


class FilterError(UsageError):
    """An unknown filter, or a parameter that it does not take."""


class ShapeError(UsageError):
    """An array of another shape, type or range than expected."""


class MediaError(StreammatteError, OSError):
    """A file that cannot be read or written."""


class DeviceError(StreammatteError, OSError):
    """A camera, virtual camera or compute device that is not there or does not answer."""


class WeightsError(StreammatteError, ValueError):
    """Weights that do not fit the network."""


class MissingExtraError(StreammatteError, ImportError):
    """An optional package that is not installed."""
