"""The errors that streammatte raises.

::

    StreammatteError
    ├── UsageError      (ValueError)   what was asked for cannot be: an option, a value, a pair of them
    │   ├── FilterError                an unknown filter, a parameter that it does not take, layers that cannot be
    │   └── ShapeError                 an array of another shape, type or range than expected
    ├── MediaError      (OSError)      a file that cannot be read or written
    ├── DeviceError     (OSError)      a camera, virtual camera or compute device that is not there or does not answer
    ├── WeightsError    (ValueError)   weights that do not fit the network
    └── MissingExtraError (ImportError)  an optional package that is not installed

A message says what was wrong, what was expected, and what to do next; the last is at hand as `remedy`, too.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager

__all__ = [
    "DeviceError",
    "FilterError",
    "MediaError",
    "MissingExtraError",
    "ShapeError",
    "StreammatteError",
    "UsageError",
    "WeightsError",
    "about",
    "one_of",
]


class StreammatteError(Exception):
    """Any error of streammatte; as text it is the problem and the remedy in one sentence.

    Parameters
    ----------
    problem : str
        What was wrong, and what was expected.
    remedy : str, optional
        What to do next, such as a command to run.
    subject : str or path, optional
        What of the user's it is about: a file, a filter's text, a camera.

    Attributes
    ----------
    problem : str
    remedy : str or None
    subject : str or None
    """

    def __init__(self, problem: str, *, remedy: str | None = None, subject: object = None) -> None:
        super().__init__(f"{problem}; {remedy}" if remedy else problem)
        self.problem = problem
        self.remedy = remedy
        self.subject = None if subject is None else str(subject)


class UsageError(StreammatteError, ValueError):
    """What was asked for cannot be."""


class FilterError(UsageError):
    """An unknown filter, a parameter that it does not take, or layers that cannot be."""


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


@contextmanager
def about(subject: object) -> Iterator[None]:
    """Say of an error that is raised in here what of the user's it is about, unless it says so itself."""
    try:
        yield
    except StreammatteError as error:
        if error.subject is None and subject is not None:
            error.subject = str(subject)
        raise


def one_of(name: str, value: object, values: Collection[object]) -> None:
    """Refuse a value that is none of those that there are.

    Raises
    ------
    UsageError
        If it is none.
    """
    if value not in values:
        raise UsageError(f"there is no {name} {value!r}; expected one of {', '.join(map(str, values))}")
