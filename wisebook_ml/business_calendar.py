"""What is known of a day in advance: business days, public holidays, and when taxes and wages are due in France."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import holidays
import numpy as np
import numpy.typing as npt

__all__ = ["FEATURES", "FISCAL", "BusinessDays", "FiscalDay", "calendar_features", "fiscal_days", "has_holidays"]

Floats = npt.NDArray[np.float64]
Ordinals = npt.NDArray[np.int64]

SATURDAY = 5

QUARTER = 3

FAR = 15.0
"""Business days from which a nominal day of the month is no longer near: half a month and some."""

NOMINAL = {"premier": 1, "urssaf": 5, "quinze": 15, "tva": 24, "paie": 28}
"""Days of the month around which money moves, and the features that count business days to them: the first (rents,
loans), the 5th and 15th (URSSAF, bills, coupons), the 24th (latest day of VAT for companies), the 28th (wages)."""

BASE_FEATURES = ("jour_semaine", "jour_mois", "rang_debut", "rang_fin", "mois")
"""What the plain calendar gradient boosting reads: weekday, day, business day of the month from both ends, month."""

FEATURES = (
    *BASE_FEATURES,
    "jour_annee",
    "mois_trimestre",
    "semaine_debut",
    "semaine_fin",
    "repos_avant",
    "repos_apres",
    "ouvres_mois",
    "jour_repos",
    "reporte_quinze",
    *NOMINAL,
)
"""Columns of `calendar_features`, in order."""


@dataclass(frozen=True, slots=True)
class FiscalDay:
    """A day on which a tax or a contribution is due, moved to the next business day."""

    code: str
    date: dt.date
    libelle_fr: str
    libelle_en: str


FISCAL = (
    ("URSSAF", tuple(range(1, 13)), 15, "Cotisations URSSAF", "Social contributions"),
    ("TVA", tuple(range(1, 13)), 24, "TVA du mois précédent", "VAT of the month before"),
    ("IS", (3, 6, 9, 12), 15, "Acompte d'impôt sur les sociétés", "Corporate income tax instalment"),
    ("CFE", (12,), 15, "Cotisation foncière des entreprises", "Business property contribution"),
)
"""Taxes: code, months, latest day of the month for companies, and what they are (articles 287 and 1668 of the general
tax code, R243-6 of the social security code). A company's own day may be earlier: 15th to 24th for VAT, the 5th for
URSSAF of large ones."""


class BusinessDays:
    """The business days of a country, as sorted ordinals.

    Parameters
    ----------
    country : str
        ISO code of the public holidays; empty for none, so that all but weekends are business days.

    Examples
    --------
    >>> days = np.array([dt.date(2025, 7, 14).toordinal(), dt.date(2025, 7, 15).toordinal()])
    >>> BusinessDays("FR").is_off(days).tolist()
    [True, False]
    """

    def __init__(self, country: str = "FR") -> None:
        if country and not has_holidays(country):
            raise ValueError(f"no public holidays are known for {country!r}; FR is France's, empty stands for none")
        self.country = country
        self.rows: dict[int, list[float]] = {}  # what `calendar_features` has said of a day: it does not change

    def between(self, first: int, last: int) -> Ordinals:
        """Return the business days of an interval of ordinals, both ends included."""
        days = np.arange(first, last + 1, dtype=np.int64)
        return days[~self.is_off(days)]

    def is_off(self, ordinals: Ordinals) -> npt.NDArray[np.bool_]:
        """Return which days are Saturdays, Sundays or public holidays."""
        off = (ordinals - 1) % 7 >= SATURDAY  # ordinal 1 is a Monday
        if len(ordinals):
            years = range(
                dt.date.fromordinal(int(ordinals.min())).year, dt.date.fromordinal(int(ordinals.max())).year + 1
            )
            off |= np.isin(ordinals, np.concatenate([_holidays(self.country, year) for year in years]))
        return np.asarray(off, dtype=np.bool_)

    def after(self, day: dt.date) -> dt.date:
        """Return the day itself, or the next business day."""
        at = day.toordinal()
        return dt.date.fromordinal(int(self.between(at, at + 14)[0]))


@lru_cache(maxsize=512)
def has_holidays(country: str) -> bool:
    """Tell whether the public holidays of a country are known.

    Examples
    --------
    >>> has_holidays("FR"), has_holidays("XX")
    (True, False)
    """
    return country in holidays.list_supported_countries()


@lru_cache(maxsize=512)
def _holidays(country: str, year: int) -> Ordinals:
    days = holidays.country_holidays(country, years=year) if country else ()
    return np.array(sorted(day.toordinal() for day in days), dtype=np.int64)


def fiscal_days(first: dt.date, last: dt.date) -> Iterator[FiscalDay]:
    """Yield the days between two days on which French companies pay taxes and contributions.

    Examples
    --------
    >>> [(one.code, one.date.isoformat()) for one in fiscal_days(dt.date(2025, 6, 1), dt.date(2025, 6, 30))]
    [('URSSAF', '2025-06-16'), ('IS', '2025-06-16'), ('TVA', '2025-06-24')]
    """
    business = BusinessDays("FR")
    found = []
    for year in range(first.year, last.year + 1):
        for code, months, day, fr, en in FISCAL:
            found += [FiscalDay(code, business.after(dt.date(year, month, day)), fr, en) for month in months]
    yield from sorted((one for one in found if first <= one.date <= last), key=lambda one: one.date)


def calendar_features(ordinals: Ordinals, business: BusinessDays) -> Floats:
    """Return what the calendar says of days, one row a day, columns as in `FEATURES`.

    Ranks count business days: of a day off, `rang_debut` is that of the business day before it, and `rang_fin` that of
    the one after it. Nominal days are signed distances in business days to the nearest occurrence, which moves to the
    next business day.

    Parameters
    ----------
    ordinals : int64 array (n,)
        Proleptic ordinals, in order.
    business : BusinessDays
        Whose days.
    """
    if not len(ordinals):
        return np.zeros((0, len(FEATURES)))
    asked = ordinals.tolist()
    if missing := [day for day in asked if day not in business.rows]:
        known = business.between(min(missing) - 70, max(missing) + 70)
        business.rows.update((day, _row(day, known)) for day in missing)
    return np.array([business.rows[day] for day in asked], dtype=np.float64)


def _row(ordinal: int, known: Ordinals) -> list[float]:
    day = dt.date.fromordinal(ordinal)
    first = dt.date(day.year, day.month, 1)
    following = _months_later(first, 1)
    length = (following - first).days
    at = int(np.searchsorted(known, ordinal))
    worked = at < len(known) and int(known[at]) == ordinal
    begin, end = (int(np.searchsorted(known, one.toordinal())) for one in (first, following))
    before = int(known[at - 1])
    after = int(known[at + 1 if worked else at])
    distances = [_distance(at, first, nominal, known) for nominal in NOMINAL.values()]
    fifteenth = distances[list(NOMINAL).index("quinze")]
    return [
        day.weekday(),
        day.day,
        at - begin + worked,
        end - at,
        day.month,
        day.timetuple().tm_yday,
        (day.month - 1) % QUARTER,
        (day.day - 1) // 7,
        (length - day.day) // 7,
        ordinal - before,
        after - ordinal,
        end - begin,
        not worked,
        fifteenth == 0,
        *distances,
    ]


def _distance(at: int, first: dt.date, nominal: int, known: Ordinals) -> float:
    """Return the business days from the nearest occurrence of a nominal day to the day at place `at`."""
    nearest = FAR
    for months in (0, -1, 1):
        due = _months_later(first, months) + dt.timedelta(days=nominal - 1)
        distance = at - int(np.searchsorted(known, due.toordinal()))
        if abs(distance) < abs(nearest):
            nearest = float(distance)
    return nearest


def _months_later(first: dt.date, months: int) -> dt.date:
    """Return the first day of another month."""
    index = first.year * 12 + first.month - 1 + months
    return dt.date(index // 12, index % 12 + 1, 1)
