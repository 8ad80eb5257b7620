"""Distributions that are really installed, if only in a folder of the test."""

import sys
from textwrap import dedent

import pytest


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Install a distribution with one module, as pip would leave it on the disk."""

    def install(name, source, plugins, kind="filters"):
        folder = tmp_path / name
        information = folder / f"{name}-1.5.dist-info"
        information.mkdir(parents=True)
        (folder / f"{name}_module.py").write_text(dedent(source), encoding="utf-8")
        (information / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.5\n", encoding="utf-8")
        lines = [f"{key} = {name}_module:{value}" for key, value in plugins.items()]
        (information / "entry_points.txt").write_text("\n".join([f"[streammatte.{kind}]", *lines]), encoding="utf-8")
        monkeypatch.syspath_prepend(folder)
        monkeypatch.delitem(sys.modules, f"{name}_module", raising=False)

    return install
