"""What forecasts of a daily series have in common: continuous days, their calendar, and how errors are measured."""

import datetime as dt
from collections.abc import Iterator
from functools import lru_cache

import holidays
import numpy as np
import numpy.typing as npt
import pandas as pd

from wisebook_ml.business_calendar import FEATURES, FISCAL, NOMINAL, BusinessDays, calendar_features
from wisebook_ml.services.base import NotEnoughData
from wisebook_ml.services.parameters import InvalidParameters

__all__ = [
    "FLOW",
    "WEEK",
    "calendar",
    "check_country",
    "due_days",
    "forecast_metrics",
    "horizon_after",
    "off_days",
    "origins",
    "rest_days",
    "series_of",
]

Floats = npt.NDArray[np.float64]

FLOW = "flux"
"""Column that is forecast."""

WEEK = 7

HARMONICS = 4
"""Waves a month: enough for what happens on one day a week of it, such as wages and VAT, and few enough to learn."""

AT_REST = 0.02
"""Share of days off on which something may move for them to count as days of rest: bank fees of a quarter's end."""

WORST = 1e6
"""Largest ratio that is returned: metrics are kept as JSON, which has no infinity."""

EDGE = 3
"""Days at the beginning and the end of a month that are marked as such."""

FRANCE = "FR"
"""The country whose days of taxes are known."""


def check_country(code: str) -> None:
    """Raise where public holidays of a country are not known; an empty code stands for none.

    Raises
    ------
    InvalidParameters
        Naming the code.
    """
    if code and code not in holidays.list_supported_countries():
        raise InvalidParameters(f"parameter 'jours_feries': no public holidays are known for {code!r}; FR is France's")


def series_of(donnees: pd.DataFrame, needed: int = 1) -> pd.Series:
    """Return the flow by day, every calendar day once; days that are missing have no flow.

    Parameters
    ----------
    donnees : DataFrame
        With `date` and `flux`, in any order.
    needed : int
        Days there must be.

    Raises
    ------
    NotEnoughData
        Where there are fewer.
    ValueError
        Where a flow is missing or not finite, or a day is there twice.
    """
    days = pd.DatetimeIndex(pd.to_datetime(donnees["date"])).normalize().as_unit("s")
    values = donnees[FLOW].to_numpy(dtype=np.float64)
    if len(days) and bool(days.duplicated().any()):
        raise ValueError(f"the day {days[days.duplicated()][0].date()} is there twice; a series has one row a day")
    if not np.isfinite(values).all():
        raise ValueError(f"the flow of {days[~np.isfinite(values)][0].date()} is not a number")
    series = pd.Series(values, index=days).sort_index()
    if len(series):
        series = series.asfreq("D", fill_value=0.0)
    if len(series) < needed:
        raise NotEnoughData(f"needs {needed} days, has {len(series)}")
    return series


def horizon_after(last: pd.Timestamp, days: int) -> pd.DatetimeIndex:
    """Return the days that follow."""
    return pd.date_range(last + pd.Timedelta(days=1), periods=days, freq="D", unit="s")


@lru_cache(maxsize=512)
def _holidays(country: str, year: int) -> frozenset[dt.date]:
    return frozenset(holidays.country_holidays(country, years=year)) if country else frozenset()


def off_days(days: pd.DatetimeIndex, country: str) -> npt.NDArray[np.bool_]:
    """Return which days are Saturdays, Sundays or public holidays."""
    return np.array([day.weekday() >= 5 or day.date() in _holidays(country, day.year) for day in days], dtype=np.bool_)


def rest_days(series: pd.Series, country: str) -> str | None:
    """Return on which days off nothing moves, as with most bank accounts: such days need no forecast.

    Returns
    -------
    str or None
        What `off_days` takes: the country where weekends and its public holidays are days of rest, an empty string
        where weekends are; None where neither.
    """
    for code in dict.fromkeys((country, "")):
        off = series.to_numpy()[off_days(pd.DatetimeIndex(series.index), code)]
        if len(off) >= WEEK and float(np.mean(off != 0)) <= AT_REST:
            return code
    return None


def calendar(days: pd.DatetimeIndex, country: str) -> Floats:
    """Return what is known of days in advance, one row a day.

    Weekday (one column each), day off, beginning and end of the month, waves through the month and through the year.

    Examples
    --------
    >>> calendar(pd.date_range("2024-05-01", "2024-05-02"), "FR")[:, 7].tolist()
    [1.0, 0.0]
    """
    month = 2 * np.pi * (days.day.to_numpy() - 1) / days.days_in_month.to_numpy()
    year = 2 * np.pi * days.day_of_year.to_numpy() / 366
    to_end = days.days_in_month.to_numpy() - days.day.to_numpy()
    columns = [days.day_of_week.to_numpy() == weekday for weekday in range(WEEK)]
    columns += [off_days(days, country), days.day.to_numpy() <= EDGE, to_end < EDGE]
    for harmonic in range(1, HARMONICS + 1):
        columns += [np.sin(harmonic * month), np.cos(harmonic * month)]
    columns += [np.sin(year), np.cos(year)]
    return np.column_stack(columns).astype(np.float64)


@lru_cache(maxsize=8)
def _business(country: str) -> BusinessDays:
    return BusinessDays(country)


def due_days(days: pd.DatetimeIndex, country: str) -> pd.DataFrame:
    """Return on which days money is due, one column of 0 and 1 each: none on days off, since what is due then moves.

    The first and last business days of the month; in France also the days of social contributions (URSSAF, the 5th and
    the 15th), VAT (the 24th), instalments of corporate tax (the 15th of a quarter's last month) and wages (the 28th).

    References
    ----------
    Articles 287 and 1668 of the general tax code, R243-6 of the social security code; see `business_calendar.py`.

    Examples
    --------
    >>> found = due_days(pd.date_range("2025-06-13", "2025-06-16"), "FR")
    >>> [name for name in found if found[name].iloc[-1]]
    ['du_quinze', 'du_is']
    """
    ordinals = np.array([day.toordinal() for day in days], dtype=np.int64)
    table = dict(zip(FEATURES, calendar_features(ordinals, _business(country)).T, strict=True))
    worked = table["jour_repos"] == 0
    found = {f"debut_{rank}": table["rang_debut"] == rank for rank in range(1, EDGE + 1)}
    found |= {f"fin_{rank}": table["rang_fin"] == rank for rank in range(1, EDGE + 1)}
    if country == FRANCE:
        found |= {f"du_{name}": table[name] == 0 for name in NOMINAL if name != "premier"}
        months = next(months for code, months, *_ in FISCAL if code == "IS")
        found["du_is"] = (table["quinze"] == 0) & np.isin(table["mois"], months)
    return pd.DataFrame({name: (column & worked).astype(np.float64) for name, column in found.items()}, index=days)


def origins(known: int, total: int, horizon: int) -> Iterator[tuple[int, int]]:
    """Yield from where to where a series is forecast, one horizon after the other.

    Examples
    --------
    >>> list(origins(100, 250, 90))
    [(100, 190), (190, 250)]
    """
    for begin in range(known, total, horizon):
        yield begin, min(begin + horizon, total)


def forecast_metrics(actual: Floats, forecast: pd.DataFrame, before: Floats) -> dict[str, float]:
    """Return how far off a forecast is.

    Parameters
    ----------
    actual : array (n,)
        Days in order.
    forecast : DataFrame (n rows)
        With `prevision`, `bas` and `haut`.
    before : array (m,)
        The days before them, which give MASE its scale.

    Returns
    -------
    dict of str to float
        `mae` in euros; `wape`, its share of the mean absolute flow; `mase`, its ratio to the mean absolute difference
        of days before to those a week earlier (below 1: better than repeating the last week, though that has to look
        ahead by a week only); `couverture`, the share of days within the interval; `rows`, their number.

    References
    ----------
    Hyndman and Koehler, Another look at measures of forecast accuracy, International Journal of Forecasting 22, 2006.
    """
    error = float(np.mean(np.abs(actual - forecast["prevision"].to_numpy())))
    reference = before if len(before) > WEEK else np.concatenate([before, actual])
    naive = float(np.mean(np.abs(reference[WEEK:] - reference[:-WEEK]))) if len(reference) > WEEK else 0.0
    size = float(np.mean(np.abs(actual)))
    return {
        "mae": error,
        "wape": _ratio(error, size),
        "mase": _ratio(error, naive),
        "couverture": float(np.mean((forecast["bas"].to_numpy() <= actual) & (actual <= forecast["haut"].to_numpy()))),
        "rows": float(len(actual)),
    }


def _ratio(error: float, reference: float) -> float:
    if reference == 0:
        return 0.0 if error == 0 else WORST
    return min(error / reference, WORST)
