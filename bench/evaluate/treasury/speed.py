"""How long training takes on five years of days, and how long a new position takes to its verdict."""

import datetime as dt
import time

import numpy as np

from bench.evaluate import Evaluation
from bench.evaluate.treasury.companies import COUNTRY, generated_positions
from bench.results import line_of
from wisebook_ml.services.catalogue import MissingLibrary
from wisebook_ml.treasury.forecasting.flows import Activity, flows_of
from wisebook_ml.treasury.forecasting.models import CANDIDATES
from wisebook_ml.treasury.forecasting.training import train
from wisebook_ml.treasury.liquidity import liquidity
from wisebook_ml.treasury.positions import PositionBook
from wisebook_ml.treasury.series import series_from_book
from wisebook_ml.treasury.verdict import Observed, Watch

__all__ = ["run"]

YEARS = 5
ENTRIES = 12_000
FOLLOWED = 300
"""Days that are judged one by one."""


def run(evaluation: Evaluation) -> None:
    """Time training and judging; Prophet and the LSTM too, unless quick."""
    positions = generated_positions(ENTRIES, evaluation.seed + 2_000, YEARS)
    until = positions[-1].date - dt.timedelta(days=FOLLOWED)
    book = PositionBook(positions[0].societe_id)
    for one in positions:
        if one.date <= until:
            book.take(one, one.date)
    series = series_from_book(book)
    begun, used = time.monotonic(), time.process_time()
    model = train(series, country=COUNTRY)
    add = evaluation.results.add
    add(line_of("treasury.train", time.monotonic() - begun, "s", days=len(series), cpu=time.process_time() - used))
    taken, found, watch = [], 0, Watch()
    forecast = model.forecast(series)
    for position in (one for one in positions if one.date > until):
        begun = time.perf_counter()
        book.take(position, position.date)
        series = series_from_book(book)
        came, went, balance, before = (
            float(cents) / 100 for cents in (series.entrees[-1], series.sorties[-1], series.solde[-1], series.solde[-2])
        )
        verdict = watch.judge(model, forecast, Observed(position.date, came, went, balance, before))
        judged = time.perf_counter() - begun
        if position.compte_num == positions[-1].compte_num:  # the last one of a day
            forecast = model.forecast(series)
            liquidity(forecast)
            found += verdict is not None and verdict.anormal
        taken.append((judged, time.perf_counter() - begun))
    verdicts, whole = np.array(taken).T * 1000
    add(
        line_of(
            "treasury.verdict.p99",
            float(np.quantile(verdicts, 0.99)),
            "ms",
            at_most=50.0,
            median=float(np.median(verdicts)),
        )
    )
    add(
        line_of(
            "treasury.refresh.p99", float(np.quantile(whole, 0.99)), "ms", at_most=50.0, median=float(np.median(whole))
        )
    )
    add(line_of("treasury.anomalies", 365 * found / FOLLOWED, "a year", days=FOLLOWED))
    if evaluation.quick:
        return
    flow = flows_of(series, Activity.of(series, COUNTRY))[0]
    for name, limit in (("prophet", 20.0), ("lstm", 90.0)):
        try:
            begun, used = time.monotonic(), time.process_time()
            CANDIDATES[name]().fit(flow)
            cpu = time.process_time() - used
            add(
                line_of(f"treasury.train.{name}", time.monotonic() - begun, "s", at_most=limit, days=len(flow), cpu=cpu)
            )
        except MissingLibrary as error:
            add(line_of(f"treasury.train.{name}", None, "s", at_most=limit, error=str(error)))
