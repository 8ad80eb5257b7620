from __future__ import annotations

from fractions import Fraction
from itertools import product

import av
import cv2
import numpy as np
import pytest

from streammatte.compositing.frames import Frame
from streammatte.compositing.layers import Layers
from streammatte.errors import ShapeError, UsageError
from streammatte.io import ArraySource, open_sink, open_source
from streammatte.io.orientation import Orientation


def matrix(a, b, c, d):
    """As in an MP4 file; the shift is what players ignore."""
    return np.array([a << 16, b << 16, 0, c << 16, d << 16, 0, 7 << 16, 5 << 16, 1 << 30], np.int32).tobytes()


STRAIGHT = [(a, 0, 0, d) for a, d in product((-1, 1), repeat=2)]
SIDEWAYS = [(0, b, c, 0) for b, c in product((-1, 1), repeat=2)]


@pytest.mark.parametrize("turn", STRAIGHT + SIDEWAYS)
def test_a_pixel_goes_where_the_matrix_sends_it(turn):
    a, b, c, d = turn
    stored = np.random.default_rng(0).integers(0, 256, (3, 5, 3), np.uint8)
    orientation = Orientation.of_matrix(matrix(a, b, c, d))
    shown = orientation(stored)
    assert orientation.size((5, 3)) == (shown.shape[1], shown.shape[0])
    for y, x in np.ndindex(3, 5):
        across, down = a * x + c * y, b * x + d * y
        left, top = min(0, 4 * a, 2 * c), min(0, 4 * b, 2 * d)
        assert (shown[down - top, across - left] == stored[y, x]).all()


def test_a_video_filmed_upright_is_read_upright_and_written_without_a_turn(write_clip, probe, through, tmp_path):
    picture = np.zeros((48, 64, 3), np.uint8)
    picture[:24, :32] = 255
    path = write_clip("in.mp4", [picture] * 3, options={"crf": "1"}, aspect=Fraction(4, 3))
    data = bytearray(path.read_bytes())
    where = data.index(b"tkhd") + 4 + 40
    turned = np.frombuffer(matrix(0, 1, -1, 0), np.int32).copy()
    turned[6:8] = 48 << 16, 0
    data[where : where + 36] = turned.astype(">i4").tobytes()
    path.write_bytes(data)
    assert probe(path).sideways

    source = open_source(path)
    assert source.size == (48, 64)
    assert source.aspect == Fraction(3, 4)
    through(source, open_sink(tmp_path / "out.mp4", source))
    written = probe(tmp_path / "out.mp4")
    assert written.size == (48, 64)
    assert written.aspect == Fraction(3, 4)
    assert not written.sideways
    luma = written.yuv()[0]
    assert luma[5:27, 29:43].min() > 225  # the white corner, a quarter turn clockwise: top right
    assert max(luma[5:27, :19].max(), luma[37:].max()) < 30


@pytest.mark.parametrize(("number", "turn"), [(1, 0), (3, 2), (6, -1), (8, 1)])
def test_exif_in_a_video_of_jpegs_is_obeyed(tmp_path, number, turn):
    """As old cameras write; `turn`: quarter turns anticlockwise."""
    stored = np.full((48, 64, 3), 60, np.uint8)
    stored[:16, :16] = 220
    jpeg = cv2.imencode(".jpg", stored, [cv2.IMWRITE_JPEG_QUALITY, 100])[1].tobytes()
    exif = b"Exif\0\0II*\0\x08\0\0\0\1\0\x12\1\3\0\1\0\0\0" + bytes([number]) + bytes(7)
    data = jpeg[:2] + b"\xff\xe1" + (len(exif) + 2).to_bytes(2, "big") + exif + jpeg[2:]
    with av.open(str(tmp_path / "in.mkv"), "w") as output:
        stream = output.add_mux_stream("mjpeg", rate=25, width=64, height=48)
        for index in range(3):
            packet = av.Packet(data)
            packet.stream, packet.pts, packet.dts, packet.time_base = stream, index, index, Fraction(1, 25)
            output.mux(packet)
    source = open_source(tmp_path / "in.mkv")
    shown = np.rot90(stored, turn)
    assert source.size == shown.shape[1::-1]
    assert np.abs(next(iter(source)).rgb.astype(int) - shown).mean() < 3


@pytest.mark.parametrize("size", [(63, 47), (63, 48), (64, 47), (1, 1), (2, 1)])
@pytest.mark.parametrize(("suffix", "transparent"), [(".webm", False), (".webm", True), (".mov", True)])
def test_any_size_is_kept(probe, through, tmp_path, size, suffix, transparent):
    picture = np.full((size[1], size[0], 3), (40, 120, 200), np.uint8)
    source = ArraySource([picture] * 3)
    through(source, open_sink(tmp_path / f"out{suffix}", source, transparent=transparent))
    assert probe(tmp_path / f"out{suffix}").size == size
    read = next(iter(open_source(tmp_path / f"out{suffix}"))).rgb
    assert np.abs(read.astype(int) - picture).max() <= 4


@pytest.mark.parametrize("size", [(63, 47), (63, 48), (64, 47), (64, 48), (1, 1)])
def test_h264_is_made_even_by_doubling_the_edge_which_is_said(probe, through, tmp_path, size):
    columns, rows = size
    picture = np.full((rows, columns, 3), (40, 120, 200), np.uint8)
    picture[:, -1] = 250
    notices = []
    source = ArraySource([picture] * 3)
    through(source, open_sink(tmp_path / "out.mp4", source, on_notice=notices.append))
    written = probe(tmp_path / "out.mp4")
    wide, high = written.size
    assert (wide, high) == (columns + columns % 2, rows + rows % 2)
    assert written.pixels == "yuv420p"
    expected = f"{columns}x{rows} is written as {wide}x{high}, its edge doubled"
    assert [expected in each for each in notices] == [True] * (size != (64, 48))
    read = next(iter(open_source(tmp_path / "out.mp4"))).rgb.mean(axis=2)
    assert np.abs(read[:, columns - 1 :] - 250).max() <= 25
    assert columns < 3 or np.abs(read[:, : columns - 5] - 120).max() <= 8


@pytest.mark.parametrize(
    ("suffix", "codec"), [(".mp4", "h264"), (".mov", "h264"), (".mkv", "h264"), (".mkv", "hevc"), (".mp4", "av1")]
)
def test_pixels_that_are_not_square_stay_so(write_clip, probe, through, tmp_path, suffix, codec):
    source = open_source(write_clip("in.mp4", 3, aspect=Fraction(15, 16)))
    through(source, open_sink(tmp_path / f"out{suffix}", source, codec=codec))
    assert probe(tmp_path / f"out{suffix}").aspect == Fraction(15, 16)


def test_pixels_that_are_not_square_are_refused_where_they_would_be_lost(write_clip, tmp_path):
    source = open_source(write_clip("in.mp4", 3, aspect=Fraction(15, 16)))
    with pytest.raises(UsageError, match=r"15/16 as wide as high, which libvpx-vp9 cannot tell; write \.mp4"):
        open_sink(tmp_path / "out.webm", source)
    with pytest.raises(UsageError, match="which libsvtav1 cannot tell"):
        open_sink(tmp_path / "out.mkv", source, codec="av1")


def test_pixels_that_are_all_but_square_are_written_as_square_ones_which_is_said(write_clip, probe, through, tmp_path):
    """FFmpeg makes such ones where it scales 16:9 to 854x480."""
    source = open_source(write_clip("in.mp4", 3, aspect=Fraction(1280, 1281)))
    notices = []
    through(source, open_sink(tmp_path / "out.webm", source, transparent=True, on_notice=notices.append))
    assert probe(tmp_path / "out.webm").aspect in (None, 1)
    assert notices == [f"{tmp_path}/out.webm: pixels that are 1280/1281 as wide as high are written as square ones"]


def test_interlaced_pictures_become_full_ones_that_keep_their_times(write_clip):
    """A white block walks to the right, and does so between the two fields of a picture too."""
    pictures = []
    for index in range(6):
        picture = np.full((48, 64, 3), 40, np.uint8)
        for field in (0, 1):
            picture[8 + field : 40 : 2, 4 + 8 * index + 4 * field :][:, :12] = 230
        pictures.append(picture)
    path = write_clip("in.mp4", pictures, interlaced=True, options={"crf": "4", "bf": "2"})

    def combed(frame):
        rows = frame.rgb[12:36, :, 0].astype(int)
        return (np.abs(2 * rows[1:-1] - rows[:-2] - rows[2:]) > 200).sum()

    full, woven = [list(open_source(path, deinterlace=choice)) for choice in (True, False)]
    assert [each.pts for each in full] == [each.pts for each in woven]
    assert all(combed(frame) > 100 for frame in woven)
    assert all(combed(frame) < 5 for frame in full[1:-1])


def test_what_is_not_interlaced_stays_as_it_is(write_clip):
    parts = [write_clip(f"{index}.ts", 6, interlaced=not index) for index in range(2)]
    path = parts[0].with_name("in.ts")
    path.write_bytes(b"".join(each.read_bytes() for each in parts))
    full, woven = [list(open_source(path, deinterlace=choice)) for choice in (True, False)]
    assert len(full) == len(woven) == 12
    assert not np.array_equal(full[3].rgb, woven[3].rgb)
    for one, other in zip(full[6:], woven[6:], strict=True):
        assert one.pts == other.pts
        np.testing.assert_array_equal(one.rgb, other.rgb)


def test_a_frame_of_another_size_is_refused(tmp_path):
    sink = open_sink(tmp_path / "out.mp4")
    for index, shape in enumerate([(48, 64), (50, 64)]):
        layers = Layers.of(Frame(np.zeros((*shape, 3), np.uint8), index), np.ones(shape, np.float32))
        if index:
            with pytest.raises(ShapeError, match="64x50; expected 64x48"):
                sink.write(layers)
        else:
            sink.write(layers)
    sink.abort()
    assert list(tmp_path.iterdir()) == []
