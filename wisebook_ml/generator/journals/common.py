"""What several flows share: VAT accounts and rounding, daily volumes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from random import Random

from wisebook_ml.generator.timeline import Month, day_weight, days_of

__all__ = ["COLLECTED", "MONTHLY_SEASON", "daily_counts", "vat"]

COLLECTED: dict[int, str] = {200: "445711", 100: "445712", 55: "445713", 21: "445714"}
"""Account of the collected VAT by rate in tenths of a percent."""

MONTHLY_SEASON: dict[str, tuple[float, ...]] = {
    "NEGOCE": (0.9, 0.92, 1.1, 1.0, 1.0, 1.12, 0.95, 0.6, 1.1, 1.1, 1.08, 1.13),
    "SERVICES": (0.95, 0.95, 1.05, 1.0, 0.98, 1.15, 0.95, 0.65, 1.05, 1.05, 1.05, 1.17),
    "COMMERCE": (1.05, 0.85, 0.92, 0.95, 1.0, 1.05, 1.1, 0.8, 0.95, 0.98, 1.05, 1.3),
}
"""Share of a year's business by calendar month: the August hole, the end of the year."""

MEAN_WEIGHT = 22.8
"""Mean over the months of the summed day weights, so that volumes are per average month."""


def vat(base: int, taux: int) -> int:
    """Return the tax on cents at a rate in tenths of a percent, rounded half up as invoices do."""
    sign = -1 if base < 0 else 1
    return sign * ((abs(base) * taux + 500) // 1000)


def daily_counts(rng: Random, month: Month, per_month: float, secteur: str) -> Iterator[tuple[dt.date, int]]:
    """Yield every business day of a month with the number of events on it."""
    season = MONTHLY_SEASON[secteur][month.debut.month - 1]
    for day in days_of(month):
        weight = day_weight(day)
        if weight:
            expected = per_month * season * weight / MEAN_WEIGHT * rng.uniform(0.65, 1.35)
            count = int(expected + rng.random())
            if count:
                yield day, count
