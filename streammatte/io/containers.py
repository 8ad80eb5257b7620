"""The kinds of file that can be written, and what goes into each."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from streammatte.errors import UsageError
from streammatte.io.encoders import CODECS, VideoCodec
from streammatte.io.pipes import is_pipe

if TYPE_CHECKING:
    from streammatte.io.paint import AlphaKind

__all__ = [
    "CONTAINERS",
    "DEEP",
    "LINEAR",
    "PICTURES",
    "VIDEOS",
    "WRITTEN_PICTURES",
    "Container",
    "alpha_kind",
    "carries_alpha",
    "container_for",
]

PICTURES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff"})
"""Suffixes of picture files, in small letters."""

VIDEOS = frozenset(
    {".3gp", ".avi", ".flv", ".m2ts", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".mts", ".mxf", ".nut", ".ogv"}
    | {".ts", ".webm", ".wmv", ".y4m"}
)
"""Suffixes by which the videos of a folder are known, in small letters; whatever FFmpeg reads can be named."""

DEEP = frozenset({".png", ".tif", ".tiff"})
"""Suffixes of the picture files that can hold 16 bits."""

LINEAR = frozenset({".exr"})
"""Suffixes of the picture files that hold floats, in linear light."""

WRITTEN_PICTURES = PICTURES | LINEAR
"""Suffixes of the picture files that can be written."""

_ALPHA_PICTURES = frozenset({".exr", ".png", ".tif", ".tiff", ".webp"})

_DEFINED: dict[str, AlphaKind] = {".exr": "premultiplied", ".png": "straight", ".webp": "straight"}
"""The kind of alpha where the file's definition leaves no choice."""


@dataclass(frozen=True, slots=True)
class Container:
    """A kind of video file.

    Attributes
    ----------
    format : str
        The muxer's name in FFmpeg.
    standards : tuple of str
        The codecs that it holds; the first that can do what is wanted is the default.
    sound, subtitles : str
        The encoders for sound and subtitles that come in a codec which the container cannot hold.
    unplayable : tuple of str
        How the sound codecs begin that the muxer would take, but hardly any player reads there.
    options : dict
        The muxer's options.
    tags : dict of str to str
        By codec: under which four letters players expect it, where the muxer would write others.
    aspect : bool
        Whether it tells the shape of pixels for codecs that cannot.
    """

    format: str
    standards: tuple[str, ...]
    sound: str
    subtitles: str
    unplayable: tuple[str, ...] = ()
    options: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    aspect: bool = False

    def encoders(self, *, transparent: bool) -> dict[str, VideoCodec]:
        """Return what can be written, with alpha or without, by the codec's name."""
        held = [pair for standard in self.standards for pair in CODECS.items() if pair[1].standard == standard]
        pairs = ((name, each.transparent if transparent else each.opaque) for name, each in held)
        return {name: encoder for name, encoder in pairs if encoder is not None}


# The index first, for players on the web; and a start later than 0 to the tick, not to the millisecond.
_MOV_OPTIONS = {"movflags": "+faststart", "movie_timescale": "90000"}
# Sound may begin a little before 0, with what a decoder needs to start; that must not shift everything.
_MKV_OPTIONS = {"avoid_negative_ts": "disabled"}
_APPLE_TAGS = {"hevc": "hvc1"}
_MP4 = Container("mp4", ("h264", "hevc", "av1"), "aac", "mov_text", ("pcm_",), _MOV_OPTIONS, _APPLE_TAGS, aspect=True)
_MOV = Container(
    "mov", ("h264", "hevc", "prores", "png"), "aac", "mov_text", options=_MOV_OPTIONS, tags=_APPLE_TAGS, aspect=True
)
_MKV = Container("matroska", ("h264", "hevc", "av1", "vp9", "ffv1"), "aac", "srt", options=_MKV_OPTIONS)
CONTAINERS = {
    ".mp4": _MP4,
    ".m4v": _MP4,
    ".mov": _MOV,
    ".mkv": _MKV,
    ".webm": Container("webm", ("vp9", "av1"), "libopus", "webvtt", options=_MKV_OPTIONS),
}
"""By suffix, in small letters."""

_STREAMED = (".mkv", ".webm")
"""What is written from its beginning to its end, and so to a pipe."""


def _suffix(path: Path) -> str:
    """In small letters; a pipe without one gets what can be read as it comes."""
    return path.suffix.lower() or (".mkv" if is_pipe(path) else "")


def carries_alpha(path: str | Path) -> bool:
    """Whether a file of this name can hold a transparent background."""
    suffix = _suffix(Path(path))
    container = CONTAINERS.get(suffix)
    return suffix in _ALPHA_PICTURES or (container is not None and bool(container.encoders(transparent=True)))


def alpha_kind(path: str | Path, asked: AlphaKind | None = None) -> AlphaKind:
    """Return the kind of alpha that a file of this name gets: what was asked for, or straight where it is left open.

    Raises
    ------
    UsageError
        If the file is defined to hold the other kind.
    """
    suffix = Path(path).suffix.lower()
    defined = _DEFINED.get(suffix)
    if asked and defined and asked != defined:
        raise UsageError(
            f"{path}: {suffix} is defined to hold {defined} alpha, not {asked}",
            remedy=f"leave the kind out, or write {'.png' if asked == 'straight' else '.mov, .tif or .exr'}",
        )
    return asked or defined or "straight"


def container_for(path: Path) -> Container:
    """Return what the suffix of `path` stands for.

    Raises
    ------
    UsageError
        If it stands for nothing that can be written.
    """
    suffix = _suffix(path)
    container = CONTAINERS.get(suffix)
    if container is not None and suffix not in _STREAMED and is_pipe(path):
        raise UsageError(
            f"{path} is a pipe, and {suffix} is not written from its beginning to its end", remedy="name it .mkv"
        )
    if container is None:
        known = " ".join([*CONTAINERS, *sorted(WRITTEN_PICTURES)])
        raise UsageError(f"{path}: cannot write {path.suffix or 'a file without a suffix'}; expected one of {known}")
    return container
