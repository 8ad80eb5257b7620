"""Python and the packages."""

from __future__ import annotations

import importlib
import platform
import re
import sys
import sysconfig
from importlib.metadata import PackageNotFoundError, metadata, requires, version
from pathlib import Path

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from streammatte.doctor.commands import origin, pip, reinstall, shell
from streammatte.doctor.finding import Finding

__all__ = ["packages", "python"]

_MODULES = {"opencv-python": "cv2"}
"""What a package is imported by, where that is not its own name."""

_IN_ITS_PLACE = {"opencv-python": ("opencv-python-headless", "opencv-contrib-python", "opencv-contrib-python-headless")}

_EXTRAS = {
    "gpu": "for --device cuda or mps",
    "openvino": "for --engine openvino",
    "ray": "for --ray: files, and the parts of one, on several machines",
    "tray": "for the icon of 'streammatte app' beside the clock",
    "train": "for 'streammatte train', 'evaluate', 'export' and 'model'",
    "demo": "for the programs that make the sample",
}


def python() -> list[Finding]:
    """Look at the interpreter and at where its packages go."""
    return [_version(), _environment(Path(sysconfig.get_path("stdlib")))]


def packages() -> list[Finding]:
    """Look at whether each package is there, new enough and in order."""
    try:
        texts = requires("streammatte") or []
    except PackageNotFoundError:
        detail = "is not installed as a package, so that its filters cannot be found"
        return [Finding("packages", "streammatte", "problem", detail, reinstall(), mends=True)]
    needed = [Requirement(text) for text in texts]
    findings = [_package(each) for each in needed if each.marker is None]
    return findings + [_extra(extra, [each for each in needed if _is_of(each, extra)]) for extra in _EXTRAS]


def _is_of(needed: Requirement, extra: str) -> bool:
    return needed.marker is not None and needed.marker.evaluate({"extra": extra})


def _version() -> Finding:
    found = f"{platform.python_version()}, {platform.machine()}, {sys.executable}"
    try:
        expected = SpecifierSet(metadata("streammatte")["Requires-Python"])
    except PackageNotFoundError:
        expected = SpecifierSet()
    if not expected.contains("{}.{}.{}".format(*sys.version_info)):
        remedy = "install a newer Python from https://www.python.org/downloads/, and streammatte with it"
        return Finding("Python", "version", "problem", f"{found}; expected {expected}", remedy)
    return Finding("Python", "version", "ok", found)


def _environment(stdlib: Path) -> Finding:
    if sys.prefix != sys.base_prefix:
        return Finding("Python", "environment", "ok", f"virtual environment {sys.prefix}")
    if (Path(sys.prefix) / "conda-meta").exists():
        return Finding("Python", "environment", "ok", f"conda environment {sys.prefix}")
    if (stdlib / "EXTERNALLY-MANAGED").exists():
        place = str(Path.home() / ".venvs" / "streammatte")
        return Finding(
            "Python",
            "environment",
            "warning",
            "no virtual environment, and the system's Python refuses what pip installs into it",
            f"{shell(sys.executable, '-m', 'venv', place)} && {shell(f'{place}/bin/pip', 'install', *origin())}",
        )
    return Finding("Python", "environment", "ok", f"no virtual environment: packages are those of {sys.prefix}")


def _package(needed: Requirement) -> Finding:
    names = (needed.name, *_IN_ITS_PLACE.get(needed.name, ()))
    name, installed = next(((name, found) for name in names if (found := _installed(name))), (needed.name, None))
    if installed is None:
        return _problem(needed, "is not installed", pip("install", f"{name}{needed.specifier}"))
    if not _allows(needed, installed):
        detail = f"{installed} is too old; expected {needed.specifier}"
        return _problem(needed, detail, pip("install", "--upgrade", f"{name}{needed.specifier}"))
    try:
        importlib.import_module(_MODULES.get(needed.name, needed.name))
    except Exception as error:  # a library of the system that is missing shows in many ways
        reason = str(error).strip().partition("\n")[0]
        return _problem(needed, f"{installed} cannot be imported: {reason}", _mend(name, installed, reason))
    instead = "" if name == needed.name else f" of {name}"
    return Finding("packages", needed.name, "ok", f"{installed}{instead} ({needed.specifier})")


def _problem(needed: Requirement, detail: str, remedy: str) -> Finding:
    return Finding("packages", needed.name, "problem", detail, remedy, mends=True)


def _mend(name: str, installed: str, reason: str) -> str:
    """Return the command after which a package that is installed can be imported."""
    if name.startswith("opencv") and "headless" not in name and re.search(r"lib[\w-]+\.so", reason):
        return f"{pip('uninstall', '-y', name)} && {pip('install', 'opencv-python-headless')}"
    if sys.platform == "win32" and "DLL load failed" in reason:
        return "winget install --exact --id Microsoft.VCRedist.2015+.x64"
    return pip("install", "--force-reinstall", "--no-cache-dir", f"{name}=={installed.partition('+')[0]}")


def _extra(extra: str, needed: list[Requirement]) -> Finding:
    found = [(each, _installed(each.name)) for each in needed]
    missing = [each for each, there in found if not (there and _allows(each, there))]
    listed = ", ".join(f"{each.name} {there or 'is not installed'}" for each, there in found)
    remedy = pip("install", *(f"{each.name}{each.specifier}" for each in missing)) if missing else None
    return Finding("packages", f"extra {extra}", "ok", f"{listed}; {_EXTRAS[extra]}", remedy)


def _allows(needed: Requirement, installed: str) -> bool:
    return needed.specifier.contains(installed, prereleases=True)


def _installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
