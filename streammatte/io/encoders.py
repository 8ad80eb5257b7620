"""The encoders of video files: what each is called with, by itself and where somebody asks for more."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import NamedTuple

__all__ = ["CODECS", "Codec", "Encoding", "Knobs", "VideoCodec"]

_LARGE = 2560 * 1440
"""Pixels."""


@dataclass(frozen=True, slots=True)
class Encoding:
    """What somebody asks of an encoder; None where nothing.

    Attributes
    ----------
    codec : str
        A name of `CODECS`.
    crf : int
        The quality, from 0, the best.
    bitrate : int
        In bits per second.
    preset : str
        How much time to take, in the encoder's words.
    pix_fmt : str
        How pixels are stored, in FFmpeg's words.
    """

    codec: str | None = None
    crf: int | None = None
    bitrate: int | None = None
    preset: str | None = None
    pix_fmt: str | None = None

    @property
    def asked(self) -> str:
        """What is asked for, in words; empty where nothing is."""
        named = {
            "codec": self.codec,
            "CRF": self.crf,
            "bit rate": self.bitrate,
            "preset": self.preset,
            "pixel format": self.pix_fmt,
        }
        return ", ".join(f"{name} {value}" for name, value in named.items() if value is not None)


@dataclass(frozen=True, slots=True)
class Knobs:
    """What can be asked of an encoder, and its names for it.

    Attributes
    ----------
    crf : tuple of str
        Its options for a quality that stays the same; empty where it has none.
    coarsest : int
        The largest value of these. 0 is the best.
    constant : dict
        Its options that make it obey `crf`.
    presets : dict of str to dict
        Its options by the name of the preset, the usual scale from much haste to little or the reverse.
    bitrate : bool
        Whether it can be given a bit rate.
    """

    crf: tuple[str, ...] = ()
    coarsest: int = 51
    constant: dict[str, str] = field(default_factory=dict)
    presets: dict[str, dict[str, str]] = field(default_factory=dict)
    bitrate: bool = True


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
    quality : dict
        Further options, in whose place a CRF, a bit rate or a preset comes where one is asked for.
    large : dict
        Further ones for frames larger than 2560x1440, so that the encoder needs less memory.
    knobs : Knobs
        What can be asked of it.
    odd : VideoCodec, optional
        What to use instead where width or height is odd and this one takes only even sizes.
    square : bool
        Whether it cannot tell that its pixels are not square, and the container has to.
    limited : bool
        Whether a file with it cannot tell that its colours use the full range.
    even : bool
        Whether frames of odd width or height get a column or row more.
    deeper : str
        Its pixel format with 10 bits, where players can be expected to show that.
    hardware : bool
        Whether it needs a device that not every machine has.
    """

    name: str
    pixels: str
    options: dict[str, str] = field(default_factory=dict)
    quality: dict[str, str] = field(default_factory=dict)
    large: dict[str, str] = field(default_factory=dict)
    knobs: Knobs = Knobs(bitrate=False)
    odd: VideoCodec | None = None
    square: bool = False
    limited: bool = False
    even: bool = False
    deeper: str = ""
    hardware: bool = False

    @property
    def rgb(self) -> bool:
        """Whether it stores R,G,B as they are."""
        return any(order in self.pixels for order in ("rgb", "bgr", "gbr"))

    @property
    def deep(self) -> bool:
        """Whether it stores luma and chroma with more than 8 bits."""
        return not self.rgb and self.pixels.endswith("le")

    @property
    def half_chroma(self) -> bool:
        """Whether it stores luma and, at half its size, chroma."""
        return any(order in self.pixels for order in ("420", "nv12", "p010"))

    def for_size(self, size: tuple[int, int]) -> VideoCodec:
        """Return the codec for frames of `size` (w, h)."""
        codec = self.odd if self.odd and (size[0] % 2 or size[1] % 2) else self
        return replace(codec, options={**codec.options, **codec.large}) if size[0] * size[1] > _LARGE else codec

    def stored(self, size: tuple[int, int]) -> tuple[int, int]:
        """Return the (w, h) at which frames of `size` are stored."""
        return (size[0] + size[0] % 2, size[1] + size[1] % 2) if self.even else size


class Codec(NamedTuple):
    """A codec as people name it: its encoder, and that with alpha where it has one.

    `standard` is what a container has to hold: an encoder of a graphics card has a name of its own for the same.
    """

    standard: str
    opaque: VideoCodec
    transparent: VideoCodec | None = None


def _named(*presets: str) -> dict[str, dict[str, str]]:
    return {each: {"preset": each} for each in presets}


_HASTE = ("veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow")
_X26X = Knobs(("crf",), presets=_named("ultrafast", "superfast", *_HASTE, "placebo"))
_SVT = Knobs(("crf",), 63, presets=_named(*map(str, range(14))))
_VPX_REALTIME = {"deadline": "realtime", "lag-in-frames": "0"}  # frames ahead are of no use there, and much memory
_VPX_GOOD = {"deadline": "good", "lag-in-frames": "25"}
_VPX_PRESETS = {str(n): {**(_VPX_GOOD if n < 6 else _VPX_REALTIME), "cpu-used": str(n)} for n in range(9)}
_VPX = Knobs(("crf",), 63, {"b": "0"}, _VPX_PRESETS)

# CPU time per frame, measured at 1280x720 on a person talking, stands behind each; `medium` would take 28 ms for a
# file no smaller than that of `veryfast`, and prores_ks 105 ms for one no better than that of prores_aw.
_X264_USUAL = {
    "preset": "veryfast",
    "partitions": "i8x8,i4x4",
    "crf": "18",
}  # 9 ms; with smaller blocks 11, for nothing
_X264_LARGE = {
    "rc-lookahead": "5",  # for 10 it takes 120 MB more at 3840x2160, and saves 3 % of the bits
    # A lookahead by itself takes 30 MB more, for the same bits; threads with a frame each, more than with a slice each.
    "x264-params": "sync-lookahead=1:sliced-threads=1",
}
_X265_USUAL = {"preset": "superfast", "crf": "20"}  # 25 ms
_SVT_USUAL = {"preset": "9", "crf": "25"}  # 7 ms; from 10 on it warns of artefacts
_VPX_USUAL = {"crf": "20", "b": "0"}  # 12 ms, with alpha 24 ms, with these:
_VPX_OPTIONS = {**_VPX_REALTIME, "cpu-used": "6", "row-mt": "1"}
_APPLE = {"vendor": "apl0"}  # 29 ms

_PRORES_ODD = VideoCodec("prores_ks", "yuva444p10le", _APPLE, limited=True)
_HIGH = {**_APPLE, "profile": "3"}
_HIGH_ODD = VideoCodec("prores_ks", "yuv422p10le", _HIGH, limited=True)

_SOFTWARE = {
    # In 4:4:4 any size would do, but for a few players only.
    "h264": Codec("h264", VideoCodec("libx264", "yuv420p", {}, _X264_USUAL, _X264_LARGE, _X26X, even=True)),
    "hevc": Codec(
        "hevc",
        VideoCodec(
            "libx265",
            "yuv420p",
            {"x265-params": "log-level=none"},
            _X265_USUAL,
            knobs=_X26X,
            even=True,
            deeper="yuv420p10le",
        ),
    ),
    "av1": Codec(
        "av1",
        VideoCodec("libsvtav1", "yuv420p", {}, _SVT_USUAL, knobs=_SVT, even=True, square=True, deeper="yuv420p10le"),
    ),
    "vp9": Codec(
        "vp9",
        VideoCodec("libvpx-vp9", "yuv420p", _VPX_OPTIONS, _VPX_USUAL, knobs=_VPX, square=True),
        VideoCodec(
            "libvpx-vp9", "yuva420p", {**_VPX_OPTIONS, "auto-alt-ref": "0"}, _VPX_USUAL, knobs=_VPX, square=True
        ),
    ),
    "prores": Codec(
        "prores",
        VideoCodec("prores_aw", "yuv422p10le", _HIGH, odd=_HIGH_ODD, limited=True),
        VideoCodec("prores_aw", "yuva444p10le", _APPLE, odd=_PRORES_ODD, limited=True),
    ),
    "ffv1": Codec("ffv1", VideoCodec("ffv1", "bgr0"), VideoCodec("ffv1", "bgra")),
    "png": Codec("png", VideoCodec("png", "rgb24"), VideoCodec("png", "rgba")),
}

_NVENC = Knobs(("cq",), constant={"rc": "vbr", "b": "0"}, presets=_named(*(f"p{n}" for n in range(1, 8))))
_QSV = Knobs(("global_quality",), presets=_named(*_HASTE))
_AMF = Knobs(
    ("qp_i", "qp_p"), 51, {"rc": "cqp"}, {each: {"quality": each} for each in ("speed", "balanced", "quality")}
)
_BY_RATE = {"b": "8M"}
_DEVICES: dict[str, tuple[str, dict[str, str], Knobs]] = {
    "nvenc": ("yuv420p", {"rc": "vbr", "b": "0", "cq": "21"}, _NVENC),
    "qsv": ("nv12", {"global_quality": "21"}, _QSV),
    "amf": ("nv12", {"rc": "cqp", "qp_i": "20", "qp_p": "22"}, _AMF),
    "videotoolbox": ("yuv420p", _BY_RATE, Knobs()),
    "mf": ("nv12", _BY_RATE, Knobs()),
    "v4l2m2m": ("yuv420p", _BY_RATE, Knobs()),
}
"""Of NVIDIA, Intel, AMD, macOS, Windows and small boards: pixels, quality and knobs."""

CODECS = _SOFTWARE | {
    f"{standard}_{device}": Codec(
        standard, VideoCodec(f"{standard}_{device}", pixels, {}, usual, knobs=knobs, even=True, hardware=True)
    )
    for device, (pixels, usual, knobs) in _DEVICES.items()
    for standard in ("h264", "hevc", "av1")
}
"""All codecs by the names that people give them; those of hardware have FFmpeg's."""
