"""The arrows of ARCHITECTURE.md: who may import what."""

import ast
import sys
from fnmatch import fnmatch
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

# A package that only these modules may import.
ONLY_IN = {
    "torch": ("streammatte.nn.*", "streammatte.matting.engines", "streammatte.research.*"),
    "safetensors": ("streammatte.nn.weights",),
    "onnx": ("streammatte.research.export",),
    "pymatting": ("streammatte.research.*",),
    "av": (
        "streammatte.io.video*",
        "streammatte.io.exr",
        "streammatte.io.packets",
        "streammatte.io.streams*",
        "streammatte.devices.camera",
        "streammatte.devices.listing",
        "streammatte.research.train.compression",
    ),
    "streammatte.nn": ("streammatte.nn.*", "streammatte.matting.engines", "streammatte.research.*"),
    "streammatte.research": ("streammatte.research.*",),
    "onnxruntime": ("streammatte.matting.onnx_files",),
    "pyvirtualcam": ("streammatte.devices.virtual_camera",),
    "click": ("streammatte.cli.*", "streammatte.research.cli.*"),
    "tomlkit": ("streammatte.cli.config",),
    "platformdirs": ("streammatte.app.*", "streammatte.cli.config", "streammatte.control.*"),
    "rich": ("streammatte.cli.*",),
    "ray": ("streammatte.batch.cluster",),
    "aiohttp": ("streammatte.control.*",),
    "pystray": ("streammatte.app.tray",),
    "PIL": ("streammatte.app.tray",),
}
# Everything outside the standard library that a module may import.
IMPORTS_ONLY = {
    "streammatte.errors": (),
    "streammatte.compositing.*": ("numpy", "cv2", "streammatte.errors", "streammatte.compositing.*"),
    "streammatte.compositing.frames": ("numpy", "streammatte.errors", "streammatte.compositing.planes"),
    "streammatte.stages": ("streammatte.compositing.frames", "streammatte.compositing.layers"),
    "streammatte.chain": (
        "numpy",
        "streammatte.errors",
        "streammatte.compositing.frames",
        "streammatte.compositing.layers",
        "streammatte.stages",
    ),
    "streammatte.plugins.parameters": ("streammatte.errors",),
    "streammatte.plugins.registry": ("streammatte.errors", "streammatte.stages"),
    "streammatte.plugins.text": (
        "streammatte.errors",
        "streammatte.plugins.parameters",
        "streammatte.plugins.registry",
        "streammatte.stages",
    ),
    "streammatte_filters.*": ("numpy", "cv2", "streammatte", "streammatte_filters.*"),
}


def modules():
    """(name, path) of every module in both packages."""
    for top in (ROOT, ROOT / "filters"):
        for path in sorted(top.glob("streammatte*/**/*.py")):
            name = ".".join(path.relative_to(top).with_suffix("").parts)
            yield name.removesuffix(".__init__"), path


MODULES = dict(modules())


def imported(path):
    """Names of the modules that a file imports anywhere, outside the standard library."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name}: a relative import; write it in full"
            submodules = {f"{node.module}.{alias.name}" for alias in node.names} & MODULES.keys()
            names.update(submodules or {node.module})
    return {name for name in names if name.partition(".")[0] not in sys.stdlib_module_names}


def matches(name, patterns):
    return any(fnmatch(name, pattern) or fnmatch(name, pattern.removesuffix(".*")) for pattern in patterns)


@pytest.mark.parametrize("name", MODULES)
def test_a_heavy_package_stays_in_its_place(name):
    for package, places in ONLY_IN.items():
        if not matches(name, places):
            strays = {found for found in imported(MODULES[name]) if matches(found, (f"{package}.*",))}
            assert not strays, f"{name} imports {package}, which only {', '.join(places)} may"


@pytest.mark.parametrize("pattern", IMPORTS_ONLY)
def test_a_lower_module_knows_nothing_of_the_upper_ones(pattern):
    names = [name for name in MODULES if fnmatch(name, pattern)]
    assert names, f"no module is called {pattern}"
    for name in names:
        allowed = IMPORTS_ONLY[pattern]
        others = {found for found in imported(MODULES[name]) if not matches(found, allowed)}
        if "numpy" in allowed:
            others -= {found for found in others if found.partition(".")[0] == "numpy"}
        assert not others, f"{name} imports {others}; expected {allowed or 'the standard library'} alone"
