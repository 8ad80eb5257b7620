"""The whole path, tried for two seconds: decode, matte, blur, composite."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING

from streammatte.doctor.commands import pip, reinstall
from streammatte.doctor.finding import Finding
from streammatte.errors import StreammatteError
from streammatte.io.memory import NullSink

if TYPE_CHECKING:
    from streammatte.compositing.layers import Layers
    from streammatte.pipeline import FrameReport

__all__ = ["self_test"]

_SECTION = "self-test"
_RATE = 25
"""Frames per second that a call should have."""

_SHARE = 0.7
"""Part of the measured rate that a live picture may ask for, besides everything else that runs in a call."""

_PERSON = 0.05, 0.95
"""The least and the most of the sample's picture that may be person."""

_STAGES = "decode", "matte", "filter", "write"


class _Shares(NullSink):
    """Keeps what part of each frame is person."""

    def __init__(self) -> None:
        self.shares: list[float] = []

    def write(self, layers: Layers) -> None:
        super().write(layers)
        self.shares.append(float(layers.alpha.mean()))


def self_test(seconds: float = 2.0) -> list[Finding]:
    """Matte the sample clip before a blur, and look at speed and alpha.

    Parameters
    ----------
    seconds : float
        After so long it stops, if the clip has not ended.
    """
    try:
        return _measure(seconds)
    except Exception as error:
        return [_broken(error)]


def _measure(seconds: float) -> list[Finding]:
    from streammatte.io import open_source
    from streammatte.matting.matter import load
    from streammatte.pipeline import run
    from streammatte.plugins.text import parse_filter

    reports: list[FrameReport] = []
    sink = _Shares()
    matter, blur = load(quality="fast"), parse_filter("blur")
    source = open_source("sample")
    start = perf_counter()

    def on_frame(report: FrameReport) -> None:
        reports.append(report)
        if perf_counter() - start >= seconds:
            source.close()

    run(source, matter, sink, filters=[blur], on_frame=on_frame)
    took = perf_counter() - start
    size = "{}x{}".format(*source.size)
    rate = len(reports) / took
    speed = f"{len(reports)} frames of {size} in {took:.1f} s: {rate:.0f} fps with {matter.engine} on {matter.device}"
    return [_speed(speed, rate), _stages(reports), _alpha(sink.shares)]


def _speed(detail: str, rate: float) -> Finding:
    if rate >= _RATE:
        return Finding(_SECTION, "speed", "ok", detail)
    remedy = f"streammatte webcam --matte-fps {max(int(rate * _SHARE), 1)}"
    detail += f"; a call has {_RATE} and more, which finding alpha less often allows"
    return Finding(_SECTION, "speed", "warning", detail, remedy)


def _stages(reports: list[FrameReport]) -> Finding:
    """Tell what the stages took; they run side by side, so that the slowest says how fast all of it is."""
    means = {
        stage: sum(getattr(report.stages, f"{stage}_ms") for report in reports) / max(len(reports), 1)
        for stage in _STAGES
    }
    return Finding(_SECTION, "stages", "ok", ", ".join(f"{stage} {mean:.1f} ms" for stage, mean in means.items()))


def _alpha(shares: list[float]) -> Finding:
    least, most = _PERSON
    share = sum(shares) / len(shares) if shares else 0.0
    detail = f"{share:.0%} of the picture is person"
    if least <= share <= most:
        return Finding(_SECTION, "alpha", "ok", detail)
    detail += f"; expected {least:.0%} to {most:.0%}: the weights, or what runs them, are not in order"
    return Finding(_SECTION, "alpha", "problem", detail, reinstall(), mends=True)


def _broken(error: Exception) -> Finding:
    if isinstance(error, StreammatteError):
        return Finding(_SECTION, "sample", "problem", f"breaks off: {error.problem}", error.remedy or reinstall())
    detail = f"{type(error).__name__}: {' '.join(str(error).split())}".removesuffix(": ")
    missing = error.name if isinstance(error, ImportError) else None
    remedy = pip("install", "--force-reinstall", missing.partition(".")[0]) if missing else reinstall()
    return Finding(_SECTION, "sample", "problem", detail, remedy, mends=True)
