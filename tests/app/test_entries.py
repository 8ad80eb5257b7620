"""What is written into the system, read by readers of their own, and the autostarted command run as it is written."""

from __future__ import annotations

import configparser
import os
import plistlib
import re
import shlex
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

import pytest

from streammatte.app import entries

linux = pytest.mark.skipif(sys.platform != "linux", reason="is of Linux")


@pytest.fixture(autouse=True)
def home(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def there(home):
    return {path for path in home.rglob("*") if not path.is_dir() or path.is_symlink()}


def read(path):
    parser = configparser.ConfigParser(interpolation=None, delimiters="=")
    parser.optionxform = str
    parser.read(path, encoding="utf-8")
    return parser


@linux
def test_all_that_is_written_is_told_and_taken_away_again(home):
    (home / ".config").mkdir()
    (home / ".config" / "other").write_text("is somebody else's")
    before = there(home)
    told = list(entries.install([*entries.menu(), *entries.login()]))
    assert there(home) - before == set(told)
    assert list(entries.install(entries.login())) == told[-2:]  # once more, over what is there
    assert set(entries.uninstall()) == set(told)
    assert there(home) == before
    assert list(entries.uninstall()) == []


@linux
def test_the_desktop_entry_has_the_command_and_an_icon(home):
    told = list(entries.install(entries.menu()))
    desktop, icon = told
    entry = read(desktop)["Desktop Entry"]
    assert shlex.split(entry["Exec"])[-1] == "app"
    assert Path(shlex.split(entry["Exec"])[0]).exists()
    assert icon.stem == entry["Icon"]
    assert b"<svg" in icon.read_bytes()
    if validate := shutil.which("desktop-file-validate"):
        subprocess.run([validate, desktop], check=True)


@linux
def test_systemd_takes_the_unit_for_one(home, tmp_path):
    unit, wanted = entries.install(entries.login())
    assert wanted.resolve() == unit
    assert wanted.parent.name == f"{read(unit)['Install']['WantedBy']}.wants"
    if analyze := shutil.which("systemd-analyze"):
        environment = {**os.environ, "XDG_RUNTIME_DIR": str(tmp_path)}
        result = subprocess.run(
            [analyze, "verify", "--user", unit], env=environment, capture_output=True, text=True, check=False
        )
        assert "streammatte" not in result.stderr


def test_words_survive_their_quotes():
    word = '/home/me/50% "off" $HOME\\`x`'
    assert entries._as_systemd_word(word) == '"/home/me/50%% \\"off\\" $$HOME\\\\`x`"'
    once = entries._as_desktop_word(word).replace("%%", "%").replace("\\\\", "\\")  # a text, which holds a command line
    if sh := shutil.which("sh"):
        assert subprocess.run([sh, "-c", f"printf %s {once}"], capture_output=True, text=True).stdout == word


@linux
def test_the_autostarted_command_runs_as_it_is_written(home):
    unit, _ = entries.install(entries.login())
    command = shlex.split(read(unit)["Service"]["ExecStart"])
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=home) as process:
        try:
            url = re.search(r"http://\S+", process.stderr.readline())[0]
            assert urlopen(url).status == 200
            again = subprocess.run(command, capture_output=True, text=True, check=True, cwd=home)
            assert again.stderr == f"it runs already; control it at {url}\n"
        finally:
            process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0


def test_macos_gets_a_login_item_and_a_program_to_click(home):
    (agent,) = entries.login("darwin")
    told = plistlib.loads(agent.content)
    assert told["RunAtLoad"]
    assert told["ProgramArguments"][-2:] == ["app", "--no-browser"]
    assert agent.path == home / "Library" / "LaunchAgents" / "streammatte.plist"
    if sys.platform != "win32":
        (click,) = entries.menu("darwin")
        click.write()
        assert os.access(click.path, os.X_OK)


def test_windows_gets_shortcuts(home, monkeypatch):
    run = []
    monkeypatch.setattr("subprocess.run", lambda command, **_: run.append(command))
    told = list(entries.install([*entries.menu("win32"), *entries.login("win32")]))
    assert [path.parent.name for path in told] == ["Programs", "Startup"]
    assert [command[0] for command in run] == ["powershell", "powershell"]
    assert f"CreateShortcut('{told[1]}')" in run[1][-1]
    assert "app --no-browser'" in run[1][-1]
