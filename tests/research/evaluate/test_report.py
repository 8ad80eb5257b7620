from __future__ import annotations

from streammatte.research.evaluate.report import Result, table


def test_scales_stand_in_the_header() -> None:
    results = [
        Result("portraits", 3, {"iou": 0.95123, "sad": 12345.6}),
        Result("rooms", 2, {"mean_alpha": 0.0015}),
    ]
    assert table(results) == (
        "| set | pictures | IoU | SAD / 1000 | mean alpha x 1000 |\n"
        "| --- | --- | --- | --- | --- |\n"
        "| portraits | 3 | 0.9512 | 12.35 |  |\n"
        "| rooms | 2 |  |  | 1.5 |"
    )
