"""Figures as Markdown tables. Metrics carry no scale factors: theirs stand in the headers here, and only here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Result", "table"]

_COLUMNS = {
    "iou": ("IoU", 1.0),
    "iou_p5": ("IoU, 5th percentile", 1.0),
    "boundary_f": ("boundary F", 1.0),
    "sad": ("SAD / 1000", 1e-3),
    "mse": ("MSE x 1000", 1e3),
    "mad": ("MAD x 1000", 1e3),
    "soft_mad": ("soft-band MAD x 1000", 1e3),
    "grad": ("Grad / 1000", 1e-3),
    "conn": ("Conn / 1000", 1e-3),
    "dtssd": ("dtSSD x 100", 1e2),
    "flicker": ("flicker x 1000", 1e3),
    "still_flicker": ("flicker where the truth stands still x 1000", 1e3),
    "mean_alpha": ("mean alpha x 1000", 1e3),
    "highest": ("highest mean alpha x 1000", 1e3),
    "cpu_s": ("CPU s per picture", 1.0),
}
"""Figure to header and the factor that the header names, in the order of the columns."""


@dataclass(frozen=True)
class Result:
    """The figures of one set of pictures, or of one method on it.

    Attributes
    ----------
    name : str
    pictures : int
    figures : dict
        Metric name to value, without scale factors.
    """

    name: str
    pictures: int
    figures: dict[str, float]


def table(results: Sequence[Result], rows: str = "set") -> str:
    """Lay the figures out as a Markdown table, one row for each result; `rows` says what a row is."""
    names = [name for name in _COLUMNS if any(name in result.figures for result in results)]
    lines = [[rows, "pictures", *(_COLUMNS[name][0] for name in names)], ["---"] * (2 + len(names))]
    for result in results:
        cells = [f"{result.figures[n] * _COLUMNS[n][1]:.4g}" if n in result.figures else "" for n in names]
        lines.append([result.name, str(result.pictures), *cells])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
