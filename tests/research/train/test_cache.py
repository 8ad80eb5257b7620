from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from streammatte.research.train import cache
from streammatte.research.train.cache import decoded_pack


def test_what_is_read_again_is_what_was_decoded(packs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = decoded_pack(packs / "portraits.tar", tmp_path, 64)

    def refuse(*_: object) -> None:
        raise AssertionError("decoded twice")

    monkeypatch.setattr(cache, "_decode", refuse)
    again = decoded_pack(packs / "portraits.tar", tmp_path, 64)
    assert [picture.name for picture in first] == [picture.name for picture in again] == ["a_one", "a_two"]
    for one, other in zip(first, again, strict=True):
        assert one.photo.shape == (64, 48, 3)
        assert one.alpha is not None
        assert one.alpha.shape == (64, 48)
        assert one.alpha[40, 24] == 255  # inside the disc
        assert one.alpha[5, 24] == 0
        for plane in ("photo", "alpha", "foreground"):
            np.testing.assert_array_equal(getattr(one, plane), getattr(other, plane))
    assert not first[0].photo.flags.writeable  # other processes see the same memory


def test_another_size_or_content_is_another_file(packs: Path, tmp_path: Path) -> None:
    pack = tmp_path / "rooms.tar"
    pack.write_bytes((packs / "rooms.tar").read_bytes())
    sizes = [decoded_pack(pack, tmp_path, side)[0].photo.shape for side in (64, 48)]
    assert sizes == [(43, 64, 3), (32, 48, 3)]
    pack.write_bytes((packs / "scenes.tar").read_bytes())
    assert decoded_pack(pack, tmp_path, 64)[-1].name == "scenes_1"
    assert len(list(tmp_path.glob("*.pictures"))) == 3


def test_a_pack_without_mattes_has_photos_alone(packs: Path, tmp_path: Path) -> None:
    pictures = decoded_pack(packs / "rooms.tar", tmp_path, 64)
    assert [(picture.alpha, picture.foreground) for picture in pictures] == [(None, None)] * 3


def test_a_broken_decoding_leaves_no_file(packs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(cache, "_levels", lambda alpha: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            decoded_pack(packs / "portraits.tar", tmp_path, 64)
    assert len(decoded_pack(packs / "portraits.tar", tmp_path, 64)) == 2
