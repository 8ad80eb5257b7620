"""Files that are written whole or not at all."""

from __future__ import annotations

import os
import stat

import pytest

from streammatte.errors import MediaError
from streammatte.io.files import PartialFile, write_whole


@pytest.mark.parametrize("end", ["commit", "discard"])
def test_once_it_has_ended_the_temporary_name_may_be_anothers(tmp_path, end):
    ended = PartialFile(tmp_path / "out.bin")
    getattr(ended, end)()
    other = PartialFile(tmp_path / "out.bin")
    assert other.temporary == ended.temporary
    other.temporary.write_text("another's")
    ended.discard()
    ended.commit()
    assert other.temporary.read_text() == "another's"
    other.commit()
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("out.bin", "another's")]


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "a" / "b" / "kept.json"
    write_whole(path, b"one")
    path.chmod(0o600)
    write_whole(path, b"two")
    assert path.read_bytes() == b"two"
    if os.name == "posix":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600

    def full(made, data):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.write_bytes", full)
    with pytest.raises(MediaError, match=r"kept.json cannot be written \(No space left on device\); make room"):
        write_whole(path, b"three")
    assert [each.name for each in path.parent.iterdir()] == ["kept.json"]
    assert path.read_bytes() == b"two"
