"""What a replay would change, as a picture: scores before and after, and the reasons that come and go."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from wisebook_ml.replay.comparison import BARS, Comparison
from wisebook_ml.replay.report import rows_of_controls

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw_comparison"]

BEFORE, NEW, GONE, GREY = "#9aa1a9", "#c46a00", "#2f6f9f", "#6b7078"

SHOWN = 15
"""Reasons that are drawn, those that change most first."""


def draw_comparison(figures: Comparison, path: Path, title: str) -> None:
    """Draw a comparison into a file (PNG, SVG, PDF by its ending).

    Parameters
    ----------
    figures : Comparison
        Of `wisebook_ml.replay.comparison.together`.
    path : Path
        Where to.
    title : str
        What was replayed.

    Raises
    ------
    ModuleNotFoundError
        Where matplotlib is not installed; it comes with the extra `train`.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context({"font.size": 9, "axes.spines.top": False, "axes.spines.right": False}):
        figure = Figure(figsize=(12.0, 8.4), layout="constrained")
        figure.suptitle(title, fontweight="bold", x=0.01, ha="left")
        panels = figure.subplots(2, 2).ravel()
        _draw_totals(panels[0], figures)
        _draw_scores(panels[1], figures)
        _draw_distribution(panels[2], figures)
        _draw_controls(panels[3], figures)
        figure.savefig(path, dpi=130)


def _draw_totals(panel: "Axes", figures: Comparison) -> None:
    names = ("same", "relabelled", "changed", "new", "gone", "superseded")
    counts = [getattr(figures, name) for name in names]
    panel.set_title("Open detections", loc="left")
    bars = panel.barh(names[::-1], counts[::-1], color=[GREY, GONE, NEW, NEW, BEFORE, BEFORE])
    panel.bar_label(bars, [f"{count:,}" for count in counts[::-1]], padding=3)
    panel.set_xlim(0, max(1, *counts) * 1.15)


def _draw_scores(panel: "Axes", figures: Comparison) -> None:
    """Draw how many detections went from which score to which; those of no detection lie in the margins."""
    table = _table(figures)
    middle = table[1:, 1:]
    panel.set_title("Score of what is found by both", loc="left")
    panel.set_xlabel("published")
    panel.set_ylabel("replayed")
    before, after = np.nonzero(middle)
    counts = middle[before, after]
    step = 100 / BARS
    panel.plot([0, 100], [0, 100], color=GREY, lw=0.8)
    sizes = 12 + 180 * np.sqrt(counts / max(1, counts.max(initial=0)))
    panel.scatter((before + 0.5) * step, (after + 0.5) * step, s=sizes, color=NEW, alpha=0.6, lw=0)
    panel.set_xlim(0, 100)
    panel.set_ylim(0, 100)


def _draw_distribution(panel: "Axes", figures: Comparison) -> None:
    table, edges = _table(figures), np.linspace(0, 100, BARS + 1)
    panel.set_title("Scores", loc="left")
    panel.stairs(table[1:, :].sum(axis=1), edges, fill=True, color=BEFORE, alpha=0.55, label="published")
    panel.stairs(table[:, 1:].sum(axis=0), edges, color=NEW, lw=1.8, label="replayed")
    panel.set_xlabel("score")
    panel.legend(frameon=False)


def _draw_controls(panel: "Axes", figures: Comparison) -> None:
    rows = [row for row in rows_of_controls(figures) if row[3] or row[4]][:SHOWN][::-1]
    panel.set_title("Reasons that come and go", loc="left")
    places = np.arange(len(rows))
    panel.barh(places, [row[3] for row in rows], color=NEW, label="new")
    panel.barh(places, [-row[4] for row in rows], color=GONE, label="gone")
    panel.set_yticks(places, [row[0] for row in rows])
    panel.axvline(0, color=GREY, lw=0.8)
    panel.xaxis.set_major_formatter(lambda value, _: f"{abs(value):,.0f}")
    if rows:
        panel.legend(frameon=False)


def _table(figures: Comparison) -> "np.ndarray[tuple[int, int], np.dtype[np.int64]]":
    """Return detections by their bars before and after; bar 0 is no detection."""
    table = np.zeros((BARS + 1, BARS + 1), np.int64)
    for bars, count in figures.scores.items():
        before, after = bars.split("/")
        table[int(before), int(after)] = count
    return table
