"""A company with habits: clients pay in the course of the week, wages, rent and VAT go out on their days."""

import datetime as dt

import numpy as np
import pytest

from wisebook_ml.business_calendar import BusinessDays
from wisebook_ml.treasury.forecasting.model import TreasuryModel
from wisebook_ml.treasury.forecasting.training import train
from wisebook_ml.treasury.series import DailySeries, series_from_rows

FIRST = dt.date(2023, 1, 2)


def company(days: int, *, seed: int = 1, growth: float = 0.0, opening: float = 50_000.0) -> DailySeries:
    rng = np.random.default_rng(seed)
    business = BusinessDays("FR")
    dates = [FIRST + dt.timedelta(days=at) for at in range(days)]
    off = business.is_off(np.array([day.toordinal() for day in dates]))
    came, went = np.zeros(days), np.zeros(days)
    wages, vat = set(), set()
    for year in (2023, 2024, 2025, 2026):
        for month in range(1, 13):
            wages.add(business.after(dt.date(year, month, 28)))
            vat.add(business.after(dt.date(year, month, 24)))
    for at, day in enumerate(dates):
        if off[at]:
            continue
        size = (1 + growth) ** (at / 365)
        came[at] = size * rng.gamma(6.0, 400.0) * (2.0 if day.weekday() == 1 else 0.8)
        went[at] = size * rng.gamma(4.0, 200.0)
        went[at] += size * 18_000 * (day in wages) + size * 6_000 * (day in vat)
    return series_from_rows(dates, came, went, solde=opening + np.cumsum(came - went))


@pytest.fixture(scope="session")
def history() -> DailySeries:
    return company(800)


@pytest.fixture(scope="session")
def model(history: DailySeries) -> TreasuryModel:
    return train(
        history.until(history.first + dt.timedelta(days=699)), candidates=("weekly", "running_mean", "calendar_forest")
    )
