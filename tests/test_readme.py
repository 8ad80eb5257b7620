"""The README's commands and its Python run as they stand."""

import os
import re
import subprocess
import sys
from pathlib import Path

import av
import cv2
import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"<!-- tested -->\n```(\w+)\n(.*?)```", README, flags=re.DOTALL)
LINES = [line for language, block in BLOCKS if language == "sh" for line in block.splitlines()]
COMMANDS = [line.partition("  #")[0].rstrip() for line in LINES]
PROGRAMS = [block for language, block in BLOCKS if language == "python"]


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


def test_the_readme_has_what_is_tested_here():
    assert len(COMMANDS) >= 8
    assert len(PROGRAMS) == 1


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_does_what_it_says(command, folder):
    run(["sh", "-c", command], folder)
    for name in re.findall(r"(?:video|image) \S+ (\S+)|-out (\S+)", command):
        assert (folder / "".join(name)).stat().st_size > 500


@pytest.mark.parametrize("program", PROGRAMS)
def test_the_python_example_runs(program, folder):
    run([sys.executable, "-c", program], folder)
    with av.open(folder / "result.mp4") as container:
        assert container.streams.video[0].frames > 0


def test_its_links_lead_to_files():
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", README):
        assert (ROOT / target).exists(), target
