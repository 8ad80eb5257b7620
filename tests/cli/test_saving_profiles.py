from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import pytest

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


def test_save_and_use(webcam, config_path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("beach.jpg").touch()
    Path("rooms").mkdir()
    options = [
        "--bg",
        "beach.jpg",
        "--bg",
        "blur",
        "--bg",
        "rooms",
        "--fps",
        "24",
        "--virtual-camera",
        "--preview",
        "--camera",
        "0",
        "--smooth",
        "off",
    ]
    options += ["--filter", "blur:20", "--filter", "transparent", "--weights", "w.safetensors"]
    result, seen = webcam(*options, "--save-profile", "office")

    assert result.exit_code == 0
    assert not seen
    assert result.stdout.endswith(f" as profile office in {config_path}\nuse it: streammatte webcam --profile office\n")
    assert tomllib.loads(config_path.read_text(encoding="utf-8")) == {
        "profile": {
            "office": {
                "webcam": {
                    "bg": [str(tmp_path / "beach.jpg"), "blur", str(tmp_path / "rooms")],
                    "fps": 24,
                    "virtual-camera": True,
                    "preview": True,
                    "filter": ["blur:20", "transparent"],
                    "camera": "0",
                    "weights": str(tmp_path / "w.safetensors"),
                    "smooth": "off",
                }
            }
        }
    }
    assert [each.name for each in config_path.parent.iterdir()] == ["config.toml"]

    expected = webcam(*options)[1]
    seen = webcam("--profile", "office")[1]
    backgrounds = str(tmp_path / "beach.jpg"), "blur", str(tmp_path / "rooms")
    assert seen == {**expected, "backgrounds": backgrounds, "weights": tmp_path / "w.safetensors"}


def test_a_background_that_is_no_file_stays_as_it_is(webcam, config_path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("blur").touch()
    for bg in ("blur", "blur:30", "none", "white", "#ff0000"):
        webcam("--bg", bg, "--save-profile", "office")
        assert tomllib.loads(config_path.read_text())["profile"]["office"]["webcam"] == {"bg": [bg]}


def test_saving_leaves_all_other_lines(webcam, config, usual):
    path = config(usual)
    assert webcam("--profile", "office")[0].exit_code == 0
    webcam("--save-profile", "office", "--bg", "red", "--fps", "60")
    old = 'bg = "white"   # as the wall\nsize = "640x360"\npreview = true\n'
    changed = usual.replace(old, 'bg = ["red"]   # as the wall\nfps = 60\n')
    assert path.read_text(encoding="utf-8") == changed

    webcam("--save-profile", "büro", "--bg", "red")
    assert path.read_text(encoding="utf-8") == changed + '\n[profile."büro".webcam]\nbg = ["red"]\n'
    assert webcam("--profile", "büro")[1]["backgrounds"] == ("red",)


def test_saving_keeps_the_line_endings_and_the_link(webcam, config, config_path, tmp_path):
    real = tmp_path / "dotfiles.toml"
    config_path.parent.mkdir(parents=True)
    config_path.symlink_to(real)
    real.write_bytes(b"[webcam]\r\nfps = 24")
    real.chmod(0o600)
    webcam("--save-profile", "office", "--bg", "red")
    assert real.read_bytes() == b'[webcam]\r\nfps = 24\r\n\r\n[profile.office.webcam]\r\nbg = ["red"]\r\n'
    assert config_path.is_symlink()
    if os.name == "posix":
        assert stat.S_IMODE(real.stat().st_mode) == 0o600


@pytest.mark.parametrize("arguments", [(), ("in.mp4", "out.mp4"), ("in.mp4",)])
def test_a_profile_of_another_command_needs_no_files(arguments, streammatte, config_path):
    result = streammatte("video", *arguments, "--no-sound", "--save-profile", "mute", "-q")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.endswith("use it: streammatte video --profile mute IN... OUT\n")
    expected = {"profile": {"mute": {"video": {"no-sound": True, "quiet": True}}}}
    assert tomllib.loads(config_path.read_text()) == expected


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--save-profile", "a/b", "--fps", "3"], "expected a name of letters, digits, - and _"),
        (["--fps", "3", "--save-profile", "--preview"], "expected a name of letters, digits, - and _"),
        (["--save-profile", "", "--fps", "3"], "expected a name of letters, digits, - and _"),
        (["--save-profile", "a"], "there is nothing to save"),
        (["--save-profile", "a", "--fps", "0"], "Invalid value for '--fps'"),
        (["--save-profile", "a", "--profile", "office"], "leave out --profile"),
        (["--profile", "office", "--save-profile", "a", "--fps", "3"], "leave out --profile"),
        (["--save-profile", "number", "--fps", "3"], "config.toml:1: number: expected a table, [profile.number]"),
    ],
)
def test_what_cannot_be_saved_leaves_the_file_alone(options, message, webcam, config, usual):
    text = "profile.number = 3\n" + usual
    path = config(text)
    result, seen = webcam(*options)
    assert result.exit_code == 2
    assert message in result.stderr
    assert not seen
    assert path.read_text(encoding="utf-8") == text
