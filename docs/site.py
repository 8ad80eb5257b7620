"""Lays the site out as the repository is, so that a page's links hold in both."""

from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

PAGES = ("README.md", "ARCHITECTURE.md", "CHANGELOG.md", "CITATION.cff", "CONTRIBUTING.md", "LICENSE", "MODEL_CARD.md")
FOLDERS = ("docs", "demos", "filters", "streammatte/assets", "tests/camera")


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Put the repository's pages, and what they link to, in the place of those below `docs`."""
    root = Path(config.config_file_path).parent
    found = [root / name for name in PAGES]
    for folder in FOLDERS:
        found += sorted((root / folder).rglob("*.*"))
    shown = [file for file in files if file.src_dir != config.docs_dir]
    for path in found:
        if path.suffix != ".pyc":
            name = path.relative_to(root).as_posix()
            shown.append(File.generated(config, name, abs_src_path=str(path)))
    return Files(shown)
