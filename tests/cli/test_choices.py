"""What is chosen on the app's page, as it lies in the config file."""

from __future__ import annotations

import click
import pytest
import tomlkit

from streammatte.cli import cli
from streammatte.cli.choices import ProfileChoices
from streammatte.errors import MediaError, UsageError
from streammatte.live.controls import LiveControls
from streammatte.plugins.background import without_folders


@pytest.fixture
def make():
    def begin():
        choices = ProfileChoices(click.Context(cli, **cli.context_settings))
        choices.options()  # as the app does first
        return choices

    return begin


@pytest.fixture
def choices(make):
    return make()


def kept(config_path):
    return tomlkit.parse(config_path.read_text(encoding="utf-8")).unwrap()["profile"]["app"]["webcam"]


def test_devices_are_options_of_webcam(choices, config_path, webcam):
    for part, text in (("camera", "/dev/video2"), ("size", "640x360"), ("output", "/dev/video9")):
        choices.choose(part, text)
    assert choices.chosen() == {"camera": "/dev/video2", "size": "640x360", "output": "/dev/video9", "profile": ""}
    options = choices.options()
    assert (options["camera"], options["size"], options["virtual_camera"]) == ("/dev/video2", (640, 360), "/dev/video9")
    result, seen = webcam("--profile", "app")
    assert result.exit_code == 0, result.stderr
    assert (seen["camera"], seen["size"], seen["virtual_camera"]) == ("/dev/video2", "640x360", "/dev/video9")

    choices.choose("camera", "")
    choices.choose("output", "none")
    assert (choices.options()["camera"], choices.options()["virtual_camera"]) == (None, False)
    choices.choose("output", "")
    assert choices.options()["virtual_camera"] is True
    assert "preview" not in kept(config_path)


def test_the_look_is_the_same_the_next_time(choices, make, config_path):
    controls = LiveControls(["blur", "navy"], filters=["decontaminate"], smoothing="motion", quality="fast")
    choices.keep(controls)
    assert not config_path.exists()  # nothing has changed yet
    controls.set_blur(55)
    choices.keep(controls)
    assert kept(config_path)["bg"] == ["blur:55", "navy"]
    controls.toggle("mirror")
    controls.set_background("navy")
    controls.close()
    choices.keep(controls)
    options = make().options()
    assert (options["backgrounds"][0], options["mirror"], options["quality"]) == ("navy", True, "fast")
    assert (tuple(options["filters"]), options["smoothing"]) == (("decontaminate",), "motion")


def test_a_blur_stays_the_backgrounds_own(choices, make):
    controls = LiveControls(["navy"], filters=["decontaminate"])
    choices.keep(controls)
    controls.set_blur(40)
    choices.keep(controls)
    options = make().options()
    assert (options["blur"], options["filters"]) == (40, ("decontaminate",))
    again = LiveControls(options["backgrounds"], blur=options["blur"], filters=options["filters"])
    assert (again.look.blur, again.look.filters) == (40, controls.look.filters)
    assert [type(each) for each in again.look.steps] == [type(each) for each in controls.look.steps]
    controls.close()
    again.close()


@pytest.mark.parametrize("first", ["blur:20,shape=lens", "shadow"])
def test_another_filter_is_no_blur_of_the_background(choices, config, first):
    config(f'[profile.app.webcam]\nbg = "navy"\nfilter = ["{first}"]\n')
    assert (choices.options()["blur"], choices.options()["filters"]) == (None, (first,))


def test_where_nothing_can_be_kept_the_session_is_there_all_the_same(make, config_path, monkeypatch):
    def refuse(*_):
        raise MediaError("the disk is full")

    monkeypatch.setattr("streammatte.cli.choices.save_profile", refuse)
    choices = make()
    assert choices.options()["backgrounds"][:2] == ["blur", "blur:80"]
    assert choices.chosen()["profile"] == ""
    with pytest.raises(MediaError):
        choices.choose("size", "640x360")


@pytest.mark.parametrize("name", ["/nowhere/beach.jpg", f"{'x' * 300}.jpg"])  # the latter cannot be looked for
def test_grey_stands_in_the_place_of_a_background_whose_file_is_gone(choices, config, config_path, name):
    config(f'[profile.app.webcam]\nbg = ["{name}", "blur", "/nowhere/2.jpg"]\nfilter = "blur:30"\n')
    options = choices.options()
    assert (options["backgrounds"], options["blur"]) == (["grey", "blur"], 30)
    controls = LiveControls(options["backgrounds"], blur=options["blur"])
    choices.keep(controls)
    choices.keep(controls)
    assert len(controls.notices) == 1
    assert name in controls.notices[0]
    assert controls.notices[0].endswith("; grey stands in the background's place")
    controls.toggle("mirror")
    choices.keep(controls)
    assert kept(config_path)["bg"] == [name, "blur", "/nowhere/2.jpg"]
    assert kept(config_path)["filter"] == ["blur:30"]
    controls.set_background("blur")
    controls.close()
    choices.keep(controls)
    assert kept(config_path)["bg"] == ["blur:40", name, "/nowhere/2.jpg"]


def test_grey_stands_in_the_place_of_a_folder_and_of_a_file_that_cannot_be_read(choices, config, tmp_path):
    (tmp_path / "broken.png").write_bytes(b"half of it")
    (tmp_path / "empty").mkdir()
    for name in ("broken.png", "empty", "folder/that/is/gone"):
        path = (tmp_path / name).as_posix()
        config(f'[profile.app.webcam]\nbg = ["{path}", "navy"]\n')
        options = choices.options()
        assert (options["backgrounds"][0], options["backgrounds"][-1]) == ("grey", "navy")
        controls = LiveControls(without_folders(options["backgrounds"]))
        controls.close()
        choices.keep(controls)
        assert path in controls.notices[0]


def test_a_filter_that_cannot_be_made_is_left_out_and_the_room_stays_hidden(choices, config, config_path):
    texts = ["image:/nowhere/beach.jpg", "uninstalled:3", "decontaminate"]
    config(f"[profile.app.webcam]\nbg = 'navy'\nfilter = {texts}\n")
    options = choices.options()
    assert (options["backgrounds"], options["filters"]) == (["grey", "navy"], ("decontaminate",))
    controls = LiveControls(options["backgrounds"], filters=options["filters"])
    choices.keep(controls)
    assert ["beach.jpg" in each or "uninstalled" in each for each in controls.notices] == [True, True]
    controls.set_background("navy")
    controls.close()
    choices.keep(controls)
    assert (kept(config_path)["bg"], kept(config_path)["filter"]) == (["navy"], ["decontaminate"])


def test_what_is_chosen_is_not_withdrawn(choices, config, config_path):
    config('[profile.app.webcam]\nbg = ["/a.png", "/b.png", "/c.png"]\nfilter = ["uninstalled", "image:/b.png"]\n')
    choices.options()
    with pytest.raises(UsageError, match="choose another first"):
        choices.withdraw("/a.png")
    with pytest.raises(UsageError, match=r"image:/b\.png reads /b\.png; take the filter out first"):
        choices.withdraw("/b.png")
    choices.withdraw("/c.png")
    choices.withdraw("/d.png")
    assert kept(config_path)["bg"] == ["/a.png", "/b.png"]


def test_another_background_whose_file_is_gone_is_left_out_and_stays(choices, config, config_path):
    config('[profile.app.webcam]\nbg = ["navy", "/nowhere/beach.jpg"]\n')
    controls = LiveControls(choices.options()["backgrounds"])
    controls.close()
    assert controls.backgrounds == ("navy",)
    choices.keep(controls)
    controls.set_blur(10)
    choices.keep(controls)
    assert kept(config_path)["bg"] == ["navy", "/nowhere/beach.jpg"]
    assert controls.notices == ()


def test_what_else_is_in_the_file_stays(make, config, config_path, usual):
    config(usual)
    make().choose("size", "640x480")
    assert config_path.read_text(encoding="utf-8").startswith(usual.rstrip("\n"))
    assert make().options()["rate"] == 24  # as [webcam] says


@pytest.mark.parametrize("text", ["profile = 3", "[profile.x]\nwebcam = 3", "[profile]\nx = 3", "[oops"])
def test_a_file_that_is_in_disorder_is_refused_and_what_was_read_before_stays(choices, config, text):
    config(text)
    with pytest.raises(UsageError, match=r"config\.toml:"):
        choices.options()
    assert choices.chosen()["size"] == "1280x720"
    assert choices.profiles() == []


def test_profiles_are_those_of_webcam(make, config, usual):
    config(usual)
    choices = make()
    assert choices.profiles() == ["office", "home"]
    choices.choose("profile", "home")
    assert choices.chosen()["profile"] == "home"
    assert choices.options()["backgrounds"] == ["black"]
    controls = LiveControls(["black"])
    choices.keep(controls)
    controls.offer("white")  # as pictures that were dropped onto the page are
    choices.keep(controls)
    assert (choices.chosen()["profile"], make().chosen()["profile"]) == ("home", "home")
    controls.toggle("mirror")
    controls.close()
    choices.keep(controls)
    assert choices.chosen()["profile"] == ""
    with pytest.raises(UsageError, match="expected another name"):
        choices.save("app")
    with pytest.raises(UsageError, match="letters, digits"):
        choices.save("a b")
    for name in ("Büro", "会議"):
        choices.save(name)
        assert make().profiles()[-1] == name
