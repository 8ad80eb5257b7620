"""`import streammatte` is light, quiet and complete."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import streammatte

HEAVY = ("torch", "av", "cv2", "onnxruntime", "openvino", "pyvirtualcam", "click", "rich")


def in_a_fresh_python(code):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


def test_importing_loads_nothing_heavy_and_prints_nothing():
    result = in_a_fresh_python(f"import sys, streammatte; sys.exit(str([m for m in {HEAVY} if m in sys.modules]))")
    assert (result.stdout, result.stderr) == ("", "[]\n")


def test_fetching_every_name_prints_nothing():
    result = in_a_fresh_python("import streammatte\nfor name in streammatte.__all__: getattr(streammatte, name)")
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_type_checkers_see_the_same_names():
    tree = ast.parse(Path(streammatte.__file__).read_text(encoding="utf-8"))
    (guarded,) = [node for node in tree.body if isinstance(node, ast.If)]
    seen = [(node.module, alias.name) for node in guarded.body for alias in node.names]
    assert sorted(name for _, name in seen) == sorted(set(streammatte.__all__) - {"__version__"})
    for module, name in seen:
        assert streammatte._HOME_OF[name] == module.removeprefix("streammatte.")


@pytest.mark.parametrize("name", [name for name in streammatte.__all__ if name != "__version__"])
def test_every_public_name_explains_itself(name):
    documented = getattr(streammatte, name).__doc__
    assert documented
    assert len(documented) > 10


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'matt'"):
        _ = streammatte.matt
