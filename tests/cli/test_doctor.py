from __future__ import annotations

import json

import pytest

from streammatte import __version__
from streammatte.doctor import Finding

FINE = Finding("packages", "av", "ok", "18.1.0 (>=17)")
EXTRA = Finding("packages", "extra openvino", "ok", "is not installed", "pip install openvino")
SLOW = Finding("cameras", "/dev/video0", "warning", "A webcam\nYUYV: 640x480 [30 fps]", "kill 41")
NONE = Finding("virtual cameras", "virtual camera", "problem", "there is none", "sudo modprobe " + "v4l2loopback " * 12)


@pytest.fixture
def found(monkeypatch):
    """Let an examination find this; the options of each are noted."""
    calls = []

    def put(*findings):
        monkeypatch.setattr("streammatte.doctor.examine", lambda **options: calls.append(options) or list(findings))
        return calls

    return put


@pytest.mark.parametrize(
    ("findings", "code", "end"),
    [
        ([FINE], 0, "all is in order"),
        ([FINE, SLOW], 0, "1 warning"),
        ([FINE, NONE, SLOW, SLOW], 1, "1 problem and 2 warnings"),
        ([NONE, NONE], 1, "2 problems"),
    ],
)
@pytest.mark.parametrize("options", [[], ["--json"]])
def test_the_exit_code_tells_of_problems_alone(findings, code, end, options, streammatte, found):
    found(*findings)
    result = streammatte("doctor", *options)
    assert (result.exit_code, result.stderr) == (code, "")
    assert options or result.stdout.splitlines()[-1] == end


def test_findings_stand_in_their_sections_with_the_remedy_beneath(streammatte, found):
    found(FINE, EXTRA, SLOW, NONE)
    lines = [line.rstrip() for line in streammatte("doctor").stdout.splitlines()]
    assert [line for line in lines if line in ("packages", "cameras", "virtual cameras")] == [
        "packages",
        "cameras",
        "virtual cameras",
    ]
    assert "YUYV: 640x480 [30 fps]" in "\n".join(lines)  # not taken for markup
    problem = next(index for index, line in enumerate(lines) if line.startswith("problem"))
    assert lines[problem + 1] == f"  mend: {NONE.remedy}".rstrip()  # in one line, however long
    assert "  add: pip install openvino" in lines


def test_json_is_one_document_with_everything(streammatte, found):
    found(FINE, NONE)
    document = json.loads(streammatte("doctor", "--json").stdout)
    assert document.keys() == {"version", "system", "findings"}
    assert document["version"] == __version__
    assert [Finding(**each) for each in document["findings"]] == [FINE, NONE]


def test_the_self_test_can_be_left_out(streammatte, found):
    calls = found(FINE)
    streammatte("doctor")
    streammatte("doctor", "--no-self-test")
    assert calls == [{"test": True}, {"test": False}]
