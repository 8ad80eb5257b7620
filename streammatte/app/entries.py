"""What makes the system know the app: an entry in its menu, and one that starts it at login. All is this user's own."""

from __future__ import annotations

import plistlib
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from sysconfig import get_path

from platformdirs import user_config_path, user_data_path

from streammatte.errors import MediaError

__all__ = ["Entry", "install", "login", "menu", "uninstall"]

_ABOUT = "Takes the background out of your camera's picture"
_UNIT = "streammatte.service"


@dataclass(frozen=True)
class Entry:
    """A file that the system reads.

    Attributes
    ----------
    path : Path
    content : bytes
        Of the file; of a link, where it leads to; of a Windows shortcut, the program of PowerShell that makes it.
    kind : {"file", "link", "shortcut"}
    """

    path: Path
    content: bytes
    kind: str = "file"

    def write(self) -> None:
        """Write it, in the place of what was there."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.unlink(missing_ok=True)
        if self.kind == "link":
            self.path.symlink_to(self.content.decode())
        elif self.kind == "shortcut":
            command = ["powershell", "-NoProfile", "-NonInteractive", "-Command", self.content.decode()]
            subprocess.run(command, check=True, capture_output=True)
        else:
            self.path.write_bytes(self.content)
            self.path.chmod(0o755 if self.content.startswith(b"#!") else 0o644)


def menu(system: str = sys.platform) -> list[Entry]:
    """Return what puts the app into the system's menu.

    Parameters
    ----------
    system : str
        As `sys.platform` names it.
    """
    if system == "win32":
        return [_shortcut(_programs() / "streammatte.lnk", _command())]
    if system == "darwin":
        script = f"#!/bin/sh\nexec {shlex.join(_command())}\n"
        return [Entry(Path.home() / "Applications" / "streammatte.command", script.encode())]
    icon = resources.files("streammatte.control") / "page" / "icon.svg"
    lines = [
        "[Desktop Entry]",
        "Type=Application",
        "Name=streammatte",
        f"Comment={_ABOUT}",
        f"Exec={' '.join(map(_as_desktop_word, _command()))}",
        "Icon=streammatte",
        "Terminal=false",
        "Categories=AudioVideo;Video;",
    ]
    data = user_data_path()
    return [
        Entry(data / "applications" / "streammatte.desktop", _text(lines)),
        Entry(data / "icons" / "hicolor" / "scalable" / "apps" / "streammatte.svg", icon.read_bytes()),
    ]


def login(system: str = sys.platform) -> list[Entry]:
    """Return what starts the app at login, without opening its page.

    Parameters
    ----------
    system : str
        As `sys.platform` names it.
    """
    command = [*_command(), "--no-browser"]
    if system == "win32":
        return [_shortcut(_programs() / "Startup" / "streammatte.lnk", command)]
    if system == "darwin":
        agent = {"Label": "streammatte", "ProgramArguments": command, "RunAtLoad": True}
        return [Entry(Path.home() / "Library" / "LaunchAgents" / "streammatte.plist", plistlib.dumps(agent))]
    lines = [
        "[Unit]",
        f"Description=streammatte: {_ABOUT[0].lower()}{_ABOUT[1:]}",
        "After=graphical-session.target pipewire.service wireplumber.service",
        "PartOf=graphical-session.target",
        "",
        "[Service]",
        f"ExecStart={' '.join(map(_as_systemd_word, command))}",
        "Restart=on-failure",
        "RestartSec=5",
        "",
        "[Install]",
        "WantedBy=graphical-session.target",
    ]
    units = user_config_path() / "systemd" / "user"
    wanted = Entry(units / "graphical-session.target.wants" / _UNIT, f"../{_UNIT}".encode(), "link")
    return [Entry(units / _UNIT, _text(lines)), wanted]


def install(entries: Sequence[Entry]) -> Iterator[Path]:
    """Write entries, and yield the path of each.

    Raises
    ------
    MediaError
        If one cannot be written.
    """
    for entry in entries:
        try:
            entry.write()
        except (OSError, subprocess.CalledProcessError) as error:
            raise MediaError(f"{entry.path} cannot be written ({error})", remedy="check its permissions") from error
        yield entry.path


def uninstall() -> Iterator[Path]:
    """Remove what `install` has ever written here, with the folder of each if it is empty then; yield each path.

    Raises
    ------
    MediaError
        If one cannot be removed.
    """
    for path in [entry.path for entry in (*menu(), *reversed(login()))]:
        try:
            path.unlink()
        except FileNotFoundError:
            continue
        except OSError as error:
            raise MediaError(f"{path} cannot be removed ({error})", remedy="remove it yourself") from error
        with suppress(OSError):  # there is more in it
            path.parent.rmdir()
        yield path


def _command() -> list[str]:
    script = Path(get_path("scripts"), "streammatte")
    if script.exists():
        return [str(script), "app"]
    python = Path(sys.executable)
    windowed = python.with_name("pythonw.exe")  # no terminal beside it
    return [str(windowed if windowed.exists() else python), "-m", "streammatte", "app"]


def _text(lines: Sequence[str]) -> bytes:
    return ("\n".join(lines) + "\n").encode()


def _as_desktop_word(word: str) -> str:
    """Quote a word twice, as a desktop entry wants it: as an argument, and as text; % stands for fields."""
    quoted = re.sub(r'(["`$\\])', r"\\\1", word).replace("\\", "\\\\").replace("%", "%%")
    return f'"{quoted}"'


def _as_systemd_word(word: str) -> str:
    quoted = re.sub(r'(["\\])', r"\\\1", word).replace("%", "%%").replace("$", "$$")
    return f'"{quoted}"'


def _programs() -> Path:
    """The folder of the start menu, on Windows."""
    return Path.home() / "AppData" / "Roaming" / "Microsoft" / "Windows" / "Start Menu" / "Programs"


def _shortcut(path: Path, command: Sequence[str]) -> Entry:
    program = (
        f"$link = (New-Object -ComObject WScript.Shell).CreateShortcut({_as_powershell_text(str(path))}); "
        f"$link.TargetPath = {_as_powershell_text(command[0])}; "
        f"$link.Arguments = {_as_powershell_text(' '.join(command[1:]))}; "
        f"$link.Description = {_as_powershell_text(_ABOUT)}; $link.Save()"
    )
    return Entry(path, program.encode(), "shortcut")


def _as_powershell_text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
