"""The kinds of file that can be written, and what goes into each."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from streammatte.errors import UsageError

if TYPE_CHECKING:
    from streammatte.io.paint import AlphaKind

__all__ = [
    "DEEP",
    "LINEAR",
    "PICTURES",
    "WRITTEN_PICTURES",
    "Container",
    "VideoCodec",
    "alpha_kind",
    "carries_alpha",
    "container_for",
    "encoder_for",
]

PICTURES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff"})
"""Suffixes of picture files, in small letters."""

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
class VideoCodec:
    """An encoder and how to call it.

    Attributes
    ----------
    name : str
        The encoder's name in FFmpeg.
    pixels : str
        The pixel format in FFmpeg's words.
    options : dict
        The encoder's options.
    odd : VideoCodec, optional
        What to use instead where width or height is odd and this one takes only even sizes.
    square : bool
        Whether a file with it cannot tell that its pixels are not square.
    limited : bool
        Whether a file with it cannot tell that its colours use the full range.
    even : bool
        Whether frames of odd width or height get a column or row more.
    rgb : bool
        Whether it stores R,G,B as they are.
    """

    name: str
    pixels: str
    options: dict[str, str]
    odd: VideoCodec | None = None
    square: bool = False
    limited: bool = False
    even: bool = False
    rgb: bool = False

    def for_size(self, size: tuple[int, int]) -> VideoCodec:
        """Return the codec for frames of `size` (w, h)."""
        return self.odd if self.odd and (size[0] % 2 or size[1] % 2) else self

    def stored(self, size: tuple[int, int]) -> tuple[int, int]:
        """Return the (w, h) at which frames of `size` are stored."""
        return (size[0] + size[0] % 2, size[1] + size[1] % 2) if self.even else size


class Codec(NamedTuple):
    """A codec as people name it: its encoder without and with alpha, where it has one."""

    opaque: VideoCodec | None
    transparent: VideoCodec | None


@dataclass(frozen=True, slots=True)
class Container:
    """A kind of video file.

    Attributes
    ----------
    format : str
        The muxer's name in FFmpeg.
    codecs : dict of str to Codec
        By name; the first that can do what is wanted is the default.
    sound, subtitles : str
        The encoders for sound and subtitles that come in a codec which the container cannot hold.
    unplayable : tuple of str
        How the sound codecs begin that the muxer would take, but hardly any player reads there.
    options : dict
        The muxer's options.
    """

    format: str
    codecs: dict[str, Codec]
    sound: str
    subtitles: str
    unplayable: tuple[str, ...] = ()
    options: dict[str, str] = field(default_factory=dict)

    def encoders(self, *, transparent: bool) -> dict[str, VideoCodec]:
        """Return what can be written, with alpha or without, by the codec's name."""
        pairs = ((name, each.transparent if transparent else each.opaque) for name, each in self.codecs.items())
        return {name: encoder for name, encoder in pairs if encoder is not None}


# CPU time per frame, measured at 1280x720 on a person talking, stands behind each; `medium` would take 28 ms for a
# file no smaller than that of `veryfast`, and prores_ks 105 ms for one no better than that of prores_aw.
_X264 = {"preset": "veryfast", "crf": "18"}  # 10 ms
_VPX = {"crf": "20", "b": "0", "deadline": "realtime", "cpu-used": "6", "row-mt": "1"}  # 12 ms, with alpha 24 ms
_APPLE = {"vendor": "apl0"}  # 29 ms

# In 4:4:4 any size would do, but for a few players only.
_H264 = Codec(VideoCodec("libx264", "yuv420p", _X264, even=True), None)
_VP9 = Codec(
    VideoCodec("libvpx-vp9", "yuv420p", _VPX, square=True),
    VideoCodec("libvpx-vp9", "yuva420p", {**_VPX, "auto-alt-ref": "0"}, square=True),
)
_PRORES_ODD = VideoCodec("prores_ks", "yuva444p10le", _APPLE, limited=True)
_PRORES = Codec(None, VideoCodec("prores_aw", "yuva444p10le", _APPLE, odd=_PRORES_ODD, limited=True))
_FFV1 = Codec(VideoCodec("ffv1", "bgr0", {}, rgb=True), VideoCodec("ffv1", "bgra", {}, rgb=True))
_PNG = Codec(VideoCodec("png", "rgb24", {}, rgb=True), VideoCodec("png", "rgba", {}, rgb=True))

# The index first, for players on the web; and a start later than 0 to the tick, not to the millisecond.
_MOV_OPTIONS = {"movflags": "+faststart", "movie_timescale": "90000"}
# Sound may begin a little before 0, with what a decoder needs to start; that must not shift everything.
_MKV_OPTIONS = {"avoid_negative_ts": "disabled"}
_MP4 = Container("mp4", {"h264": _H264}, "aac", "mov_text", unplayable=("pcm_",), options=_MOV_OPTIONS)
_MOV = Container("mov", {"h264": _H264, "prores": _PRORES, "png": _PNG}, "aac", "mov_text", options=_MOV_OPTIONS)
_MKV = Container("matroska", {"h264": _H264, "vp9": _VP9, "ffv1": _FFV1}, "aac", "srt", options=_MKV_OPTIONS)
_CONTAINERS = {
    ".mp4": _MP4,
    ".m4v": _MP4,
    ".mov": _MOV,
    ".mkv": _MKV,
    ".webm": Container("webm", {"vp9": _VP9}, "libopus", "webvtt", options=_MKV_OPTIONS),
}


def carries_alpha(path: str | Path) -> bool:
    """Whether a file of this name can hold a transparent background."""
    suffix = Path(path).suffix.lower()
    container = _CONTAINERS.get(suffix)
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
    container = _CONTAINERS.get(path.suffix.lower())
    if container is None:
        known = " ".join([*_CONTAINERS, *sorted(WRITTEN_PICTURES)])
        raise UsageError(f"{path}: cannot write {path.suffix or 'a file without a suffix'}; expected one of {known}")
    return container


def encoder_for(path: Path, asked: str | None, *, transparent: bool) -> VideoCodec:
    """Return the encoder for a video file, with alpha or without.

    `asked` is the codec's name; None for the usual one.

    Raises
    ------
    UsageError
        If the file cannot hold that.
    """
    encoders = container_for(path).encoders(transparent=transparent)
    if asked is not None and asked not in encoders:
        raise UsageError(
            f"{path}: {asked} {'with alpha ' if transparent else ''}is not written to {path.suffix}",
            remedy=f"choose {' or '.join(encoders)}, or another kind of file",
        )
    return encoders[asked] if asked else next(iter(encoders.values()))
