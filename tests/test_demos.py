"""Every demo runs, and what it makes is what it says."""

import importlib.util
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

ROOT = Path(__file__).parent.parent
DEMOS = sorted((ROOT / "demos").glob("*.py"))
ASSETS = ROOT / "streammatte" / "assets"


def run_demo(name, *arguments):
    command = [sys.executable, ROOT / "demos" / name, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def import_demo(name):
    spec = importlib.util.spec_from_file_location(name, ROOT / "demos" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def sample():
    """(pictures (N, H, W, 3) uint8 R,G,B, samples (2, n) float32) of the shipped clip."""
    with av.open(ASSETS / "sample.mp4") as container:
        pictures = np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)])
    with av.open(ASSETS / "sample.mp4") as container:
        sound = np.concatenate([frame.to_ndarray() for frame in container.decode(audio=0)], axis=1)
    return pictures, sound


@pytest.fixture
def short(tmp_path):
    """A video of ten frames without sound."""
    path = tmp_path / "short.mp4"
    with av.open(ASSETS / "sample.mp4") as reader, av.open(path, "w") as writer:
        stream = writer.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        for index, frame in zip(range(10), reader.decode(video=0), strict=False):
            small = frame.reformat(320, 240)
            small.pts, small.time_base = index, Fraction(1, 25)
            writer.mux(stream.encode(small))
        writer.mux(stream.encode())
    return path


def pictures_of(path):
    with av.open(path) as container:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]).astype(float)


@pytest.mark.parametrize("path", DEMOS, ids=lambda path: path.name)
def test_a_demo_is_short_and_says_what_it_does(path):
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= (150 if path.name == "make_sample.py" else 60)
    assert text.startswith('"""')


def test_the_sample_is_small_and_honestly_tagged():
    path = ASSETS / "sample.mp4"
    assert path.stat().st_size <= 500_000
    with av.open(path) as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        context = video.codec_context
        assert (context.name, context.width, context.height, video.average_rate) == ("h264", 640, 480, 25)
        bt709, limited = 1, 1
        tags = (context.colorspace, context.color_primaries, context.color_trc, context.color_range)
        assert tags == (bt709, bt709, bt709, limited)
        assert (audio.codec_context.name, audio.rate, audio.channels) == ("aac", 48_000, 2)


def test_the_sample_moves_changes_its_light_and_sounds(sample):
    pictures, sound = sample
    assert len(pictures) == 125
    brightness = pictures[::5].mean(axis=(1, 2, 3))
    assert brightness.max() > 1.15 * brightness.min()
    assert np.abs(pictures[0].astype(int) - pictures[60]).mean() > 10
    assert 0.05 < np.abs(sound).max() < 1
    assert sound.shape[1] == pytest.approx(5 * 48_000, rel=0.02)


def test_make_sample_makes_the_shipped_clip(sample, tmp_path):
    pytest.importorskip("skimage", reason="scikit-image makes the sample; pip install 'streammatte[demo]'")
    import_demo("make_sample").write(tmp_path / "made.mp4", seconds=0.2)
    made = pictures_of(tmp_path / "made.mp4")
    assert np.abs(made - sample[0][: len(made)]).mean() < 4  # levels: two encodings of one noisy picture


def test_make_background_paints_the_shipped_beach(tmp_path):
    run_demo("make_background.py", tmp_path / "beach.jpg")
    made, shipped = (cv2.imread(str(folder / "beach.jpg")).astype(int) for folder in (tmp_path, ASSETS))
    assert shipped.shape == (720, 1280, 3)
    assert np.abs(made - shipped).max() <= 2
    assert (ASSETS / "beach.jpg").stat().st_size <= 60_000


@pytest.mark.parametrize("path", DEMOS, ids=lambda path: path.name)
def test_a_demo_without_arguments_says_which_it_wants(path):
    result = subprocess.run([sys.executable, path], capture_output=True, text=True, check=False)
    assert result.returncode == 2
    assert result.stderr.startswith(f"usage: {path.name} ")


@pytest.mark.parametrize("name", ["numpy_image.py", "own_filter.py", "video_api.py"])
def test_a_demo_that_cannot_read_its_input_says_so(name, tmp_path):
    command = [sys.executable, ROOT / "demos" / name, tmp_path / "missing", tmp_path / "out.mp4"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 1
    assert "missing" in result.stderr
    assert "Traceback" not in result.stderr


def test_the_moving_picture_shows_camera_alpha_and_composite(sample, tmp_path):
    run_demo("moving_picture.py", tmp_path / "made.webp")
    loaded, animation = cv2.imreadanimation(str(tmp_path / "made.webp"))
    assert loaded
    assert (tmp_path / "made.webp").stat().st_size < 2_000_000
    assert [len(animation.frames), set(animation.durations), animation.loop_count] == [63, {80}, 0]
    for index in (0, 30):
        shown, alpha, composite = np.split(animation.frames[index][..., 2::-1].astype(int), 3, axis=1)
        assert np.abs(shown - cv2.resize(sample[0][2 * index], (320, 240), interpolation=cv2.INTER_AREA)).mean() < 8
        face, corner = (slice(80, 112), slice(136, 160)), (slice(0, 16), slice(64, 80))
        assert alpha[face].mean() > 200
        assert alpha[corner].mean() < 50
        assert np.abs(composite[face] - shown[face]).mean() < 12
        assert np.abs(composite[corner] - shown[corner]).mean() > 20


def test_the_gallery_makes_the_pictures_of_the_page(tmp_path):
    run_demo("gallery.py", tmp_path)
    shipped = ROOT / "docs" / "gallery"
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(path.name for path in shipped.iterdir())
    page = (ROOT / "filters" / "README.md").read_text(encoding="utf-8")
    for path in shipped.iterdir():
        made, kept = (cv2.imread(str(folder / path.name)).astype(int) for folder in (tmp_path, shipped))
        assert np.abs(made - kept).mean() < 3, path.name
        assert path.stat().st_size <= 60_000
        assert f"(../docs/gallery/{path.name})" in page


def test_numpy_image_writes_the_cut_out_that_the_command_writes(sample, tmp_path):
    photo, cutout, expected = (tmp_path / name for name in ("portrait.png", "cutout.png", "expected.png"))
    cv2.imwrite(str(photo), sample[0][0][..., ::-1])
    assert "the person covers" in run_demo("numpy_image.py", photo, cutout)
    subprocess.run([sys.executable, "-m", "streammatte", "image", photo, expected], check=True, capture_output=True)
    made, expected = (cv2.imread(str(path), cv2.IMREAD_UNCHANGED) for path in (cutout, expected))
    np.testing.assert_array_equal(made[..., 3], expected[..., 3])
    seen = expected[..., 3] > 0
    np.testing.assert_array_equal(made[seen], expected[seen])
    assert 0.2 < made[..., 3].mean() / 255 < 0.8


def test_own_filter_keeps_the_person_and_darkens_the_rest(short, tmp_path):
    run_demo("own_filter.py", short, tmp_path / "faded.mp4")
    before, after = pictures_of(short), pictures_of(tmp_path / "faded.mp4")
    assert before.shape == after.shape
    corner, face = (slice(None), slice(0, 20), slice(70, 90)), (slice(None), slice(80, 110), slice(135, 160))
    assert after[corner].mean() < 0.6 * before[corner].mean()
    assert np.abs(after[face] - before[face]).mean() < 8


def test_video_api_keeps_every_frame_and_reports(short, tmp_path):
    said = run_demo("video_api.py", short, tmp_path / "blurred.mp4")
    assert "alpha took" in said
    assert said.endswith("blurred.mp4: 10 frames\n")
    assert pictures_of(tmp_path / "blurred.mp4").shape == (10, 240, 320, 3)


def test_live_api_shows_one_background_after_the_other(tmp_path):
    said = run_demo("live_api.py", "sample", ASSETS / "beach.jpg", tmp_path / "last.png", "--seconds", "3")
    assert [line.partition(": ")[0] for line in said.splitlines()] == ["blur:60", str(ASSETS / "beach.jpg")]
    last, beach = cv2.imread(str(tmp_path / "last.png")), cv2.imread(str(ASSETS / "beach.jpg"))
    assert last.shape == (480, 640, 3)
    corner = cv2.resize(beach[:, 160:1120], (640, 480), interpolation=cv2.INTER_AREA)[:60, :60].astype(int)
    assert np.abs(last[:60, :60] - corner).mean() < 4
