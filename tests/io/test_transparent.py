from __future__ import annotations

import cv2
import numpy as np
import pytest

from streammatte.errors import UsageError
from streammatte.io import ArraySource, carries_alpha, open_sink, open_source

RED = (200, 40, 90)


@pytest.fixture
def source():
    return ArraySource([np.full((48, 64, 3), RED, np.uint8)] * 3)


@pytest.fixture
def alpha():
    """Clear, half and opaque, a ramp below."""
    matte = np.zeros((48, 64), np.float32)
    matte[:24, 24:40], matte[:24, 40:] = 0.5, 1
    matte[24:] = np.linspace(0, 1, 64, dtype=np.float32)
    return matte


@pytest.mark.parametrize(
    ("suffix", "decoder", "pixels", "within"),
    [(".mov", None, "yuva444p12le", 1), (".webm", "libvpx-vp9", "yuva420p", 6), (".mkv", "libvpx-vp9", "yuva420p", 6)],
)
def test_a_video_holds_straight_colours_and_alpha(
    probe, through, tmp_path, source, alpha, suffix, decoder, pixels, within
):
    assert carries_alpha(f"out{suffix}")
    through(source, open_sink(tmp_path / f"out{suffix}", source, transparent=True), alpha)
    written = probe(tmp_path / f"out{suffix}", decoder)
    assert written.pixels == pixels
    assert len(written.frames) == 3
    frame = written.frames[0]
    opacity = written.yuv()[3] * (255 / (255 if within > 1 else 4095 / 16))
    assert np.abs(opacity - alpha * 255).max() <= within
    colours = frame.reformat(format="rgb24", src_colorspace=5, src_color_range=1).to_ndarray()
    assert np.abs(colours.astype(int) - RED)[alpha > 0].max() <= 4  # straight: the same whatever alpha is
    assert colours[:12, :12].max() <= 6  # far from all that is seen, nothing of the picture is left


@pytest.mark.parametrize("suffix", [".mov", ".webm", ".mkv"])
def test_colours_of_full_range_stay_what_they_were(write_clip, through, tmp_path, suffix):
    picture = np.full((48, 64, 3), RED, np.uint8)
    picture[:, 32:] = (250, 8, 30)
    source = open_source(write_clip("in.mkv", [picture] * 3, options={"crf": "1"}, colour=(1, 1, 1, 2)))
    assert source.colour.full_range
    through(source, open_sink(tmp_path / f"out{suffix}", source, transparent=True))
    read = next(iter(open_source(tmp_path / f"out{suffix}"))).rgb
    assert np.abs(read.astype(int) - picture)[:, [10, 50]].max() <= 4


@pytest.mark.parametrize("suffix", [".png", ".webp"])
def test_a_picture_holds_straight_colours_and_alpha(through, tmp_path, alpha, suffix):
    source = ArraySource([np.full((48, 64, 3), RED, np.uint8)])
    through(source, open_sink(tmp_path / f"out{suffix}", source, transparent=True), alpha)
    read = cv2.cvtColor(cv2.imread(str(tmp_path / f"out{suffix}"), cv2.IMREAD_UNCHANGED), cv2.COLOR_BGRA2RGBA)
    assert (read[..., 3] == np.rint(alpha * 255)).all()
    assert (read[..., :3][alpha > 0] == RED).all()
    assert not read[:12, :12].any()


def test_a_sequence_does_not_write_over_its_input(tmp_path):
    cv2.imwrite(str(tmp_path / "100%_001.png"), np.zeros((48, 64, 3), np.uint8))
    with pytest.raises(UsageError, match="is the input itself"):
        open_sink(tmp_path / "100%_%03d.png", open_source(tmp_path / "100%_001.png"))


def test_a_sequence_is_numbered_from_1_and_there_only_when_closed(tmp_path, source, alpha, through):
    (tmp_path / "out_2.png").write_bytes(b"older")
    sink = open_sink(tmp_path / "out_%d.png", source, transparent=True)
    sink.abort()
    assert (tmp_path / "out_2.png").read_bytes() == b"older"
    through(source, open_sink(tmp_path / "out_%d.png", source, transparent=True), alpha)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["out_1.png", "out_2.png", "out_3.png"]
    assert cv2.imread(str(tmp_path / "out_2.png"), cv2.IMREAD_UNCHANGED).shape == (48, 64, 4)


@pytest.mark.parametrize("name", ["out.mp4", "out.jpg", "out.xyz", "out"])
def test_what_cannot_carry_alpha_is_refused_with_what_can(tmp_path, name):
    assert not carries_alpha(name)
    with pytest.raises(UsageError, match=r"transparent background; write \.mov \(ProRes 4444\), \.webm"):
        open_sink(tmp_path / name, transparent=True)
    assert list(tmp_path.iterdir()) == []
