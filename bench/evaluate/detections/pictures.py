"""Pictures: the recall of every kind with its interval, and precision against recall beside the peers."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl

mpl.use("svg")
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

from bench.evaluate.detections.books import HIGH
from bench.evaluate.detections.figures import curve_of, share_of
from bench.evaluate.detections.kinds import GROUPS
from bench.evaluate.detections.measure import OURS, MeasuredBook
from bench.evaluate.detections.peers import PEERS
from bench.evaluate.detections.report import RECALL
from schemas import CodeMotif

__all__ = ["CURVES", "KINDS", "draw"]

KINDS, CURVES = "evaluation-kinds.svg", "evaluation-curves.svg"

GREEN, GREY, RED = "#0b6e4f", "#8d99a6", "#c0392b"
COLOURS = dict(zip(PEERS, ("#b0b7bf", "#4f6d9a", "#7a5c99", "#c58b2a", "#2a9d8f", "#d3d8dd"), strict=True))


def draw(folder: Path, generated: Sequence[MeasuredBook], real: Sequence[MeasuredBook], seed: int) -> None:
    """Write both pictures; without real ledgers, of the generated ones alone."""
    mpl.rcParams.update(
        {"svg.hashsalt": "evaluation", "font.size": 9, "axes.spines.top": False, "axes.spines.right": False}
    )
    folder.mkdir(parents=True, exist_ok=True)
    panels = [("Generated ledgers", generated), *([("Real ledgers, planted into", real)] if real else [])]
    figure, axes = plt.subplots(1, len(panels), figsize=(6 * len(panels), 7.5), layout="constrained", squeeze=False)
    for panel, (title, books) in zip(axes.flat, panels, strict=True):
        draw_kinds(panel, title, books, seed)
    figure.savefig(folder / KINDS, metadata={"Date": None})
    plt.close(figure)
    figure, axes = plt.subplots(1, len(panels), figsize=(6 * len(panels), 5), layout="constrained", squeeze=False)
    for panel, (title, books) in zip(axes.flat, panels, strict=True):
        draw_curves(panel, title, [book for book in books if book.rate == HIGH])
    figure.savefig(folder / CURVES, metadata={"Date": None})
    plt.close(figure)


def draw_kinds(panel: Axes, title: str, books: Sequence[MeasuredBook], seed: int) -> None:
    """Draw the recall of each kind with its 95 % interval, and the targets of the groups."""
    labels: list[str] = []
    for group, codes in GROUPS.items():
        for code in (code for code in CodeMotif if code in codes):
            cases = [case for book in books for case in book.cases if case.code is code and not case.jumeau]
            figure = share_of(cases, lambda case: case.found, seed)
            if figure.value is None or figure.low is None or figure.high is None:
                continue
            row, target = len(labels), RECALL[group]
            colour = GREEN if figure.value >= target else RED
            panel.plot([figure.low, figure.high], [row, row], color=colour, linewidth=2, alpha=0.4)
            panel.plot([figure.value], [row], "o", color=colour, markersize=5)
            panel.plot([target, target], [row - 0.4, row + 0.4], color=GREY, linewidth=1)
            labels.append(f"{code.value.lower().replace('_', ' ')} ({figure.n})")
    panel.set_yticks(range(len(labels)), labels, fontsize=8)
    panel.invert_yaxis()
    panel.set_xlim(-0.02, 1.02)
    panel.set_xlabel("recall, with its 95 % interval; grey: the target")
    panel.set_title(title, loc="left", fontweight="bold")


def draw_curves(panel: Axes, title: str, books: Sequence[MeasuredBook]) -> None:
    """Draw precision against recall of ours and of the peers that scored these books."""
    methods = [method for method in (OURS, *PEERS) if books and all(method in book.innocent for book in books)]
    for method in methods:
        recall, precision = curve_of(books, method)
        ours = method == OURS
        panel.plot(
            recall,
            precision,
            color=GREEN if ours else COLOURS[method],
            linewidth=2.2 if ours else 1.2,
            label=method,
            zorder=3 if ours else 2,
            drawstyle="steps-post",
        )
    panel.set_xlim(0, 1)
    panel.set_ylim(0, 1.02)
    panel.set_xlabel(f"recall over all kinds, {HIGH:.0%} planted")
    panel.set_ylabel("precision")
    panel.set_title(title, loc="left", fontweight="bold")
    panel.legend(frameon=False, fontsize=8)
