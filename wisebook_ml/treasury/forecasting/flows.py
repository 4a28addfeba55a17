"""One flow (what came in, or what went out) as models read it: euros on the days on which a company's cash moves."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from wisebook_ml.business_calendar import BusinessDays
from wisebook_ml.treasury.books.expected import Attendus
from wisebook_ml.treasury.series import DailySeries

__all__ = ["LEVEL_DAYS", "YEAR", "Activity", "Flow", "flows_of"]

Floats = npt.NDArray[np.float64]
Ordinals = npt.NDArray[np.int64]

AT_REST = 0.02
"""Share of days off on which something may move for them to count as days of rest: bank fees of a quarter's end."""

FEWEST_OFF = 7
"""Days off that must have been seen to tell."""

LEVEL_DAYS = 120
"""Active days whose mean is the level of a flow: half a year, so that one large payment does not move it much."""

YEAR = 251
"""Active days of a year on which business is done."""

MOST_GROWTH = 2.0
"""Growth in a year beyond which it is another company, not a trend."""


@dataclass(frozen=True, slots=True)
class Activity:
    """On which days a company's cash moves: all of them, or business days only.

    Parameters
    ----------
    business : BusinessDays
        Its calendar.
    rests : bool
        Whether nothing moves on days off, so that these need no forecast.
    """

    business: BusinessDays
    rests: bool

    @classmethod
    def of(cls, series: DailySeries, country: str) -> "Activity":
        """Return what a series shows: whether it rests on the days off of a country, else on weekends."""
        moved = (series.entrees | series.sorties) != 0
        for code in dict.fromkeys((country, "")):
            business = BusinessDays(code)
            off = moved[business.is_off(series.ordinals)]
            if len(off) >= FEWEST_OFF and float(off.mean()) <= AT_REST:
                return cls(business, True)
        return cls(BusinessDays(country), False)

    def days(self, first: int, last: int) -> Ordinals:
        """Return the active days of an interval of ordinals, both ends included."""
        return self.business.between(first, last) if self.rests else np.arange(first, last + 1, dtype=np.int64)

    def following(self, day: int, calendar_days: int) -> Ordinals:
        """Return the active days among those that follow a day."""
        return self.days(day + 1, day + calendar_days)

    def leads(self, calendar_days: int) -> int:
        """Return how many active days that many calendar days have at most."""
        return calendar_days if not self.rests else -(-calendar_days * 5 // 7) + 1


@dataclass(frozen=True, slots=True, eq=False)
class Flow:
    """A flow on active days.

    Parameters
    ----------
    ordinals : int64 array (n,)
        The days, in order.
    values : float64 array (n,)
        Euros, 0 or more. What rarely moved on a day of rest counts on the active day after it.
    business : BusinessDays
        The calendar.
    attendus : Attendus, optional
        What was expected in evenings until the last day, of both directions.
    sign : int
        The direction: 1 for what comes in, -1 for what goes out.
    """

    ordinals: Ordinals
    values: Floats
    business: BusinessDays
    attendus: Attendus | None = None
    sign: int = 1

    def __len__(self) -> int:
        return len(self.values)

    def until(self, count: int) -> "Flow":
        """Return the first days, and what was expected in their evenings."""
        known = None
        if self.attendus is not None and count:
            known = self.attendus.until(int(self.ordinals[count - 1]))
        return replace(self, ordinals=self.ordinals[:count], values=self.values[:count], attendus=known)

    @property
    def level(self) -> float:
        """Mean of the last days; of all, where nothing moved lately; 0 where nothing ever did."""
        return float(self.values[-LEVEL_DAYS:].mean()) or float(self.values.mean())

    @property
    def growth(self) -> float:
        """Ratio of the last days' mean to that of the same days a year ago, within reason; 1 where that is unknown."""
        before = self.values[-LEVEL_DAYS - YEAR : -YEAR]
        if len(before) < LEVEL_DAYS or not before.any():
            return 1.0
        return float(np.clip(self.values[-LEVEL_DAYS:].mean() / before.mean(), 1 / MOST_GROWTH, MOST_GROWTH))


def flows_of(series: DailySeries, activity: Activity) -> tuple[Flow, Flow]:
    """Return what came in and what went out.

    Examples
    --------
    >>> import datetime as dt
    >>> from wisebook_ml.treasury.series import series_from_rows
    >>> series = series_from_rows([dt.date(2025, 1, day) for day in (3, 4, 6)], [1.0, 2.0, 4.0], [0.0, 0.0, 9.0])
    >>> [flow.values.tolist() for flow in flows_of(series, Activity(BusinessDays("FR"), True))]
    [[1.0, 6.0], [0.0, 9.0]]
    """
    first, last = series.first.toordinal(), series.last.toordinal()
    ordinals = activity.days(first, last)
    # What moved on a day of rest after the last active day waits for the next one.
    place = np.searchsorted(ordinals, series.ordinals)
    inside = place < len(ordinals)
    flows = []
    # Forecasts start after the last active day: what is said on a day of rest after it is read on the next one.
    attendus = None if series.attendus is None or not len(ordinals) else series.attendus.until(int(ordinals[-1]))
    for cents, sign in ((series.entrees, 1), (series.sorties, -1)):
        total = np.zeros(len(ordinals), dtype=np.int64)
        np.add.at(total, place[inside], cents[inside])
        flows.append(Flow(ordinals, total / 100, activity.business, attendus, sign))
    return flows[0], flows[1]
