"""What is known to be left out of a video before it is read."""

from __future__ import annotations

from collections.abc import Iterator

from av import VideoFrame
from av.container import InputContainer
from av.stream import DataStream, Disposition
from av.video.stream import VideoStream

from streammatte.io.losses import Beyond

__all__ = ["left_out", "side_data"]

_MOVING = ("DOVI_METADATA", "DYNAMIC_HDR_PLUS", "DYNAMIC_HDR_VIVID")
"""PyAV's names for what tells a display how to show each picture of high dynamic range."""

_LOST = {
    "A53_CC": "its closed captions are",
    "SPHERICAL": "its mark of a picture all around (360°) is",
    "STEREO3D": "its mark of a picture for two eyes (3D) is",
}
"""PyAV's names for what else comes with a picture."""


def side_data(frame: VideoFrame, name: str) -> object:
    """Return what a frame carries under PyAV's `name`, if anything.

    PyAV 18 cannot look at the side data of a frame among which there is a kind that it does not know, such as EXIF.
    """
    try:
        return frame.side_data.get(name)
    except ValueError:
        return None


def left_out(container: InputContainer, stream: VideoStream, first: VideoFrame, depth: int) -> Iterator[str]:
    """Say what of a video will be left out, as its `first` picture shows; `depth` bits of each value are read."""
    transparent = any(each.is_alpha for each in first.format.components)
    alpha = stream.metadata.get("alpha_mode") == "1" or (
        transparent and first.reformat(format="rgba", threads=1).to_ndarray()[..., 3].min() < 255
    )
    profile = side_data(first, "ICC_PROFILE") is not None
    yield from Beyond(first.format.components[0].bits, alpha, profile).told(depth)
    if any(side_data(first, each) is not None for each in _MOVING):
        yield "what it tells displays about each picture (Dolby Vision, HDR10+) is left out"
    for name, what in _LOST.items():
        if side_data(first, name) is not None:
            yield f"{what} left out"
    others = [each for each in container.streams.video if each is not stream]
    covers = sum(bool(each.disposition & Disposition.attached_pic) for each in others)
    if covers:
        yield "its cover picture is left out"
    if len(others) > covers:
        yield f"other video streams, which are left out: {len(others) - covers}"
    timecode = next((value for key, value in stream.metadata.items() if key.lower() == "timecode"), None)
    if timecode:
        yield f"its timecode ({timecode}) is left out"
    data = sum(
        "timecode" not in each.metadata and not _holds_chapters(each, container) for each in container.streams.data
    )
    if data:
        yield f"streams of data, such as where it was taken, which are left out: {data}"


def _holds_chapters(stream: DataStream, container: InputContainer) -> bool:
    """Whether it is the text that names the chapters in MP4 and MOV."""
    return stream.name == "bin_data" and bool(container.chapters())
