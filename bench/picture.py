"""``python -m bench.picture FILE < lines``: draw the lines of a run. Runs in the environment of the bench."""

import json
import sys
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("svg")
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

Line = dict[str, Any]

COLOURS = {"ours": "#0b6e4f", "bytewax": "#b0b7bf", "quix": "#8d99a6", "faust": "#6c7a89"}
NAMES = {"ours": "wisebook-ml", "bytewax": "Bytewax", "quix": "Quix Streams", "faust": "plain Faust"}
MET, MISSED = "#0b6e4f", "#c0392b"

PANELS = (
    ("decode.entries.", "Decode journal entries", "events/s", None),
    ("decode.small.", "Decode small events", "events/s", None),
    ("transport.cpu.", "Transport alone", "µs of CPU an event (less is better)", None),
    ("core.", "The same core under every engine", "entry lines/s", None),
    ("whole.", "Whole scoring, live", "entry lines/s", "whole.ours"),
)


def main() -> None:
    """Read lines and write the picture."""
    target = Path(sys.argv[1])
    lines = [json.loads(text) for text in sys.stdin if text.strip()]
    mpl.rcParams.update({"svg.hashsalt": "bench", "font.size": 9, "axes.spines.top": False, "axes.spines.right": False})
    figure, axes = plt.subplots(2, 3, figsize=(13, 6.5), layout="constrained")
    for panel, (prefix, title, unit, with_target) in zip(axes.flat, PANELS, strict=False):
        draw_bars(panel, lines, prefix, title, unit, with_target)
    draw_targets(axes.flat[-1], lines)
    quick = any(line.get("quick") for line in lines)
    cores = next((line["cores"] for line in lines if "cores" in line), "?")
    figure.suptitle(
        f"One worker process each, one broker, {cores} cores{'; a quick run, rough figures' if quick else ''}",
        fontsize=10,
        color="#555555",
    )
    figure.savefig(target, metadata={"Date": None} if target.suffix == ".svg" else None)


def draw_bars(panel: Axes, lines: list[Line], prefix: str, title: str, unit: str, with_target: str | None) -> None:
    """Draw one comparison of all engines."""
    found = {line["name"].removeprefix(prefix): line for line in lines if line["name"].startswith(prefix)}
    engines = [name for name in NAMES if name in found]
    values = [found[name]["value"] or 0.0 for name in engines]
    bars = panel.barh([NAMES[name] for name in engines], values, color=[COLOURS[name] for name in engines])
    labels = [_short(found[name]["value"]) for name in engines]
    panel.bar_label(bars, labels, padding=3)
    panel.invert_yaxis()
    panel.margins(x=0.18)
    panel.set_title(title, loc="left", fontweight="bold")
    panel.set_xlabel(unit)
    panel.xaxis.set_major_locator(MaxNLocator(4))
    panel.xaxis.set_major_formatter(lambda value, _position: _short(value))
    if with_target and with_target in {line["name"] for line in lines}:
        goal = next(line["target"] for line in lines if line["name"] == with_target)
        panel.axvline(goal, color=MISSED, linestyle="--", linewidth=1)
        panel.annotate("target", (goal, -0.45), color=MISSED, ha="right", fontsize=8)


def draw_targets(panel: Axes, lines: list[Line]) -> None:
    """List every line with a target: its value beside it, and whether it is met."""
    panel.axis("off")
    panel.set_title("Targets", loc="left", fontweight="bold")
    judged = [line for line in lines if line["target"] is not None and line["name"] != "bench.seconds"]
    for row, line in enumerate(judged):
        against = f" / {NAMES[line['compared_with']]}" if line["compared_with"] in NAMES else ""
        sign = "≥" if line["target_is"] == "at least" else "≤"
        y = 1.0 - (row + 1) / (len(judged) + 1)
        colour = MET if line["met"] else MISSED
        panel.text(0.0, y, line["name"] + against, transform=panel.transAxes, fontsize=8)
        panel.text(0.74, y, _short(line["value"]), transform=panel.transAxes, fontsize=8, color=colour, ha="right")
        panel.text(
            0.76, y, f"{sign} {_short(line['target'])} {line['unit']}"[:26], transform=panel.transAxes, fontsize=8
        )


def _short(value: float | None) -> str:
    """Return a number as it fits beside a bar."""
    if value is None:
        return "failed"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


if __name__ == "__main__":
    main()
