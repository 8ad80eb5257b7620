"""Commands for the user's own shell, Python and copy of streammatte."""

from __future__ import annotations

import json
import shlex
import shutil
import sys
from importlib.metadata import PackageNotFoundError, distribution
from importlib.util import find_spec
from pathlib import Path

__all__ = ["origin", "pip", "reinstall", "shell"]


def shell(*words: str) -> str:
    """Return a command line, with what the system's shell would take amiss put in quotes."""
    if sys.platform != "win32":
        return shlex.join(words)
    return " ".join(f'"{word}"' if set(word) & set(" <>&|^()") else word for word in words)


def pip(*words: str) -> str:
    """Return the command line of the pip that serves the Python which runs this."""
    on_path = next((name for name in ("python", "python3") if shutil.which(name) == sys.executable), None)
    python = on_path or sys.executable
    command = shell(python, "-m", "pip", *words)
    return command if find_spec("pip") else f"{shell(python, '-m', 'ensurepip')} && {command}"


def reinstall() -> str:
    """Return the command that puts streammatte in place again, from where it came."""
    return pip("install", "--force-reinstall", "--no-deps", *origin())


def origin() -> list[str]:
    """Return the words by which pip installs this streammatte: its name, or where it came from."""
    try:
        told = json.loads(distribution("streammatte").read_text("direct_url.json") or "{}")
    except PackageNotFoundError:
        return [str(Path(__file__).parents[2])]
    url = told.get("url", "streammatte")
    if "vcs_info" in told:
        return [f"{told['vcs_info']['vcs']}+{url}"]
    return ["--editable", url] if told.get("dir_info", {}).get("editable") else [url]
