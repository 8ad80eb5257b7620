"""Plot the curves of a training log: `python docs/training/plot.py docs/training/first.jsonl docs/training/first.webp`.

Needs matplotlib. The picture's format is that of the second file's name.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import matplotlib.pyplot as plt


def main(log: Path, out: Path) -> None:
    """Draw loss and validation IoU over the pictures seen."""
    records = [json.loads(line) for line in log.read_text().splitlines()]
    figure, (top, bottom) = plt.subplots(2, sharex=True, figsize=(8, 6), layout="constrained")
    for stage in dict.fromkeys(record["stage"] for record in records):
        losses = [(r["images"] / 1e3, r["loss"]) for r in records if r["stage"] == stage and "loss" in r]
        scores = [
            (r["images"] / 1e3, r["portraits_iou"]) for r in records if r["stage"] == stage and "portraits_iou" in r
        ]
        for axes, points, style in ((top, losses, "-"), (bottom, scores, "o-")):
            if points:  # a stage that was stopped early may have none
                axes.plot(*zip(*points, strict=True), style, label=stage)
    top.set_ylabel("loss (stages differ in their terms)")
    bottom.set_ylabel("IoU, val/portraits")
    bottom.set_xlabel("thousands of pictures")
    top.legend()
    for axes in (top, bottom):
        axes.grid(alpha=0.3)
    figure.savefig(out, dpi=90)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
