"""A forecast as a picture for a finance director: the balance with its intervals, and what comes in and goes out."""

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from wisebook_ml.business_calendar import fiscal_days
from wisebook_ml.controls.texts import NARROW_SPACE, date_en, date_fr, number_en, number_fr
from wisebook_ml.treasury.forecasting.forecast import Forecast
from wisebook_ml.treasury.liquidity import liquidity
from wisebook_ml.treasury.plot_texts import MONTHS, TEXTS, days_text
from wisebook_ml.treasury.series import ALL_ACCOUNTS, DailySeries

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw_forecast"]

SHOWN = 90
"""Days before the forecast that are drawn."""

BLUE, ORANGE, PURPLE, RED, GREY, SHADE = "#0072b2", "#d55e00", "#8a4f7d", "#b3261e", "#5f6368", "#f4f5f7"
"""Blue and orange are those of Okabe and Ito, which people tell apart who do not see red or green."""

LEAST = 0.55
"""Opacity of what is expected, beside what was: full."""

ROOM = 1.16
"""Height of a panel in units of what it shows: the rest is for the legend, so that it hides nothing."""

FISCAL_ROOM = 1.5
"""The same where names of taxes stand above the flows."""

UNITS = ((20e6, 1e6, "M"), (20e3, 1e3, "k"))
"""From which amount on an axis counts in millions, and in thousands."""

SMALL = 8
"""Size of what is not a title."""

EPOCH = dt.date(1970, 1, 1)
"""What an axis of dates counts from."""

LEGEND = {"fontsize": SMALL, "facecolor": "white", "edgecolor": "none", "framealpha": 0.85}


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

    known = series.until(forecast.origin)
    known = known.since(known.last - dt.timedelta(days=SHOWN - 1))
    with mpl.rc_context(
        {"font.size": 9, "axes.spines.top": False, "axes.spines.right": False, "svg.hashsalt": "wisebook"}
    ):
        figure = Figure(figsize=(10, 6.5), layout="constrained")
        balance, flows = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
        for panel in (balance, flows):
            _mark_time(panel, known, forecast)
        _draw_balance(balance, known, forecast, changed, plancher, lang)
        _draw_title(balance, forecast, changed, plancher, lang)
        _draw_flows(flows, known, forecast if changed is None else changed, lang, fiscal=fiscal)
        _name_months(flows, lang)
        date = {"Date": None} if path.suffix.lower() == ".svg" else None  # the same forecast is the same file
        figure.savefig(path, dpi=130, metadata=date)


def _mark_time(panel: "Axes", known: DailySeries, forecast: Forecast) -> None:
    """Set what is to come apart from what was."""
    first, last = _at(known.first) - 1, _at(forecast.dates[-1]) + 1
    panel.set_xlim(first, last)
    panel.axvspan(_at(forecast.origin) + 0.5, last, color=SHADE, lw=0, zorder=-2)
    panel.axvline(_at(forecast.origin) + 0.5, color=GREY, lw=0.8, zorder=-1)


def _draw_title(panel: "Axes", forecast: Forecast, changed: Forecast | None, plancher: float, lang: str) -> None:
    """Say what it is, as of when, and how probable it is that the floor does not hold."""
    said = TEXTS[lang]
    dry = liquidity(forecast if changed is None else changed, plancher)
    when = dry.date()
    accounts = said["accounts"] if forecast.compte == ALL_ACCOUNTS else said["account"].format(forecast.compte)
    title = said["title"].format(forecast.societe_id, days_text(len(forecast), lang))
    panel.set_title(title, loc="left", fontweight="bold", fontsize=12, pad=34)
    floor = _amount(plancher, forecast.devise, lang)
    share = f"{round(100 * min(max(dry.probabilite, 0.01), 0.99))}"
    sign = "<" if dry.probabilite < 0.01 else ">" if dry.probabilite > 0.99 else ""
    risk = said["risk" if changed is None else "risk_changed"].format(
        floor=floor,
        days=days_text(len(forecast), lang),
        risk=f"{sign}{NARROW_SPACE if sign else ''}{share}{NARROW_SPACE}%",
    )
    if forecast.solde_initial < plancher:
        risk = said["under"].format(floor=floor)
    elif when is not None:
        risk += said["when"].format(_date(when, lang))
    as_of = said["as_of"].format(accounts=accounts, day=_date(forecast.origin, lang))
    for height, text, color, weight in ((22, as_of, GREY, "normal"), (8, risk, RED if when else GREY, "bold")):
        panel.annotate(
            text,
            (0, 1),
            (0, height),
            xycoords="axes fraction",
            textcoords="offset points",
            color=color,
            fontsize=9,
            fontweight=weight if when else "normal",
        )


def _draw_balance(
    panel: "Axes", known: DailySeries, forecast: Forecast, changed: Forecast | None, plancher: float, lang: str
) -> None:
    """Draw what was there, what is expected with its intervals, the floor and the day it may be passed."""
    said = TEXTS[lang]
    shown = forecast if changed is None else changed
    days, color = _days([shown.origin, *shown.dates]), BLUE if changed is None else ORANGE
    (past,) = panel.plot(_days(_dates(known)), known.solde / 100, color="black", lw=1.4, label=said["known"])
    legend = [past]
    if changed is not None:
        path = [forecast.solde_initial, *forecast.solde.mean]
        legend += panel.plot(days, path, color=BLUE, lw=1.4, ls="--", label=said["expected"])
    name = said["expected" if changed is None else "changed"]
    legend += panel.plot(days, [shown.solde_initial, *shown.solde.mean], color=color, lw=1.8, label=name)
    areas = []
    for coverage, alpha in ((0.95, 0.14), (0.8, 0.28)):
        low, high = ([shown.solde_initial, *bound] for bound in shown.solde.bounds[coverage])
        label = said["interval"].format(round(100 * coverage))
        areas.append(panel.fill_between(days, low, high, color=color, alpha=alpha, lw=0, label=label))
    panel.axhline(plancher, color=RED, lw=1.1, ls=(0, (6, 3)))
    _count_in(panel, shown.devise, said["balance"], lang)
    _raise_top(panel, ROOM)
    when = liquidity(shown, plancher).date()
    if when is not None:
        panel.axvline(_at(when), color=RED, lw=0.8, ls=":")
        panel.plot([_at(when)], [plancher], marker="v", color=RED, ms=8, clip_on=False)
    label = said["floor"].format(_amount(plancher, shown.devise, lang))
    panel.annotate(
        label,
        (_at(known.first) - 0.5, plancher),
        (2, 3),
        textcoords="offset points",
        color=RED,
        fontsize=SMALL,
        bbox={"boxstyle": "square,pad=0.1", "fc": "white", "ec": "none", "alpha": 0.7},
    )
    end = float(shown.solde.mean[-1])
    panel.annotate(
        f"{_amount(end, shown.devise, lang)}\n{_date(shown.dates[-1], lang)}",
        (1, end),
        (5, 0),
        xycoords=panel.get_yaxis_transform(),
        textcoords="offset points",
        va="center",
        color=color,
        fontsize=SMALL,
        fontweight="bold",
    )
    for text, side, offset in ((said["past"], "right", -4), (said["coming"], "left", 4)):
        panel.annotate(
            text,
            (_at(forecast.origin) + 0.5, 0),
            (offset, 4),
            xycoords=panel.get_xaxis_transform(),
            textcoords="offset points",
            ha=side,
            fontsize=SMALL,
            color=GREY,
        )
    panel.legend(handles=[*legend, *reversed(areas)], ncols=5, loc="upper left", **LEGEND)


def _draw_flows(panel: "Axes", known: DailySeries, forecast: Forecast, lang: str, *, fiscal: bool) -> None:
    """Draw what came in and went out, and what is expected to; with the days on which taxes are due."""
    past, days = _days(_dates(known)), _days(forecast.dates)
    panel.bar(past, known.entrees / 100, color=BLUE, width=0.9, label=TEXTS[lang]["came"])
    panel.bar(past, -known.sorties / 100, color=ORANGE, width=0.9, label=TEXTS[lang]["went"])
    panel.bar(days, forecast.entrees.mean, color=BLUE, alpha=LEAST, width=0.9)
    panel.bar(days, -forecast.sorties.mean, color=ORANGE, alpha=LEAST, width=0.9)
    panel.axhline(0, color=GREY, lw=0.6)
    _count_in(panel, forecast.devise, TEXTS[lang]["flows"], lang)
    due_on: dict[dt.date, list[str]] = {}
    for due in fiscal_days(forecast.dates[0], forecast.dates[-1]) if fiscal else ():
        due_on.setdefault(due.date, []).append(due.code)
    _raise_top(panel, FISCAL_ROOM if due_on else ROOM)
    for day, codes in due_on.items():
        panel.axvline(_at(day), color=GREY, lw=0.5, ls=":", zorder=-1)
        panel.annotate(
            "\n".join(codes),
            (_at(day), 1),
            (0, -2),
            xycoords=panel.get_xaxis_transform(),
            textcoords="offset points",
            ha="center",
            va="top",
            fontsize=6.5,
            color=GREY,
            bbox={"boxstyle": "square,pad=0.1", "fc": SHADE, "ec": "none"},
        )
    panel.legend(ncols=2, loc="upper left", **LEGEND)


def _raise_top(panel: "Axes", room: float) -> None:
    bottom, top = panel.get_ylim()
    panel.set_ylim(bottom, bottom + (top - bottom) * room)


def _count_in(panel: "Axes", devise: str, what: str, lang: str) -> None:
    """Have an axis count in the unit that suits its amounts, and say which."""
    largest = max(abs(bound) for bound in panel.get_ylim())
    factor, letter = next(((factor, letter) for least, factor, letter in UNITS if largest >= least), (1.0, ""))
    unit = f"{letter}€" if devise == "EUR" else f"{letter} {devise}".strip()
    panel.set_ylabel(f"{what} ({unit})")
    number = number_fr if lang == "fr" else number_en

    def told(value: float, _: float) -> str:
        shown = value / factor
        return number(shown, 0 if abs(shown - round(shown)) < 1e-6 else 1)

    panel.yaxis.set_major_formatter(told)


def _name_months(panel: "Axes", lang: str) -> None:
    """Write each month under its days."""
    first, last = (EPOCH + dt.timedelta(days=int(bound)) for bound in panel.get_xlim())
    days = (first + dt.timedelta(days=ahead) for ahead in range(1, (last - first).days))
    starts = [day for day in days if day.day == 1]
    panel.set_xticks([_at(day) for day in starts], [f" {MONTHS[lang][day.month - 1]} {day.year}" for day in starts])
    panel.tick_params(axis="x", length=14, color=GREY, pad=-10)
    for label in panel.get_xticklabels():
        label.set_horizontalalignment("left")


def _amount(value: float, devise: str, lang: str) -> str:
    """Return a whole amount with its currency."""
    if lang == "fr":
        return f"{number_fr(round(value), 0)}{NARROW_SPACE}{'€' if devise == 'EUR' else devise}"
    return f"€{number_en(round(value), 0)}".replace("€-", "-€") if devise == "EUR" else f"{value:,.0f} {devise}"


def _date(day: dt.date, lang: str) -> str:
    return date_fr(day) if lang == "fr" else date_en(day)


def _dates(series: DailySeries) -> list[dt.date]:
    return [series.first + dt.timedelta(days=at) for at in range(len(series))]


def _days(dates: Sequence[dt.date]) -> npt.NDArray[np.datetime64]:
    """Return dates as an axis takes them."""
    return np.array(dates, dtype="datetime64[D]")


def _at(day: dt.date) -> float:
    """Return where a date is on an axis of dates: days since 1970."""
    return float((day - EPOCH).days)
