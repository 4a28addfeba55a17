"""Pictures of the evaluation: a forecast with its intervals beside what came, and the errors of all."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np

from bench.evaluate.treasury.report import pooled
from bench.evaluate.treasury.rolling import CHOSEN, WINDOWS, Errors, Rolled
from wisebook_ml.treasury.forecasting.conformal import COVERAGES

mpl.use("Agg")
from matplotlib import pyplot as plt

__all__ = ["draw_errors", "draw_fan"]

STYLE: Any = {"svg.hashsalt": "wisebook", "svg.fonttype": "none", "font.size": 9, "axes.spines.top": False}
BLUE, GREY, RED = "#1f5fa8", "#8a8f98", "#b3261e"


def draw_fan(rolled: Rolled, path: Path) -> None:
    """Draw the last forecast whose horizon is known: flows and balance, intervals and what came."""
    forecast = rolled.forecasts[-1]
    at = int(rolled.origins[-1])
    days = forecast.dates
    worked = np.flatnonzero(forecast.active)
    actual = [flow.values[at : at + len(worked)] for flow in rolled.flows]
    worked = worked[: len(actual[0])]
    balance = forecast.solde_initial + np.cumsum(actual[0] - actual[1])
    with mpl.rc_context(STYLE):
        figure, panels = plt.subplots(3, 1, figsize=(9, 8), sharex=True, layout="constrained")
        rows = (("Receipts", forecast.entrees, actual[0]), ("Payments", forecast.sorties, actual[1]))
        for panel, (title, expected, came) in zip(panels, (*rows, ("Balance", forecast.solde, balance)), strict=True):
            shown = [days[one] for one in worked]
            for coverage, alpha in zip(reversed(COVERAGES), (0.15, 0.3), strict=True):
                low, high = (side[worked] for side in expected.bounds[coverage])
                panel.fill_between(shown, low, high, color=BLUE, alpha=alpha, lw=0, label=f"{coverage:.0%}")
            panel.plot(shown, expected.typical[worked], color=BLUE, lw=1.5, label="forecast")
            panel.plot(shown, came, color=RED, lw=1, marker=".", ms=3, label="what came")
            panel.set_title(title, loc="left")
            panel.yaxis.set_major_formatter("{x:,.0f}")
        panels[0].legend(frameon=False, ncols=4, fontsize=8)
        figure.savefig(path, metadata={"Date": None})
        plt.close(figure)


def draw_errors(errors: Mapping[tuple[str, str, str], Errors], path: Path) -> None:
    """Draw the WAPE of each by window."""
    names = list(dict.fromkeys(name for name, _, _ in errors))
    names.sort(key=lambda name: pooled(errors, name, "63b").wape)
    with mpl.rc_context(STYLE):
        figure, panels = plt.subplots(1, len(WINDOWS), figsize=(10, 3.2), sharey=True, layout="constrained")
        for panel, window in zip(panels, WINDOWS, strict=True):
            values = [pooled(errors, name, window).wape for name in names]
            panel.barh(names[::-1], values[::-1], color=[BLUE if name == CHOSEN else GREY for name in names[::-1]])
            for place, value in enumerate(values[::-1]):
                panel.text(value, place, f" {value:.2f}", va="center", fontsize=8)
            panel.set_title(f"WAPE, {window}", loc="left")
            panel.set_xlim(0, max(values) * 1.2)
        figure.savefig(path, metadata={"Date": None})
        plt.close(figure)
