"""Liquidity alarms on generated companies, some of which run dry: in time, and not in vain."""

import datetime as dt
from dataclasses import dataclass, replace

import numpy as np

from bench.evaluate import Evaluation
from bench.evaluate.treasury.companies import COUNTRY, generated_series
from bench.results import line_of
from wisebook_ml.treasury.forecasting.forecast import HORIZON
from wisebook_ml.treasury.forecasting.model import TreasuryModel
from wisebook_ml.treasury.forecasting.training import train
from wisebook_ml.treasury.liquidity import ALERT_PROBABILITY, liquidity
from wisebook_ml.treasury.series import DailySeries

__all__ = ["run"]

COMPANIES, QUICK_COMPANIES = 9, 3
LEARNT = dt.timedelta(days=550)
"""Days before an alarm is looked for."""

RETRAIN = dt.timedelta(days=180)
CHECK_EVERY = 7
AHEAD = 14
"""Days before the balance falls under the floor by which an alarm has to stand."""

RESERVES = (0.5, 1.0, 2.0, 3.0)
"""Balances at the start of the watch, in months of outflows: each makes another company of the same books."""

CANDIDATES = ("weekly", "running_mean", "business_day", "calendar_forest")
THRESHOLDS = (0.3, 0.4, ALERT_PROBABILITY, 0.6, 0.7)


@dataclass(slots=True)
class Count:
    """What came of the alarms at one threshold."""

    dry: int = 0
    found: int = 0
    false: int = 0
    years: float = 0.0


def run(evaluation: Evaluation) -> None:
    """Watch each company week by week until it runs dry, or its books end."""
    counts = {threshold: Count() for threshold in THRESHOLDS}
    companies = QUICK_COMPANIES if evaluation.quick else COMPANIES
    for series in generated_series(companies, evaluation.seed + 1_000):
        begin = series.first + LEARNT
        models: list[tuple[dt.date, TreasuryModel]] = []
        day = begin
        while day < series.last:
            models.append((day, train(series.until(day), country=COUNTRY, candidates=CANDIDATES)))
            day += RETRAIN
        monthly = float(series.until(begin).sorties[-365:].sum()) / 12
        at = (begin - series.first).days
        for months in RESERVES:
            _watch(replace(series, solde=series.solde - series.solde[at] + round(months * monthly)), models, counts)
    for threshold, one in counts.items():
        is_default = threshold == ALERT_PROBABILITY
        name = "treasury.alarms" + ("" if is_default else f".at_{threshold}")
        recall = one.found / one.dry if one.dry else None
        evaluation.results.add(
            line_of(
                f"{name}.recall", recall, "share", at_least=0.9 if is_default else None, dry=one.dry, days_ahead=AHEAD
            )
        )
        false = one.false / one.years
        evaluation.results.add(
            line_of(f"{name}.false", false, "a year", at_most=1.0 if is_default else None, years=one.years)
        )


def _watch(series: DailySeries, models: list[tuple[dt.date, TreasuryModel]], counts: dict[float, Count]) -> None:
    """Count what alarms at each threshold come to."""
    begin = models[0][0]
    under = np.flatnonzero(series.since(begin + dt.timedelta(days=1)).solde < 0)
    dry = int(under[0]) + 1 if len(under) else None
    end = dry if dry is not None else (series.last - begin).days - HORIZON
    days = list(range(0, max(end, 1), CHECK_EVERY))
    probable = []
    for ahead in days:
        day = begin + dt.timedelta(days=ahead)
        model = next(model for since, model in reversed(models) if since <= day)
        probable.append(liquidity(model.forecast(series.until(day))).probabilite)
    for threshold, count in counts.items():
        raised = [probability >= threshold for probability in probable]
        count.years += max(end, 1) / 365
        starts = [at for at, on in enumerate(raised) if on and (at == 0 or not raised[at - 1])]
        count.false += sum(dry is None or dry - days[at] > HORIZON for at in starts)
        if dry is not None and dry > AHEAD:
            count.dry += 1
            count.found += raised[max(at for at, ahead in enumerate(days) if ahead <= dry - AHEAD)]
