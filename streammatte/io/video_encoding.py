"""What is asked of an encoder, brought together with what it can do."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
from av.codec.codec import UnknownCodecError
from av.error import FFmpegError
from av.video.codeccontext import VideoCodecContext

from streammatte.errors import UsageError
from streammatte.io.containers import container_for
from streammatte.io.encoders import CODECS, Encoding, VideoCodec

__all__ = ["encoder_for", "exists", "opens", "pixel_formats"]

_WRITTEN = re.compile(r"yuva?4\d\dp(\d+le)?|nv12|p010le|gbra?p(\d+le)?|bgr0|bgra|rgb24|rgba|rgb(48|a64)[bl]e")
"""Pixel formats of colours in whole numbers that swscale makes of R,G,B as it is told."""


def encoder_for(path: Path, encoding: Encoding, *, transparent: bool, deep: bool = False) -> VideoCodec:
    """Return the encoder for a video file, with alpha or without, and for 10 bits where the source is so `deep`.

    Raises
    ------
    UsageError
        If the file cannot hold that, or the encoder cannot do it, or not on this machine.
    """
    encoders = container_for(path).encoders(transparent=transparent)
    deep = deep and (encoding.pix_fmt is None or encoding.pix_fmt.endswith("le"))
    usual = [each for each in encoders if not deep or (encoders[each].deeper and exists(encoders[each]))]
    name = encoding.codec or next(iter([*usual, *encoders]))
    if name not in encoders:
        known = [each for each in encoders if each == CODECS[each].standard]
        raise UsageError(
            f"{path}: {name} {'with alpha ' if transparent else ''}is not written to {path.suffix or 'a pipe'}",
            remedy=f"choose {' or '.join(known)}, {'a background (--bg), ' if transparent else ''}"
            "or another kind of file; 'streammatte codecs' lists all",
        )
    encoder = encoders[name]
    if deep and encoder.deeper:
        encoder = replace(encoder, pixels=encoder.deeper)
    os.environ.setdefault("SVT_LOG", "1")  # errors alone; SVT-AV1 tells the terminal all about itself
    if not exists(encoder):
        raise UsageError(
            f"{path}: {encoder.name} is not part of this build of FFmpeg", remedy="see 'streammatte codecs'"
        )
    if encoder.hardware and not opens(encoder):
        raise UsageError(
            f"{path}: {encoder.name} finds no device on this machine that it could use",
            remedy=f"take {CODECS[name].standard}, which needs none; 'streammatte codecs' lists what opens here",
        )
    return _with_pixels(_with_quality(encoder, encoding, name), encoding, name, transparent=transparent)


def exists(encoder: VideoCodec) -> bool:
    """Whether this build of FFmpeg has the encoder."""
    try:
        av.Codec(encoder.name, "w")
    except UnknownCodecError:
        return False
    return True


def opens(encoder: VideoCodec) -> bool:
    """Whether the encoder, which exists, finds what it needs on this machine."""
    context = av.CodecContext.create(encoder.name, "w")
    assert isinstance(context, VideoCodecContext)
    context.width, context.height, context.pix_fmt = 640, 480, encoder.pixels
    context.time_base, context.framerate = Fraction(1, 25), Fraction(25)
    context.options = {**encoder.options, **encoder.quality}
    try:
        context.open()
    except (FFmpegError, ValueError):
        return False
    return True


def pixel_formats(encoder: VideoCodec, *, transparent: bool) -> list[str]:
    """Return the pixel formats that can be asked of the encoder, which exists; it need not open with each of them."""
    formats = [each for each in av.Codec(encoder.name, "w").video_formats or [] if _WRITTEN.fullmatch(each.name)]
    return [each.name for each in formats if any(part.is_alpha for part in each.components) == transparent]


def _with_quality(encoder: VideoCodec, encoding: Encoding, name: str) -> VideoCodec:
    knobs, quality, preset, large = encoder.knobs, encoder.quality, {}, encoder.large
    if encoding.crf is not None and encoding.bitrate is not None:
        raise UsageError("a CRF and a bit rate cannot both be kept", remedy="leave one of them out")
    if encoding.crf is not None:
        if not knobs.crf:
            remedy = "give it a bit rate" if knobs.bitrate else "leave it out"
            raise UsageError(f"{name} takes no CRF", remedy=remedy)
        if not 0 <= encoding.crf <= knobs.coarsest:
            raise UsageError(f"{name} takes a CRF from 0, the best, to {knobs.coarsest}, not {encoding.crf}")
        quality = {**_without_rate(quality, knobs.crf), **knobs.constant, **dict.fromkeys(knobs.crf, str(encoding.crf))}
    if encoding.bitrate is not None:
        if not knobs.bitrate:
            raise UsageError(f"{name} takes no bit rate", remedy="leave it out, or choose another codec")
        quality = {**_without_rate(quality, (*knobs.crf, *knobs.constant)), "b": str(encoding.bitrate)}
    if encoding.preset is not None:
        if encoding.preset not in knobs.presets:
            expected = f"expected {', '.join(knobs.presets)}" if knobs.presets else "it takes none"
            raise UsageError(f"{name} has no preset {encoding.preset}; {expected}")
        preset, large = knobs.presets[encoding.preset], {}
        rate = ("b", *knobs.crf, *knobs.constant)
        quality = {key: value for key, value in quality.items() if key in rate}  # the rest is a preset of its own
    return replace(encoder, options={**encoder.options, **quality, **preset}, quality={}, large=large)


def _without_rate(quality: dict[str, str], names: tuple[str, ...]) -> dict[str, str]:
    return {key: value for key, value in quality.items() if key not in names}


def _with_pixels(encoder: VideoCodec, encoding: Encoding, name: str, *, transparent: bool) -> VideoCodec:
    if encoding.pix_fmt is None:
        return encoder
    odd = encoder.odd and replace(encoder.odd, pixels=encoding.pix_fmt)
    asked = replace(encoder, pixels=encoding.pix_fmt, odd=odd)
    known = pixel_formats(encoder, transparent=transparent)
    if encoding.pix_fmt not in known or not opens(asked):
        raise UsageError(
            f"{name} {'with alpha ' if transparent else ''}does not store {encoding.pix_fmt}",
            remedy=f"choose one of {', '.join(each for each in known if opens(replace(encoder, pixels=each)))}",
        )
    return replace(asked, even=encoder.even and not (asked.rgb or "444" in asked.pixels))
