from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from streammatte.errors import MediaError
from streammatte.research.evaluate.strips import write_strips
from streammatte.research.evaluate.validation import evaluate


def test_every_set_is_scored(pack: Path, bright) -> None:
    results = {result.name: result for result in evaluate(pack, bright)}
    counts = {name: result.pictures for name, result in results.items()}
    assert counts == {"portraits": 3, "dancer": 28, "talk": 2, "rooms": 2}
    portraits = results["portraits"].figures
    assert portraits["iou"] == pytest.approx((1 + 1 + 0.5) / 3)
    assert portraits["iou_p5"] == pytest.approx(0.5 + 0.1 * 0.5)  # a tenth of the way from the worst to the next
    assert portraits["mad"] == pytest.approx(16 / 64 / 3)
    assert portraits["sad"] == pytest.approx(16 * 48 / 3)
    for name in ("dancer", "talk"):
        figures = results[name].figures
        assert (figures["iou"], figures["mad"], figures["dtssd"]) == (1, 0, 0)
    assert results["dancer"].figures["boundary_f"] == 1
    assert results["rooms"].figures == {"mean_alpha": pytest.approx(1 / 8), "highest": pytest.approx(1 / 4)}


def test_a_limit_spaces_the_stills_evenly(pack: Path, bright) -> None:
    (portraits,) = evaluate(pack, bright, limit=2, sets=("portraits",))
    assert (portraits.pictures, portraits.figures["iou"]) == (2, pytest.approx(0.75))  # the first and the last


def test_videos_can_be_smoothed_and_brought_to_the_frame_along_its_edges(pack: Path, bright) -> None:
    turns = iter(range(10_000))

    def unsure(rgb):
        return np.clip(bright(rgb)[::4, ::4] - 0.2 * (next(turns) % 2), 0, 1).astype(np.float32)

    plain, smooth, refined = (
        evaluate(pack, unsure, sets=("dancer",), **options)[0].figures
        for options in ({}, {"smoothing": "motion"}, {"at": "frame"})
    )
    assert smooth["still_flicker"] < 0.6 * plain["still_flicker"]
    assert refined["boundary_f"] >= plain["boundary_f"]
    assert refined["mad"] != plain["mad"]


def test_what_is_missing_is_named(pack: Path, tmp_path: Path, bright) -> None:
    with pytest.raises(MediaError, match="expected a folder 'val' with portraits, dancer, clips, rooms"):
        evaluate(tmp_path / "elsewhere", bright)
    (pack / "val" / "portraits" / "alpha" / "b.png").unlink()
    with pytest.raises(MediaError, match=r"b\.png is not there"):
        evaluate(pack, bright)
    (pack / "clips" / "talk.mkv").unlink()
    with pytest.raises(MediaError, match="0 videos called talk"):
        evaluate(pack, bright, sets=("clips",))


def test_a_video_shorter_than_its_mattes_is_refused(pack: Path, bright) -> None:
    talk = pack / "val" / "clips" / "talk"
    for i in (2, 3):
        (talk / f"{i:05d}.png").write_bytes((talk / "00000.png").read_bytes())
    with pytest.raises(MediaError, match="ends before its last matte"):
        evaluate(pack, bright, sets=("clips",))


def test_strips_show_best_worst_and_videos(pack: Path, bright, tmp_path: Path) -> None:
    out = tmp_path / "strips"
    count = write_strips(pack, bright, out, each=1)
    names = sorted(path.name for path in out.iterdir())
    assert len(names) == count
    assert [name for name in names if name.startswith("portraits")] == [
        "portraits_0.500_c.png",  # the worst
        "portraits_1.000_b.png",  # the best
    ]
    assert {"rooms_0.000_dark.png", "rooms_0.250_lamp.png", "clips_1.000_talk_00001.png"} < set(names)
    assert sum(name.startswith("dancer_1.000_a_") for name in names) == 6

    shown = cv2.cvtColor(cv2.imread(str(out / "portraits_0.500_c.png")), cv2.COLOR_BGR2RGB)
    assert shown.shape == (320, round(4 * 64 * 320 / 48), 3)
    grey, dark, white, black, magenta = [220] * 3, [30] * 3, [255] * 3, [0] * 3, [255, 0, 255]
    panels = ((grey, grey, dark), (black, white, black), (white, white, black), (grey, grey, magenta))
    for number, colours in enumerate(panels):  # input, reference, alpha, composite
        for x, colour in zip((15, 30, 60), colours, strict=True):
            assert shown[160, int((64 * number + x) * 320 / 48)].tolist() == colour
