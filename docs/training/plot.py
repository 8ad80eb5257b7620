"""Plot the curves of a training log: `python docs/training/plot.py LOG.jsonl OUT.webp [log]`.

`log` makes the scale of pictures logarithmic. Needs matplotlib. The picture's format is that of the second file's name.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import matplotlib.pyplot as plt

PANELS = {
    "loss (stages differ in their terms)": {"": "loss"},
    "IoU, val/portraits": {"": "portraits_iou"},
    "MAD × 1000": {
        "rooms": "rooms",
        "dancer a": "dancer_a",
        "dancer b": "dancer_b",
        "hungry": "webcam_hungry",
        "bird": "webcam_bird",
    },
}
"""What is drawn: a panel's label, and in it a curve's label and its name in the log."""


def main(log: Path, out: Path, scale: str) -> None:
    """Draw loss and validation over the pictures seen; panels without points are left out."""
    records = [json.loads(line) for line in log.read_text().splitlines()]
    stages = list(dict.fromkeys(record["stage"] for record in records))
    names = {name for record in records for name in record}
    panels = {label: curves for label, curves in PANELS.items() if names & set(curves.values())}
    figure, rows = plt.subplots(
        len(panels), sharex=True, squeeze=False, figsize=(8, 3 * len(panels)), layout="constrained"
    )
    for axes, (label, curves) in zip(rows[:, 0], panels.items(), strict=True):
        for number, (curve, name) in enumerate(curves.items()):
            for stage in stages:  # a line each, of one colour
                points = [(r["images"] / 1e3, r[name]) for r in records if r["stage"] == stage and name in r]
                if points:  # a stage that was stopped early may have none
                    title = curve if stage == stages[0] else ""
                    style = "-" if name == "loss" else "o-"
                    axes.plot(*zip(*points, strict=True), style, color=f"C{number}", label=title or None)
        axes.set(xscale=scale, yscale="log" if label.startswith("MAD") else "linear", ylabel=label)
        axes.grid(which="both", alpha=0.3)
        if axes.get_legend_handles_labels()[1]:
            axes.legend()
    rows[-1, 0].set_xlabel("thousands of pictures")
    figure.savefig(out, dpi=90)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3] if len(sys.argv) > 3 else "linear")
