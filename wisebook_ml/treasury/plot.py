"""A forecast as a picture for a finance director: the balance with its intervals, and what comes in and goes out."""

import datetime as dt
from pathlib import Path

from wisebook_ml.controls.texts import number_fr
from wisebook_ml.treasury.calendar import fiscal_days
from wisebook_ml.treasury.forecast import Forecast
from wisebook_ml.treasury.liquidity import liquidity
from wisebook_ml.treasury.series import DailySeries

__all__ = ["draw_forecast"]

SHOWN = 90
"""Days before the forecast that are drawn."""

BLUE, GREEN, RED, GREY = "#1f5fa8", "#2f7d4f", "#b3261e", "#6b7078"


def draw_forecast(series: DailySeries, forecast: Forecast, path: Path, *, plancher: float = 0.0) -> None:
    """Draw a forecast into a file (PNG, SVG, PDF by its ending).

    Parameters
    ----------
    series : DailySeries
        What is known; the last 90 days are drawn.
    forecast : Forecast
        What is expected.
    path : Path
        Where to.
    plancher : float
        The floor that is drawn and warned of.

    Raises
    ------
    ModuleNotFoundError
        Where matplotlib is not installed; it comes with the extra `train`.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    known = series.until(forecast.origin)
    known = known.since(known.last - dt.timedelta(days=SHOWN - 1))
    past = [known.first + dt.timedelta(days=at) for at in range(len(known))]
    days = forecast.dates
    with mpl.rc_context({"font.size": 9, "axes.spines.top": False, "axes.spines.right": False}):
        figure = Figure(figsize=(10, 6.5), layout="constrained")
        balance, flows = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
        for coverage, alpha in ((0.95, 0.15), (0.8, 0.3)):
            low, high = forecast.solde.bounds[coverage]
            balance.fill_between(days, low, high, color=BLUE, alpha=alpha, lw=0, label=f"{100 * coverage:.0f} %")
        balance.plot(past, known.solde / 100, color="black", lw=1.4, label="solde constaté")
        balance.plot(days, forecast.solde.mean, color=BLUE, lw=1.6, label="solde prévu")
        balance.axhline(plancher, color=RED, lw=1, ls="--", label=f"plancher {number_fr(plancher, 0)}")
        dry = liquidity(forecast, plancher)
        when = dry.date()
        title = f"Société {forecast.societe_id} : trésorerie à {len(forecast)} jours ({forecast.devise})"
        balance.set_title(title, loc="left", fontweight="bold")
        note = f"probabilité de passer sous le plancher : {dry.probabilite:.0%}".replace("%", " %")
        if when is not None:
            note += f", vers le {when:%d/%m/%Y}"
            balance.axvline(when, color=RED, lw=0.8)
        balance.set_title(note, loc="right", color=RED if when else GREY, fontsize=9)
        balance.legend(frameon=False, ncols=5, fontsize=8, loc="best")
        flows.bar(past, known.entrees / 100, color=GREEN, width=0.9)
        flows.bar(past, -known.sorties / 100, color=RED, width=0.9)
        flows.bar(days, forecast.entrees.mean, color=GREEN, alpha=0.5, width=0.9, label="encaissements")
        flows.bar(days, -forecast.sorties.mean, color=RED, alpha=0.5, width=0.9, label="décaissements")
        for due in fiscal_days(days[0], days[-1]):
            flows.axvline(due.date, color=GREY, lw=0.5, ls=":")
            flows.text(
                due.date,
                1.0,
                due.code,
                rotation=90,
                fontsize=6,
                color=GREY,
                va="top",
                transform=flows.get_xaxis_transform(),
            )
        flows.axvline(forecast.origin, color=GREY, lw=0.8)
        flows.legend(frameon=False, ncols=2, fontsize=8, loc="lower left")
        for panel in (balance, flows):
            panel.yaxis.set_major_formatter(lambda value, _: number_fr(value, 0))
        figure.savefig(path, dpi=130)
