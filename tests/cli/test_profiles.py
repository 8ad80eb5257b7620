from __future__ import annotations

import random
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from streammatte.cli import cli
from streammatte.cli.config import ConfigFile
from streammatte.errors import UsageError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


def test_without_a_file_nothing_changes(webcam, config_path):
    result, seen = webcam()
    assert result.exit_code == 0
    assert (seen["fps"], seen["backgrounds"], seen["filters"]) == (30, (), ())
    assert not config_path.parent.parent.exists()


def test_the_command_line_goes_before_the_profile_and_that_before_the_command(webcam, config, usual):
    config(usual)
    names = "fps", "backgrounds", "size", "filters", "preview"

    assert [webcam()[1][name] for name in names] == [24, (), "1280x720", ("blur:20",), False]
    _, seen = webcam("--profile", "office")
    assert [seen[name] for name in names] == [24, ("white",), "640x360", ("blur:20",), True]
    _, seen = webcam("--profile", "office", "--bg", "red", "--fps", "60", "--filter", "decontaminate")
    assert [seen[name] for name in names] == [60, ("red",), "640x360", ("decontaminate",), True]


def test_a_profile_goes_before_the_command_option_by_option(webcam, config):
    config("[webcam]\npreview = true\nfps = 24\n[profile.office.webcam]\npreview = false\n")
    assert webcam()[1]["preview"] is True
    _, seen = webcam("--profile", "office")
    assert (seen["preview"], seen["fps"]) == (False, 24)


def test_any_spelling_of_toml_will_do(webcam, config):
    config("profile = {office = {webcam = {virtual-camera = true, camera = 0, weights = '~/w.safetensors'}}}\n")
    _, seen = webcam("--profile", "office")
    assert (seen["virtual_camera"], seen["camera"]) == ("", "0")
    assert seen["weights"] == Path.home() / "w.safetensors"


def test_one_value_does_where_a_list_may_stand(webcam, config):
    config("[webcam]\nfilter = 'blur:20'\n")
    assert webcam()[1]["filters"] == ("blur:20",)
    config("[webcam]\nfilter = 'blur:20'\n[profile.bare.webcam]\nfilter = []\n")
    assert webcam("--profile", "bare")[1]["filters"] == ()


def test_the_pixels_change_too(streammatte, config, tmp_path):
    config('[image]\nbg = "red"\nquiet = true\n')
    cv2.imwrite(str(tmp_path / "in.png"), np.zeros((32, 32, 3), np.uint8))
    result = streammatte("image", tmp_path / "in.png", tmp_path / "out.png")
    assert (result.exit_code, result.output) == (0, "")
    assert cv2.imread(str(tmp_path / "out.png"))[0, 0].tolist() == [0, 0, 255]


def test_the_docs_show_a_file_that_works(webcam, config, streammatte):
    page = (Path(__file__).parents[2] / "docs" / "start.md").read_text(encoding="utf-8")
    config(page.partition("```toml\n")[2].partition("```")[0])
    assert webcam()[1]["size"] == "1920x1080"
    assert webcam("--profile", "office")[1]["backgrounds"] == (str(Path.home() / "Pictures" / "bookshelf.jpg"),)
    assert "gone.mp4" in streammatte("video", "--profile", "office", "gone.mp4", "out.mp4").stderr


@pytest.mark.parametrize("name", ["video", "image", "webcam", "model", "train", "evaluate", "export"])
def test_every_command_that_has_options_reads_it(name, streammatte, config):
    path = config(f"[{name}]\nnothing = 1\n")
    assert streammatte(name).stderr.startswith(f"streammatte: {path}:2: nothing: {name} has no such option; ")
    assert {"profile", "save_profile"} <= {each.name for each in cli.get_command(None, name).params}


@pytest.mark.parametrize(
    ("text", "line", "key", "rest"),
    [
        ("[webcam]\n\n# more\nfsp = 60", 4, "fsp", "webcam has no such option; did you mean fps?"),
        ("[webcam]\nno_decontaminate = true", 2, "no_decontaminate", "did you mean no-decontaminate?"),
        ("[webcam]\nzoom = 2", 2, "zoom", "'streammatte webcam --help' lists them"),
        ("[webcam]\nprofile = 'office'", 2, "profile", "webcam has no such option"),
        ("[webcam]\nfps = 'fast'", 2, "fps", "'fast' is not a valid integer"),
        ("[webcam]\nfps = 0", 2, "fps", "0 is not in the range"),
        ("[webcam]\nfps = 29.97", 2, "fps", "'29.97' is not a valid integer"),
        ("[webcam]\nfps = true", 2, "fps", "expected text or a number, got true"),
        ("[webcam]\nbg = 2024-01-01", 2, "bg", 'expected text or a number, got "2024-01-01"'),
        ("[webcam.bg]\nx = 1", 1, "bg", "expected text or a number"),
        ("[webcam]\nsmooth = 'on'", 2, "smooth", "'on' is not one of 'off', 'motion'"),
        ("[webcam]\npreview = 'yes'", 2, "preview", 'expected true or false, got "yes"'),
        ("[webcam]\nsize = ['640x360']", 2, "size", 'expected text or a number, got ["640x360"]'),
        ("[webcam]\nfilter = [\n'blur',\n1979-05-27]", 2, "filter", "expected text or a number"),
        ('[webcam]\nbg = """\nfps = 1\n"""\nfps = 0', 5, "fps", "0 is not in the range"),
        ("webcam.bg = 'red'\nwebcam.fps = 0", 2, "fps", "0 is not in the range"),
        ("[video]\n[webcam]\n[webcm]", 3, "webcm", "there is no such command; did you mean webcam?"),
        ("bg = 'red'", 1, "bg", "options stand below a command, such as [webcam]"),
        ("webcam = 3", 1, "webcam", "expected a table, [webcam]"),
        ("[[webcam]]", 1, "webcam", "expected a table, [webcam]"),
        ("[webcam]\nbg = red.jpg", 2, "bg = red.jpg", "this is not TOML (Unexpected character: 'r'); expected KEY ="),
        ("[webcam]\nfps = 1\nfps = 2", 3, "fps = 2", 'this is not TOML (Key "fps" already exists); keep one'),
        ("[webcam]\n# now\n\nfilter = [\n'blur',\n", 4, "filter = [", "this is not TOML (Unexpected end of the file)"),
    ],
)
def test_a_mistake_names_file_line_and_key(text, line, key, rest, webcam, config):
    path = config(text + "\n")
    result, seen = webcam()
    assert result.exit_code == 2
    assert result.stderr.startswith(f"streammatte: {path}:{line}: {key}: ")
    assert rest in result.stderr
    assert result.stderr.count("\n") == 1
    assert not seen


@pytest.mark.parametrize(
    ("text", "line", "key", "rest"),
    [
        ("[profile.office.webcam]\nfsp = 60", 2, "fsp", "did you mean fps?"),
        ("[webcam]\nfps = 1\n[profile.office.webcam]\nfps = 0", 4, "fps", "0 is not in the range"),
        ("[profile.office]\nbg = 'red'", 2, "bg", "options stand below a command, such as [profile.office.webcam]"),
        ("[video]\n[profile.office.webcm]", 2, "webcm", "there is no such command; did you mean webcam?"),
        ("[profile]\noffice = 'red'", 2, "office", "expected a table, [profile.office]"),
        ("profile = 3", 1, "profile", "expected a table, [profile]"),
        ("profile = {office = {webcam = {bg = 'red', fps = 0}}}", 1, "fps", "0 is not in the range"),
    ],
)
def test_a_mistake_in_a_profile_is_found_when_it_is_used(text, line, key, rest, webcam, config):
    path = config(text + "\n")
    assert webcam("--help")[0].exit_code == 0
    result, _ = webcam("--profile", "office")
    assert result.exit_code == 2
    assert result.stderr.startswith(f"streammatte: {path}:{line}: {key}: ")
    assert rest in result.stderr


def test_a_mistake_elsewhere_stops_nobody(webcam, config):
    config("[webcam]\nfps = 24\n[video]\nnothing = 1\n[profile.office.webcam]\nfps = 0\n")
    assert webcam()[1]["fps"] == 24


def test_help_needs_no_file_that_can_be_read(webcam, config):
    config("[webcam\n")
    assert webcam("-h")[0].exit_code == webcam("--profile", "office", "--help")[0].exit_code == 0
    assert webcam("--help")[0].exit_code == 0


def test_what_only_the_command_finds_out_names_the_line_too(streammatte, config):
    path = config('[webcam]\nfps = 24\nbg = "no.jpg"\n')
    result = streammatte("webcam")
    assert result.exit_code == 2
    assert result.stderr.startswith("streammatte: --bg no.jpg: there is no such file")
    assert result.stderr.endswith(f"({path}:3 sets bg)\n")

    path.write_text('[webcam]\nfilter = ["blur:30", "blr:20"]\n')
    assert streammatte("webcam").stderr.endswith(f"({path}:2 sets filter)\n")
    assert str(path) not in streammatte("webcam", "--filter", "blr").stderr

    path.write_text('[webcam]\nbg = "no.jpg"\ncamera = "picture"\n')
    assert "expected a picture" in (message := streammatte("webcam").stderr)
    assert message.endswith(f"({path}:2 sets bg)\n")  # and not that 3 sets camera, though its text is there

    path.write_text('[webcam]\nvirtual-camera = true\nthreads = 2\nbg = "no.jpg"\n')
    assert streammatte("webcam").stderr.endswith(f"({path}:4 sets bg)\n")
    assert str(path) not in streammatte("webcam", "--bg", "2").stderr


def test_a_file_below_a_folder_that_is_set_names_the_line_too(streammatte, config, tmp_path):
    (tmp_path / "pack" / "val" / "rooms").mkdir(parents=True)
    path = config(f"[evaluate]\ndata = '{tmp_path / 'pack'}'\n")
    result = streammatte("evaluate")
    assert result.stderr.startswith(f"streammatte: there are no pictures in {tmp_path / 'pack' / 'val' / 'rooms'}")
    assert result.stderr.endswith(f"({path}:2 sets data)\n")


def test_an_unknown_profile_tells_which_there_are(webcam, config, config_path, usual):
    result, _ = webcam("--profile", "ofice")
    assert result.exit_code == 2
    assert f"webcam has no profile 'ofice' in {config_path}; there are none" in result.stderr
    config(usual + "[profile.films.video]\n")
    assert "'ofice' in" in (message := webcam("--profile", "ofice")[0].stderr)
    assert "; there are office, home; 'streammatte webcam --save-profile ofice'" in message
    assert "no profile 'films'" in webcam("--profile", "films")[0].stderr
    path = config("[profile]\noffice = 3\n")
    assert f"{path}:2: office: expected a table" in webcam("--profile", "ofice")[0].stderr


def test_a_file_that_cannot_be_read_is_the_users_to_mend(webcam, config_path):
    config_path.mkdir(parents=True)
    result, _ = webcam()
    assert result.exit_code == 2
    assert result.stderr.startswith(f"streammatte: {config_path} cannot be read (")
    config_path.rmdir()
    config_path.write_bytes(b"[webcam]\n\nbg = '\xff'\n")
    assert webcam()[0].stderr.startswith(f"streammatte: {config_path}:3: this is not UTF-8")


@pytest.mark.parametrize(
    "start",
    [
        "",
        "profile = {a = {video = {fps = 1}}}\n",
        "[profile.a]\nvideo = {fps = 1}\n",
        "[profile.a.video]\nfps = 1\n[image]\nquiet = true\n[profile.b.video]\n# none\n[video]\nquiet = true\n",
        "[profile.'ü x'.webcam] # once\nfps = 1\n[profile]\n",
    ],
    ids=["empty", "inline", "half inline", "out of order", "parents last"],
)
def test_many_changes_in_any_order_say_what_a_plain_dictionary_says(start):
    rng = random.Random(1)
    text, expected = start, tomllib.loads(start)
    for number in range(60):
        name, command = rng.choice(["a", "b", "ü x"]), rng.choice(["webcam", "video"])
        pool = {
            "bg": '\x7fC:\\new "x"\n[y]\tü',
            "fps": number,
            "filter": ["a", "# b"],
            "preview": True,
            "size": "[a]\n",
        }
        values = {key: pool[key] for key in rng.sample(list(pool), rng.randint(1, 4))}
        before = {line for line in text.split("\n") if line.startswith("#")}
        keys = "profile", name, command
        text = ConfigFile(Path("config.toml"), text, expected).with_table(keys, values)
        expected.setdefault("profile", {}).setdefault(name, {})[command] = values
        assert tomllib.loads(text) == expected
        lines = text.split("\n")
        assert before <= set(lines)
        place = ConfigFile(Path("config.toml"), text, expected).place((*keys, next(iter(values))))
        line = int(place.partition(":")[2])
        assert next(iter(values)) in lines[line - 1]
        at = rng.randint(0, len(lines) - 1)
        text = "\n".join([*lines[:at], f"# comment {number}" if rng.random() < 0.5 else "", *lines[at:]])


def test_what_is_spread_over_the_file_is_left_to_its_owner(webcam, config):
    text = "profile.a.webcam.fps = 1\n[profile.b.webcam]\nfps = 2\n[profile.a.webcam.more]\n"
    path = config(text)
    result, _ = webcam("--save-profile", "a", "--fps", "3")
    assert result.exit_code == 2
    assert f"{path}:1: webcam: this stands in several places" in result.stderr
    assert "put it below one header, [profile.a.webcam]" in result.stderr
    assert path.read_text() == text


def test_a_refusal_is_an_error_of_ours(config):
    config("[webcam\n")
    with pytest.raises(UsageError, match=r"config.toml:1: \[webcam: this is not TOML"):
        ConfigFile.read()
