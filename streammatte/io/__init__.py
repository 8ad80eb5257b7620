"""Where frames come from and where they go: files, pictures, memory.

Importing this package loads neither av nor cv2; what an input or output needs is loaded when it is opened.
"""

from __future__ import annotations

from fractions import Fraction
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from streammatte.errors import UsageError, about, one_of
from streammatte.io.containers import (
    DEEP,
    LINEAR,
    PICTURES,
    WRITTEN_PICTURES,
    alpha_kind,
    carries_alpha,
    container_for,
)
from streammatte.io.encoders import Encoding
from streammatte.io.memory import ArraySource, ListSink, NullSink
from streammatte.io.notices import Notify, unheard
from streammatte.io.pipes import is_address

if TYPE_CHECKING:
    from streammatte.stages import Sink, Source, SourceInfo

__all__ = ["ArraySource", "ListSink", "NullSink", "alpha_kind", "carries_alpha", "open_sink", "open_source"]


def open_source(
    spec: str | Path,
    *,
    start_s: float | Fraction = 0,
    end_s: float | Fraction | None = None,
    deinterlace: bool = True,
    raw: tuple[tuple[int, int], Fraction] | None = None,
    on_notice: Notify = unheard,
) -> Source:
    """Open a video or a picture.

    Parameters
    ----------
    spec : str or Path
        A file: a video in any format that FFmpeg reads, or a picture (.png .jpg .webp .bmp .tiff), which is a source
        of one frame. "-" is standard input, from which, as from a named pipe, a video is read as it comes, and
        rtsp://..., http://... and the like are read from there. "sample" is a short clip that comes with the package.
    start_s, end_s : float or Fraction
        The part of a video that is read, in seconds; times count from its start. None for the end of the file.
    deinterlace : bool
        Whether the interlaced pictures of a video become full ones.
    raw : tuple, optional
        The (w, h) and the frames per second of a video that is nothing but R,G,B, 8 bits each.
    on_notice : callable
        Told in a line whatever of the file is not read as it is; of a video some is known only at its end.

    Returns
    -------
    VideoSource or ImageSource

    Raises
    ------
    MediaError
        If it cannot be read.
    UsageError
        If there is nothing between start and end.
    """
    spec = file_of(spec)
    if Path(spec).suffix.lower() in PICTURES and not is_address(spec):
        from streammatte.io.images import ImageSource

        return ImageSource(Path(spec), on_notice)
    from streammatte.io.packets import Span
    from streammatte.io.video_source import VideoSource

    span = Span(Fraction(start_s), None if end_s is None else Fraction(end_s))
    return VideoSource(spec, on_notice, span=span, deinterlace=deinterlace, raw=raw)


def file_of(spec: str | Path) -> str | Path:
    """The file that `open_source` reads; "sample" stands for the clip that comes with the package."""
    return str(resources.files("streammatte") / "assets" / "sample.mp4") if spec == "sample" else spec


def open_sink(
    path: str | Path,
    source: Source | None = None,
    *,
    picture: Literal["composite", "alpha", "foreground", "colours", "side by side"] = "composite",
    transparent: bool = False,
    alpha: Literal["straight", "premultiplied"] | None = None,
    bits: Literal[8, 16] = 8,
    codec: str | None = None,
    crf: int | None = None,
    bitrate: int | None = None,
    preset: str | None = None,
    pix_fmt: str | None = None,
    first_number: int = 1,
    sound: bool = True,
    on_notice: Notify = unheard,
) -> Sink:
    """Open a file for writing; all that can be checked beforehand is checked here.

    Parameters
    ----------
    path : str or Path
        The suffix says what is written: .mp4 .m4v .mov .mkv (H.264, or HEVC for 10 bits and HDR), .webm (VP9, or AV1
        for these); .png .jpg .webp .bmp .tiff .exr for one picture, or for a sequence of them where the name has a
        place for the number, as in NAME_%05d.png; the folder of a sequence is made. "-" is standard output, which gets
        Matroska (.mkv), as a named pipe does that has no suffix.
    source : Source, optional
        Where the frames come from. Of a video file the rate, colours, shape of pixels, sound, subtitles, chapters and
        tags are kept.
    picture : {"composite", "alpha", "foreground", "colours", "side by side"}
        What an opaque file shows: the layers put together, the alpha in grey, the foreground over black, its own,
        straight colours, black where nothing of it is seen, or, twice as wide, these with the alpha in grey to their
        right.
    transparent : bool
        Whether to write the foreground's colours with their alpha: ProRes 4444 in .mov, VP9 in .webm and .mkv, or .png,
        .tiff, .webp and .exr pictures. In 8 bits, as all but an opaque `composite`.
    alpha : {"straight", "premultiplied"}, optional
        Whether these colours are as they are, or multiplied by alpha; by default what the file is defined to hold,
        or straight. An .exr is premultiplied, in linear light and half floats.
    bits : {8, 16}
        Of each value in a .png or .tiff. Colours have 8 of their own; alpha has finer steps in 16.
    codec : str, optional
        Of a video: h264, hevc, av1, vp9, prores, or without any loss ffv1 in .mkv and png in .mov, or a hardware
        encoder as FFmpeg calls it, such as h264_nvenc; by default the usual one.
    crf, bitrate : int, optional
        Of a video: its quality, from 0, the best, to 51 or 63; or how many bits there are for a second.
    preset : str, optional
        Of a video: how much time the encoder takes, in its own words.
    pix_fmt : str, optional
        Of a video: how its pixels are stored, in FFmpeg's words, such as yuv420p10le.
    first_number : int
        Of a sequence.
    sound : bool
        Whether to carry over sound and subtitles; chapters and tags are kept in any case.
    on_notice : callable
        Told in a line whatever of the source is not written as it is.

    Raises
    ------
    UsageError
        If the file is the source's own, or cannot hold what is asked for.
    MediaError
        If it cannot be written.
    """
    from streammatte.io.paint import PAINTS, TRANSPARENT_PAINTS, Paint, Picture, Values

    path = Path(path)
    encoding = Encoding(codec, crf, bitrate, preset, pix_fmt)
    with about(path):
        one_of("picture", picture, get_args(Picture))
        one_of("number of bits", bits, (8, 16))
        if transparent and picture != "composite":
            raise UsageError(
                f"{path}: picture={picture!r} has no background to be transparent", remedy="leave one of the two out"
            )
        if transparent and not carries_alpha(path):
            raise UsageError(
                f"{path}: {path.suffix or 'a file without a suffix'} cannot hold a transparent background",
                remedy="write .mov (ProRes 4444), .webm or .mkv (VP9), .png (a picture) or NAME_%05d.png (a sequence)",
            )
        if alpha is not None and not transparent:
            raise UsageError(f"{path} gets a background, and no {alpha} alpha", remedy="leave one of the two out")
        if bits == 16 and path.suffix.lower() not in DEEP:
            raise UsageError(f"{path} is not written with 16 bits", remedy="write .png or .tif, or floats into .exr")

        def paint(values: Values) -> Paint:
            return TRANSPARENT_PAINTS[alpha_kind(path, alpha), values] if transparent else PAINTS[picture, values]

        beyond = source.info if source and picture != "alpha" and source.info.beyond_8_bits else None
        if path.suffix.lower() in WRITTEN_PICTURES:
            from streammatte.io.images import ImageSink, SequenceSink, is_sequence

            if encoding.asked:
                raise UsageError(f"{path} is a picture, and no video with {encoding.asked}", remedy="leave that out")
            if beyond:
                on_notice(f"{path}: {_with_8_bits(beyond)}")
            values: Values = "light" if path.suffix.lower() in LINEAR else "16 bits" if bits == 16 else "8 bits"
            if is_sequence(path):
                return SequenceSink(path, paint(values), source, first_number, on_notice)
            return ImageSink(path, paint(values), source, on_notice)
        from streammatte.io.video_encoding import encoder_for
        from streammatte.io.video_sink import VideoSink
        from streammatte.io.video_source import VideoSource

        deep = beyond is not None and picture == "composite" and not transparent
        encoder = encoder_for(path, encoding, transparent=transparent, deep=deep)
        deep = deep and encoder.deep
        if beyond and not deep:
            on_notice(f"{path}: {_with_8_bits(beyond)}")
        whole_chroma = isinstance(source, VideoSource) and source.whole_chroma
        if whole_chroma and encoder.half_chroma and picture != "alpha":
            whole = "yuv422p10le or yuv444p10le" if deep else "yuv422p or yuv444p"
            on_notice(f"{path}: colours are stored at half their size (4:2:0); --pix-fmt {whole} keeps them")
        return VideoSink(
            path,
            container_for(path),
            encoder,
            paint("planes" if deep or (encoder.half_chroma and not (beyond and beyond.dynamic_range)) else "8 bits"),
            source,
            columns=2 if picture == "side by side" else 1,
            deep=deep,
            sound=sound,
            on_notice=on_notice,
        )


def _with_8_bits(info: SourceInfo) -> str:
    if info.dynamic_range:
        return f"the input's HDR ({info.dynamic_range}) is written as an ordinary picture of 8 bits"
    return f"the input's {info.depth}-bit colours are written with 8 bits"
