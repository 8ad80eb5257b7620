from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from streammatte.errors import FilterError, UsageError
from streammatte.live.controls import LiveControls
from streammatte.live.keys import KEYS

RGB = np.random.default_rng(0).integers(0, 255, (48, 64, 3), np.uint8)


def is_colour(picture, colour):
    """The right half, where the matter sees the background."""
    return bool((picture[:, picture.shape[1] // 2 + 1 :] == colour).all())


def test_backgrounds_are_gone_through_around_the_end(make, half, until, show_with):
    controls = make("#ff0000", "#00ff00", "#0000ff")
    show = show_with(controls, half)
    assert is_colour(show()[1], (255, 0, 0))
    for key, colour in (("n", (0, 255, 0)), ("n", (0, 0, 255)), ("n", (255, 0, 0)), ("p", (0, 0, 255))):
        controls.press(key)
        until(lambda colour=colour: is_colour(show()[1], colour))


def test_a_key_pressed_twice_goes_two_steps(make, half, until, show_with):
    controls = make("#ff0000", "#00ff00", "#0000ff")
    show = show_with(controls, half)
    controls.press("n")
    controls.press("n")
    until(lambda: is_colour(show()[1], (0, 0, 255)))


def test_a_file_that_is_broken_now_is_told_once(make, until, tmp_path: Path):
    picture = tmp_path / "picture.png"
    cv2.imwrite(str(picture), RGB)
    controls = make(str(picture))
    picture.write_bytes(b"half of it")
    for _ in range(3):
        controls.reload_changed()
        until(lambda: controls.notified)
    controls.close()
    assert controls.notified == 1


def test_a_filter_that_fails_shows_grey_and_never_the_room(make, half, show_with):
    class Fails:
        def __call__(self, layers):
            raise OSError("the video is gone")

    controls = make("#ff0000")
    show = show_with(controls, half)
    controls.look = replace(controls.look, steps=(Fails(),))
    for _ in range(2):
        assert is_colour(show()[1], (128, 128, 128))
    assert [notice.split(";")[0] for notice in controls.notices] == ["the video is gone"]


def test_who_is_kept_stays_kept_when_a_later_filter_fails(make, half, show_with):
    class KeepsNobody:
        def __call__(self, layers):
            return replace(layers, alpha=np.zeros_like(layers.alpha))

    class Fails:
        def __call__(self, layers):
            raise OSError

    controls = make("#ff0000")
    show = show_with(controls, half)
    controls.look = replace(controls.look, steps=(KeepsNobody(), Fails()))
    for _ in range(2):
        assert (show()[1] == 128).all()
    assert [notice.split(";")[0] for notice in controls.notices] == ["OSError()"]


def test_a_background_of_a_broken_plugin_leaves_the_old_one(make, until, monkeypatch):
    controls = make("#ff0000", "#00ff00")
    with monkeypatch.context() as broken:
        broken.setattr(controls, "_make", lambda text: 1 / 0)
        controls.step_background(1)
        until(lambda: controls.notices == ("division by zero",))
    assert controls.look.background == "#ff0000"
    controls.step_background(1)  # goes on from what is shown
    until(lambda: controls.look.background == "#00ff00")


def test_what_cannot_be_loaded_is_told_and_changes_nothing(make, half, until, show_with):
    controls = make("#ff0000")
    show = show_with(controls, half)
    controls.set_background("no such thing.jpg")
    until(lambda: controls.notices)
    assert "no such thing.jpg" in controls.notices[-1]
    assert controls.backgrounds == ("#ff0000",)
    assert is_colour(show()[1], (255, 0, 0))
    controls.set_filters(["nonsense"])
    until(lambda: controls.notified == 2)
    assert controls.look.filters == ()


def test_blur_goes_up_and_down_in_its_bounds(make, until):
    controls = make("blur:95")
    assert controls.look.blur == 95
    controls.press("]")
    assert controls.look.blur == 100
    for _ in range(12):
        controls.press("[")
    assert controls.look.blur == 10  # less would show the room
    controls.set_background("#ff0000")
    until(lambda: controls.look.background == "#ff0000")
    assert controls.look.blur == 0


def test_a_blur_keeps_its_shape(make, half, show_with):
    lens, soft = make("blur:40,shape=lens"), make("blur:40")
    assert not np.array_equal(show_with(lens, half)()[1], show_with(soft, half)()[1])
    lens.set_blur(60)
    again = make("blur:60,shape=lens")
    assert np.array_equal(show_with(lens, half)()[1], show_with(again, half)()[1])


def test_a_new_background_can_be_blurred_too(make, half, tmp_path: Path, show_with):
    checks = np.kron(np.indices((6, 8)).sum(axis=0) % 2, np.ones((8, 8)))[..., None] * np.full(3, 255)
    cv2.imwrite(str(tmp_path / "checks.png"), checks)
    controls = make(str(tmp_path / "checks.png"))
    show = show_with(controls, half)
    sharp = show()[1][:, 40:].std()
    controls.set_blur(100)
    assert show()[1][:, 40:].std() < 0.5 * sharp


def test_off_shows_the_camera_and_the_network_rests(make, half, show_with):
    controls = make("#ff0000")
    show = show_with(controls, half)
    controls.press("o")
    frame, picture = show()
    assert np.array_equal(picture, frame.rgb)
    assert half.asked == 0
    controls.press("o")
    assert (show()[1][0] == 40).all()  # the card, for a frame
    assert is_colour(show()[1], (255, 0, 0))
    assert half.asked == 1


def test_mirror_turns_the_whole_picture(make, half, show_with):
    controls = make("#ff0000")
    controls.toggle("mirror")
    frame, picture = show_with(controls, half)()
    expected = frame.rgb.copy()
    expected[:, 32:] = (255, 0, 0)
    assert np.array_equal(picture, np.fliplr(expected))


def test_alpha_is_shown_in_black_and_white(make, half, show_with):
    controls = make("#ff0000")
    controls.press("a")
    _, picture = show_with(controls, half)()
    assert (picture[:, :32] == 255).all()
    assert (picture[:, 32:] == 0).all()


def test_a_frozen_picture_stays_and_the_network_rests(make, half, show_with):
    controls = make("#ff0000")
    show = show_with(controls, half)
    _, before = show()
    controls.press("f")
    asked = half.asked
    assert all(np.array_equal(show()[1], before) for _ in range(3))
    assert half.asked == asked
    controls.press("f")
    assert not np.array_equal(show()[1], before)


def test_filters_follow_the_background(make, half, until, show_with):
    controls = make("#ff0000", filters=["colour:#0000ff"])
    show = show_with(controls, half)
    assert is_colour(show()[1], (0, 0, 255))
    controls.set_filters([])
    until(lambda: is_colour(show()[1], (255, 0, 0)))
    with pytest.raises(FilterError):
        make("#ff0000", filters=["nonsense"])


def test_a_changed_file_is_read_again(make, half, until, tmp_path: Path, show_with):
    path = tmp_path / "wall.png"
    cv2.imwrite(str(path), np.full((48, 64, 3), (0, 0, 200), np.uint8))
    controls = make(str(path))
    show = show_with(controls, half)
    assert is_colour(show()[1], (200, 0, 0))
    controls.reload_changed()
    cv2.imwrite(str(path), np.full((48, 64, 3), (0, 200, 0), np.uint8))
    os.utime(path, ns=(1, 1))  # whatever the clock's step
    controls.reload_changed()
    until(lambda: is_colour(show()[1], (0, 200, 0)))
    path.unlink()
    controls.reload_changed()
    assert controls.notified == 0


def test_another_network_is_taken_between_two_frames(make, half, until, show_with):
    class Right:
        def matte(self, frame):
            return np.ascontiguousarray(1 - half.matte(frame))

        def reset(self):
            pass

    controls = make("#ff0000", load=lambda path, quality: Right())
    show = show_with(controls, half)
    assert is_colour(show()[1], (255, 0, 0))
    controls.load_weights(Path("other.safetensors"))
    until(lambda: controls.notices)
    assert "other.safetensors" in controls.notices[-1]
    _, picture = show()
    assert (picture[:, :32] == (255, 0, 0)).all()


def test_weights_that_were_trained_on_are_loaded_again(make, half, until, tmp_path: Path):
    (weights, other), loaded = [tmp_path / f"{name}.safetensors" for name in ("mine", "other")], []
    for path in (weights, other):
        path.write_text("weights")
        path.with_suffix(".onnx").write_text("weights")
    controls = make("#ff0000", load=lambda path, quality: loaded.append(path) or half, weights=weights)
    controls.reload_changed()
    os.utime(weights.with_suffix(".onnx"), ns=(1, 1))
    controls.reload_changed()
    controls.reload_changed()
    until(lambda: loaded == [weights])
    until(lambda: controls.notices)
    assert controls.look.matter is half
    controls.load_weights(other)
    until(lambda: controls.notified == 2)
    os.utime(weights, ns=(2, 2))
    controls.reload_changed()
    os.utime(other, ns=(2, 2))
    controls.reload_changed()
    until(lambda: controls.notified == 3)
    assert loaded == [weights, other, other]


def test_quality_is_that_of_the_network_that_is_in_use(make, half, until):
    asked = []

    def load(weights, quality):
        asked.append((weights, quality))
        return half

    controls = make("#ff0000", load=load, quality="fast")
    controls.set_quality("best")
    until(lambda: controls.look.quality == "best")
    assert controls.look.matter is half
    controls.load_weights(Path("other.safetensors"))
    controls.set_quality("normal")
    until(lambda: controls.look.quality == "normal")
    assert asked == [(None, "best"), (Path("other.safetensors"), "best"), (Path("other.safetensors"), "normal")]


def test_smoothing_can_be_changed(make, half, show_with):
    controls = make("#ff0000")
    show = show_with(controls, half)
    show()
    controls.set_smoothing("off")
    assert is_colour(show()[1], (255, 0, 0))
    assert controls.look.smoothing == "off"


def test_unknown_keys_do_nothing_and_unknown_switches_are_refused(make):
    controls = make("blur")
    before = controls.look
    controls.press("§")
    assert controls.look == before
    with pytest.raises(UsageError, match="mirror"):
        controls.toggle("background")
    assert "§" not in KEYS
    controls.press("q")
    assert controls.ended.is_set()


def test_there_must_be_a_background():
    with pytest.raises(UsageError, match="at least one"):
        LiveControls([])


def test_whom_to_keep_is_decided_before_the_background(make, half, show_with):
    class Two:
        def matte(self, frame):
            alpha = half.matte(frame)
            alpha[:, -4:] = 1  # a smaller one, at the right
            return alpha

        def reset(self): ...

    assert not is_colour(show_with(make("red"), Two())()[1], (255, 0, 0))
    assert is_colour(show_with(make("red", kept=["people:largest"]), Two())()[1], (255, 0, 0))
