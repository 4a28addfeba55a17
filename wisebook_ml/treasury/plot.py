"""A forecast as a picture for a finance director: the balance with its intervals, and what comes in and goes out."""

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from wisebook_ml.controls.texts import date_en, date_fr, number_en, number_fr
from wisebook_ml.treasury.calendar import fiscal_days
from wisebook_ml.treasury.forecast import Forecast
from wisebook_ml.treasury.liquidity import liquidity
from wisebook_ml.treasury.series import DailySeries

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw_forecast"]

SHOWN = 90
"""Days before the forecast that are drawn."""

BLUE, GREEN, RED, GREY, ORANGE = "#1f5fa8", "#2f7d4f", "#b3261e", "#6b7078", "#c46a00"

ROOM = 1.22
"""Height of a panel in units of what it shows: the rest is for the legend, so that it hides nothing."""

TEXTS = {
    "fr": {
        "title": "Société {} : trésorerie à {} jours ({})",
        "known": "solde constaté",
        "expected": "solde prévu",
        "changed": "solde avec le scénario",
        "floor": "plancher {}",
        "came": "encaissements",
        "went": "décaissements",
        "risk": "probabilité de passer sous le plancher : {} %",
        "when": ", vers le {}",
    },
    "en": {
        "title": "Company {}: cash over {} days ({})",
        "known": "balance",
        "expected": "expected balance",
        "changed": "balance under the scenario",
        "floor": "floor {}",
        "came": "inflows",
        "went": "outflows",
        "risk": "probability of falling under the floor: {} %",
        "when": ", around {}",
    },
}


def draw_forecast(
    series: DailySeries,
    forecast: Forecast,
    path: Path,
    *,
    plancher: float = 0.0,
    changed: Forecast | None = None,
    lang: str = "fr",
    fiscal: bool = True,
) -> None:
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
    changed : Forecast, optional
        The same under a scenario: its intervals and its risk are drawn then, beside the balance that was expected.
    lang : str
        ``"fr"`` or ``"en"``.
    fiscal : bool
        Whether to mark the days on which taxes and contributions are due in France.

    Raises
    ------
    ModuleNotFoundError
        Where matplotlib is not installed; it comes with the extra `train`.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    said, number = TEXTS[lang], number_fr if lang == "fr" else number_en
    known = series.until(forecast.origin)
    known = known.since(known.last - dt.timedelta(days=SHOWN - 1))
    with mpl.rc_context({"font.size": 9, "axes.spines.top": False, "axes.spines.right": False}):
        figure = Figure(figsize=(10, 6.5), layout="constrained")
        balance, flows = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
        _draw_balance(balance, known, forecast, changed, plancher, lang)
        title = said["title"].format(forecast.societe_id, len(forecast), forecast.devise)
        balance.set_title(title, loc="left", fontweight="bold")
        _draw_flows(flows, known, forecast if changed is None else changed, lang, fiscal=fiscal)
        for panel in (balance, flows):
            panel.yaxis.set_major_formatter(lambda value, _: number(value, 0))
        figure.savefig(path, dpi=130)


def _draw_balance(
    panel: "Axes", known: DailySeries, forecast: Forecast, changed: Forecast | None, plancher: float, lang: str
) -> None:
    """Draw what was there, what is expected with its intervals, the floor and the risk of passing it."""
    said, number = TEXTS[lang], number_fr if lang == "fr" else number_en
    shown = forecast if changed is None else changed
    days, color = _days(shown.dates), BLUE if changed is None else ORANGE
    for coverage, alpha in ((0.95, 0.15), (0.8, 0.3)):
        low, high = shown.solde.bounds[coverage]
        panel.fill_between(days, low, high, color=color, alpha=alpha, lw=0, label=f"{100 * coverage:.0f} %")
    panel.plot(_days(_dates(known)), known.solde / 100, color="black", lw=1.4, label=said["known"])
    lines = [(forecast, BLUE, "expected")] + ([] if changed is None else [(changed, ORANGE, "changed")])
    for one, line_color, name in lines:
        path = [one.solde_initial, *one.solde.mean]
        panel.plot(_days([one.origin, *one.dates]), path, color=line_color, lw=1.6, label=said[name])
    panel.axhline(plancher, color=RED, lw=1, ls="--", label=said["floor"].format(number(plancher, 0)))
    dry = liquidity(shown, plancher)
    when = dry.date()
    note = said["risk"].format(round(100 * dry.probabilite))
    if when is not None:
        note += said["when"].format(date_fr(when) if lang == "fr" else date_en(when))
        panel.axvline(_at(when), color=RED, lw=0.8)
    panel.set_title(note, loc="right", color=RED if when else GREY, fontsize=9)
    bottom, top = panel.get_ylim()
    panel.set_ylim(bottom, bottom + (top - bottom) * ROOM)
    panel.legend(frameon=False, ncols=6, fontsize=8, loc="upper left")


def _draw_flows(panel: "Axes", known: DailySeries, forecast: Forecast, lang: str, *, fiscal: bool) -> None:
    """Draw what came in and went out, and what is expected to; with the days on which taxes are due."""
    past, days = _days(_dates(known)), _days(forecast.dates)
    panel.bar(past, known.entrees / 100, color=GREEN, width=0.9)
    panel.bar(past, -known.sorties / 100, color=RED, width=0.9)
    panel.bar(days, forecast.entrees.mean, color=GREEN, alpha=0.5, width=0.9, label=TEXTS[lang]["came"])
    panel.bar(days, -forecast.sorties.mean, color=RED, alpha=0.5, width=0.9, label=TEXTS[lang]["went"])
    codes: dict[dt.date, list[str]] = {}
    for due in fiscal_days(forecast.dates[0], forecast.dates[-1]) if fiscal else ():
        codes.setdefault(due.date, []).append(due.code)
    for day, due_then in codes.items():
        panel.axvline(_at(day), color=GREY, lw=0.5, ls=":")
        panel.text(
            _at(day),
            1.0,
            ", ".join(due_then),
            rotation=90,
            fontsize=6,
            color=GREY,
            va="top",
            transform=panel.get_xaxis_transform(),
        )
    panel.axvline(_at(forecast.origin), color=GREY, lw=0.8)
    bottom, top = panel.get_ylim()
    panel.set_ylim(top - (top - bottom) * ROOM, top)
    panel.legend(frameon=False, ncols=2, fontsize=8, loc="lower left")


def _dates(series: DailySeries) -> list[dt.date]:
    return [series.first + dt.timedelta(days=at) for at in range(len(series))]


def _days(dates: Sequence[dt.date]) -> npt.NDArray[np.datetime64]:
    """Return dates as an axis takes them."""
    return np.array(dates, dtype="datetime64[D]")


def _at(day: dt.date) -> float:
    """Return where a date is on an axis of dates: days since 1970."""
    return float((day - dt.date(1970, 1, 1)).days)
