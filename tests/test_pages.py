"""The commands and the Python of README and docs run as they stand, and links lead somewhere."""

import os
import re
import subprocess
import sys
from pathlib import Path

import av
import cv2
import pytest

import streammatte

ROOT = Path(__file__).parent.parent
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md")), ROOT / "filters" / "README.md"]
TEXTS = {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in PAGES}
BLOCKS = re.findall(r"<!-- tested -->\n```(\w+)\n(.*?)```", "".join(TEXTS.values()), flags=re.DOTALL)
LINES = [line for language, block in BLOCKS if language == "sh" for line in block.splitlines()]
COMMANDS = sorted({line.partition("  #")[0].rstrip() for line in LINES})
PROGRAMS = sorted({block for language, block in BLOCKS if language == "python"})


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with the files that the README's reader is supposed to have."""
    folder = tmp_path_factory.mktemp("reader")
    assets = ROOT / "streammatte" / "assets"
    (folder / "beach.jpg").write_bytes((assets / "beach.jpg").read_bytes())
    with av.open(assets / "sample.mp4") as reader, av.open(folder / "talk.mp4", "w") as writer:
        video, audio = (writer.add_stream_from_template(stream) for stream in reader.streams)
        for packet in reader.demux():
            if packet.dts is not None and packet.pts * packet.time_base < 0.3:
                packet.stream = video if packet.stream.type == "video" else audio
                writer.mux(packet)
    (folder / "takes").mkdir()
    for name in ("one.mp4", "two.mp4"):
        (folder / "takes" / name).write_bytes((folder / "talk.mp4").read_bytes())
    with av.open(assets / "sample.mp4") as reader:
        frame = next(reader.decode(video=0)).to_ndarray(format="bgr24")
    cv2.imwrite(str(folder / "portrait.jpg"), frame)
    return folder


def run(arguments, folder):
    scripts = Path(sys.executable).parent
    environment = {**os.environ, "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}"}
    result = subprocess.run(arguments, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_the_pages_have_what_is_tested_here():
    assert len(COMMANDS) >= 8
    assert PROGRAMS
    assert "<!-- tested -->" in TEXTS["README.md"]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_does_what_it_says(command, folder):
    run(["sh", "-c", command], folder)
    for name in re.findall(r"(?:video|image) \S+ (\S+)|-out (\S+)", command):
        path = folder / "".join(name).replace("%06d", "000001")
        assert all(each.stat().st_size > 500 for each in (path.glob("[!.]*") if path.is_dir() else [path]))


@pytest.mark.parametrize("program", PROGRAMS)
def test_the_python_example_runs(program, folder):
    run([sys.executable, "-c", program], folder)
    with av.open(folder / "result.mp4") as container:
        assert container.streams.video[0].frames > 0


@pytest.mark.parametrize("page", TEXTS)
def test_its_links_lead_to_files(page):
    for target in re.findall(r"\]\((?!http)([^)#]+)[^)]*\)", TEXTS[page]):
        assert (ROOT / page).parent.joinpath(target).exists(), target


def test_every_public_name_is_on_the_page_about_python():
    shown = re.findall(r"^::: streammatte\.(\w+)$", TEXTS["docs/python.md"], flags=re.MULTILINE)
    assert sorted([*shown, "__version__"]) == sorted(streammatte.__all__)
